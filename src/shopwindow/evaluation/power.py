"""Power: which differences a comparison can tell at all, and how many customers would be needed."""

import math
from statistics import NormalDist
from typing import Final

from shopwindow.errors import EvaluationError
from shopwindow.evaluation.significance import LEVEL, TTest

POWER: Final = 0.8


def detectable(test: TTest, comparisons: int = 1, power: float = POWER) -> float:
    """Smallest true difference that a comparison like this one finds with the given probability.

    (z[1 - alpha/2] + z[power]) * standard error, alpha = 5 % shared among the comparisons. It looks ahead: it is not the
    "observed power" of the difference that was found. Cohen, "Statistical power analysis", 1988.
    """
    return _factor(comparisons, power) * test.standard_error


def customers_needed(test: TTest, difference: float, comparisons: int = 1, power: float = POWER) -> int:
    """Customers needed to find a true `difference`, if more customers are like these; at least two.

    The standard error falls with the root of their number.

    Raises:
        EvaluationError: the difference is 0.
    """
    if difference == 0:
        raise EvaluationError("expected a difference to find, came 0: no number of customers is enough")
    here = test.degrees + 1
    ratio = detectable(test, comparisons, power) / abs(difference)
    return max(2, math.ceil(here * ratio**2))


def _factor(comparisons: int, power: float) -> float:
    alpha = (1 - LEVEL) / comparisons
    normal = NormalDist()
    return normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)
