"""Pairs: who wanted what, for models that know no order.

Legend: V customers with wanted actions, P pairs, N items.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Self

import numpy as np
import torch
from torch import Tensor

from shopwindow.baselines.history import histories, wants
from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.requests import RequestSet
from shopwindow.schema.arrays import Int64

LONGEST: Final = 1000  # actions of a history that are read for a request


class PairBatch(NamedTuple):
    """`customer [P]` numbers among those learned from, `wanted [P]` rows, `other [P, M]` rows they did not want."""

    customer: Tensor
    wanted: Tensor
    other: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """`number [U]`: of each customer among those with wanted actions, -1 for the others; `wanted`: sparse [V, N] of 1."""

    number: Int64
    wanted: Any

    @classmethod
    def of(cls, dataset: Dataset, train_end: Int64) -> Self:
        found = wants(dataset, train_end)
        has = np.diff(found.indptr) > 0
        wanted = found[has].astype(np.float32)
        wanted.sort_indices()
        wanted.data[:] = 1.0
        return cls(np.where(has, np.cumsum(has) - 1, -1), wanted)

    def batches(self, size: int, negatives: int, rng: np.random.Generator) -> Iterator[PairBatch]:
        """All pairs once, in random order, each with so many uniform draws among the items not wanted."""
        customer = np.repeat(np.arange(self.wanted.shape[0]), np.diff(self.wanted.indptr))
        item = self.wanted.indices.astype(np.int64)
        order = rng.permutation(len(customer))
        for start in range(0, len(order), size):
            part = order[start : start + size]
            other = self._not_wanted(customer[part], negatives, rng)
            yield PairBatch(*(torch.from_numpy(each) for each in (customer[part], item[part], other)))

    def _not_wanted(self, customer: Int64, negatives: int, rng: np.random.Generator) -> Int64:
        """[P, M]; a draw that was wanted is drawn once more, which leaves few."""
        num_items = self.wanted.shape[1]
        known = np.repeat(np.arange(self.wanted.shape[0]), np.diff(self.wanted.indptr)) * num_items
        known = known + self.wanted.indices  # ascending
        drawn = rng.integers(num_items, size=(len(customer), negatives))
        codes = customer[:, None] * num_items + drawn
        place = np.minimum(np.searchsorted(known, codes), len(known) - 1)
        again = known[place] == codes
        drawn[again] = rng.integers(num_items, size=int(again.sum()))
        return drawn

    def numbers(self, requests: RequestSet) -> Int64:
        """[B] number of each request's customer, -1 where nothing was learned of them."""
        numbers: Int64 = self.number[requests.customer]
        return numbers


def items_before(dataset: Dataset, requests: RequestSet) -> Any:
    """[B, N] sparse: 1 for each item wanted before the request."""
    found = histories(dataset, requests, LONGEST, decay=1.0).astype(np.float32)
    found.data[:] = 1.0
    return found
