"""Exact selection of the largest scores without sorting or partitioning all of them."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shopwindow.schema.arrays import Bool, Float

SAMPLE: Final = 8_192  # 1 M scores: 0.5 ms with this sample, 2.4 ms by argpartition alone


def near_best(scores: Float, allowed: Bool | None, limit: int, slack: float) -> NDArray[np.intp]:
    """Places, ascending, of all allowed scores that are at least the limit-th largest minus `slack`.

    All allowed places where there are no more than `limit`. `scores [n]`, `allowed [n]`. Exact for any
    data: a threshold guessed from a sample only decides how many scores are looked at twice.
    """
    guess = _guess(scores, allowed, limit)
    near = _at_least(scores, allowed, guess)
    if len(near) < limit and guess > -math.inf:
        guess = -math.inf
        near = _at_least(scores, allowed, guess)
    if len(near) <= limit:
        bar = -math.inf if guess == -math.inf else float(scores[near].min()) - slack
    else:
        last = len(near) - limit
        bar = float(np.partition(scores[near], last)[last]) - slack
    if bar < guess:
        return _at_least(scores, allowed, bar)
    return near[scores[near] >= bar]


def _guess(scores: Float, allowed: Bool | None, limit: int) -> float:
    """A threshold that about 1.5 to 3 times `limit` of the scores should pass; -inf where a sample does not pay."""
    stride = (len(scores) // SAMPLE) | 1  # odd: no step in common with blocks of 2^k rows
    if stride < 4:
        return -math.inf
    sample = scores[::stride]
    if allowed is not None:
        sample = sample[allowed[::stride]]
    wanted = limit / stride
    rank = math.ceil(wanted + 4 * math.sqrt(wanted) + 4)  # four standard deviations: too few in 1 of 10^4
    if rank >= len(sample):
        return -math.inf
    return float(np.partition(sample, len(sample) - rank)[len(sample) - rank])


def _at_least(scores: Float, allowed: Bool | None, bar: float) -> NDArray[np.intp]:
    if bar == -math.inf:
        return np.arange(len(scores)) if allowed is None else np.flatnonzero(allowed)
    passed = scores >= bar
    if allowed is not None:
        passed &= allowed
    return np.flatnonzero(passed)
