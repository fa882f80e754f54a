"""Segments: whose requests, and for what; each a mask over the requests.

Legend: R requests, T wanted items.
"""

from typing import Final

import numpy as np

from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.requests import RequestSet
from shopwindow.evaluation.protocol import EvaluationOptions, is_new
from shopwindow.features.journey import hashed, hours_and_weekdays
from shopwindow.schema.arrays import Bool, Int64

HISTORY: Final = (0, 1, 5, 20, 100)  # least number of actions of each group of history lengths
HOURS: Final = (("night", 0), ("morning", 6), ("afternoon", 12), ("evening", 18))
FEWEST: Final = 30  # requests below which a segment is not worth a row
MOST_COUNTRIES: Final = 5


def segments(
    dataset: Dataset, requests: RequestSet, train_end: Int64, options: EvaluationOptions
) -> dict[str, Bool]:
    """Name -> [R] mask of every segment with at least 30 requests.

    A customer is *returning* with actions before `train_end`, *new* with a history but none in training, and
    *anonymous* with no history at all: nothing tells them from anybody else. "wants" segments hold requests all of whose
    wanted items are such. Hours are the shop's standard time; without times of day (all at one hour) they are left out.
    """
    columns = dataset.columns
    length = requests.history_end - columns.offsets[requests.customer]
    has_history = length > 0
    trained = (np.asarray(train_end) > columns.offsets[:-1])[requests.customer]
    repeat, new = is_repeat(dataset, requests), is_new(dataset, requests, options)
    found: dict[str, Bool] = {
        "customer: returning": trained & has_history,
        "customer: new": ~trained & has_history,
        "customer: anonymous": ~has_history,
        "wants: seen before": _all(requests, repeat),
        "wants: not seen before": _all(requests, ~repeat),
        "wants: new items": _all(requests, new),
        "wants: older items": _all(requests, ~new),
    }
    found |= by_history_length(length) | _by_hour(requests.at_ms, dataset.tz_offset_ms)
    for place, name in enumerate(dataset.shop.surface_names):
        found[f"surface: {name}"] = requests.surface == place
    country = columns.country[requests.customer]
    sizes = sorted(((int((country == hashed(name)).sum()), name) for name in columns.countries), reverse=True)
    for _, name in sizes[:MOST_COUNTRIES]:
        found[f"country: {name}"] = country == hashed(name)
    return {name: mask for name, mask in found.items() if mask.sum() >= FEWEST}


def by_history_length(length: Int64) -> dict[str, Bool]:
    """Name -> [R] mask; `length [R]`: actions before each request."""
    ends = (*HISTORY[1:], None)
    return {
        _span(first, end): (length >= first) & (length < (np.inf if end is None else end))
        for first, end in zip(HISTORY, ends, strict=True)
    }


def is_repeat(dataset: Dataset, requests: RequestSet) -> Bool:
    """[T] wanted items that are in their request's history."""
    columns, request = dataset.columns, requests.of_truth()
    known = np.flatnonzero(dataset.item_row >= 0)
    pair = columns.customer_of_event()[known].astype(np.int64) * dataset.num_items + dataset.item_row[known]
    pairs, first = np.unique(pair, return_index=True)  # the first event of each customer and item
    if not len(pairs):
        return np.zeros(len(request), dtype=np.bool_)
    asked = requests.customer[request].astype(np.int64) * dataset.num_items + requests.truth_rows
    place = np.minimum(np.searchsorted(pairs, asked), len(pairs) - 1)
    repeat: Bool = (pairs[place] == asked) & (known[first[place]] < requests.history_end[request])
    return repeat


def _span(first: int, end: int | None) -> str:
    last = "or more" if end is None else f"to {end - 1}" if end - 1 > first else ""
    return f"history: {first} {last}".rstrip()


def _by_hour(at_ms: Int64, tz_offset_ms: int) -> dict[str, Bool]:
    hour, _ = hours_and_weekdays(at_ms, tz_offset_ms)
    if len(np.unique(hour)) < 2:
        return {}
    return {f"time: {name}": (hour >= first) & (hour < first + 6) for name, first in HOURS}


def _all(requests: RequestSet, chosen: Bool) -> Bool:
    """[R] requests all of whose wanted items are chosen."""
    others = np.bincount(requests.of_truth(), weights=~chosen, minlength=len(requests))
    return np.asarray(others == 0)
