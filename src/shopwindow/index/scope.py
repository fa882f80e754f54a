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

    def count(self) -> int:
        """How many rows the scope lets through."""
        if self.allowed is None:
            return self.last - self.first + len(self.others)
        inside, beside = self.allowed[self.first : self.last], self.allowed[self.others]
        return int(np.count_nonzero(inside)) + int(np.count_nonzero(beside))

    def mask(self, num_rows: int) -> Bool | None:
        """[num_rows] which rows the scope lets through, None for every row."""
        if (self.first, self.last) == (0, num_rows):
            return self.allowed
        mask = np.zeros(num_rows, dtype=np.bool_)
        for part in (slice(self.first, self.last), self.others):
            mask[part] = True if self.allowed is None else self.allowed[part]
        return mask


def whole(num_rows: int, allowed: Bool | None = None) -> Scope:
    """Every row of the shop."""
    return Scope(first=0, last=num_rows, others=np.empty(0, dtype=np.int32), allowed=allowed)
