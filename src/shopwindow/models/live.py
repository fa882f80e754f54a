"""Live features of candidates as a model reads them: where a value stands among those of training, not how large it is.

Counts have long tails and grow with the shop; ranks do neither. Legend: n candidates, F features, H heads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from shopwindow.schema.arrays import Float

LEVELS: Final = (*(step / 32 for step in range(32)), 0.99, 0.999, 1.0)
STEPS: Final = 254
"""A known value is one of STEPS + 1 codes, from 1 on; code 0: not known."""

Codes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class LiveScale:
    """The distribution function of each named feature, linear between quantiles of the training values.

    `knots [F][.]` rise strictly, `levels [F][.]` are their shares of the values below; none for a feature that was never
    known.
    """

    names: tuple[str, ...]
    knots: tuple[tuple[float, ...], ...]
    levels: tuple[tuple[float, ...], ...]

    @classmethod
    def of(cls, names: Sequence[str], values: Float) -> Self:
        """Learn from `values [n, F]`, NaN = not known. A value that many share stands in the middle of their levels."""
        curves = [_curve(values[:, feature]) for feature in range(len(names))]
        return cls(tuple(names), tuple(knots for knots, _ in curves), tuple(levels for _, levels in curves))

    def codes(self, values: Float) -> Codes:
        """[n, F], of which NaN is not known -> [n, F]."""
        found = np.zeros(values.shape, dtype=np.uint8)
        for feature, (knots, levels) in enumerate(zip(self.knots, self.levels, strict=True)):
            column = values[:, feature]
            known = ~np.isnan(column)
            if knots:
                level = np.interp(column[known], knots, levels)
                found[known, feature] = 1 + np.rint(STEPS * level).astype(np.uint8)
        return found

    def kept(self) -> dict[str, Any]:
        """Plain values for a file; `of_kept` reads them."""
        return {
            "names": list(self.names),
            "knots": list(map(list, self.knots)),
            "levels": list(map(list, self.levels)),
        }

    @classmethod
    def of_kept(cls, kept: dict[str, Any]) -> Self:
        """What `kept` wrote."""
        return cls(tuple(kept["names"]), tuple(map(tuple, kept["knots"])), tuple(map(tuple, kept["levels"])))


def _curve(column: Float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    known = column[~np.isnan(column)].astype(np.float64)
    if not len(known):
        return (), ()
    knots, place = np.unique(np.quantile(known, LEVELS), return_inverse=True)
    levels = np.bincount(place, weights=LEVELS) / np.bincount(place)
    return tuple(knots.tolist()), tuple(levels.tolist())


class LiveBranch(nn.Module):
    """g_h: what live features say of a candidate beside other numbers known of it; [.., F] codes and [.., E] -> [.., H] logits."""

    def __init__(self, num_features: int, extra: int, width: int, heads: int) -> None:
        super().__init__()
        self.inner = nn.Linear(2 * num_features + extra, width)
        self.middle = nn.Linear(width, width)
        self.outer = nn.Linear(width, heads)

    def forward(self, codes: Tensor, extra: Tensor) -> Tensor:
        hidden = functional.relu(self.inner(torch.cat([levels(codes).to(extra.dtype), extra], dim=-1)))
        logits: Tensor = self.outer(functional.relu(self.middle(hidden)))
        return logits


def levels(codes: Tensor) -> Tensor:
    """[.., F] codes -> [.., 2F]: levels from -0.5 to 0.5, 0 where not known, and then whether they are known."""
    known = (codes > 0).float()
    level = (codes.float() - 1) / STEPS - 0.5
    return torch.cat([level * known, known], dim=-1)
