"""Whether and how often a customer met an item, its brand or its category before: from their last 100 actions.

Legend: R requests, L actions, K candidates. The same actions that the journey reads, so no other state is kept.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from shopwindow.features.windowed.counters import NEVER_MS
from shopwindow.schema.arrays import Float, Int32, Int64

LABELS: Final = ("item", "brand", "category")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Labels:
    """What an item is known by, any shape: key, and slots of brand and primary category; -1 = none."""

    item: Int32
    brand: Int32
    category: Int32


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Histories:
    """The last 100 actions before each request, oldest first, padded at the end with labels -1.

    `labels` [R, L]; `at_ms [R, L]`; `length [R]`: how many are real.
    """

    labels: Labels
    at_ms: Int64
    length: Int32


def met(before: Int32, at_ms: Int64, candidates: Int32) -> tuple[Float, Int64]:
    """How often each candidate's label stands in the history [R, K], and when last, NEVER_MS if it does not.

    `before`, `at_ms` [R, L]; `candidates [R, K]`. A label of -1 was never met.
    """
    known = np.where(before >= 0, before, -2)  # padding is not what a candidate lacks
    same = np.ascontiguousarray(known[:, None, ::-1]) == candidates[:, :, None]  # newest first
    count = same.sum(axis=-1, dtype=np.uint8)  # at most 100; six times quicker than in words
    last_ms = np.full(candidates.shape, NEVER_MS, dtype=np.int64)
    request, candidate = np.nonzero(count)
    last_ms[request, candidate] = at_ms[
        request, before.shape[1] - 1 - np.argmax(same[request, candidate], axis=-1)
    ]
    return count.astype(np.float32), last_ms


def num_distinct(items: Int32) -> Float:
    """[R] distinct items among the real actions of each history."""
    ordered = np.sort(items, axis=1)
    new = np.diff(ordered, axis=1, prepend=np.int32(-1)) != 0
    distinct: Float = (new & (ordered >= 0)).sum(axis=1).astype(np.float32)
    return distinct
