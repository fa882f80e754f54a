"""Scope: the rows that one search may find."""

from dataclasses import dataclass

import numpy as np

from shopwindow.schema.arrays import Bool, Rows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scope:
    """Rows first .. last-1 and `others` (outside that range, each once), where `allowed [N]` is true.

    `allowed` None lets every row through. It is indexed by catalogue row, whatever the range.
    """

    first: int
    last: int
    others: Rows
    allowed: Bool | None = None


def whole(num_rows: int, allowed: Bool | None = None) -> Scope:
    """Every row of the shop."""
    return Scope(first=0, last=num_rows, others=np.empty(0, dtype=np.int32), allowed=allowed)
