"""Made pages: where a shop has logged none, what a candidate generator lists at the moments when something was wanted.

Nobody saw these pages: their other items were passed over at best. Legend: R requests, K candidates, I places of all
pages together, A actions, E events.
"""

from collections.abc import Callable

import numpy as np

from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.pages import LoggedPages
from shopwindow.datasets.requests import RequestSet, requests_and_events
from shopwindow.schema.arrays import Bool, Int64, Rows

Lists = Callable[[RequestSet], Rows]
"""[R, K] candidates of each request, each once, -1 = padding."""


def made_pages(
    dataset: Dataset, events: Int64, lists: Lists, size: int, rng: np.random.Generator
) -> LoggedPages:
    """A page for each moment at which one of these events answered: what was wanted, and some of what was listed.

    A page has at most `size` items, drawn at random and in random order: nothing is to be learned from their places.
    Wanted items that were not in the shop before the moment are left out (in a log without a catalogue an item comes to be
    by its first event, so that its age would be the answer), and so are pages that nothing wanted is left on.
    """
    requests, request, event = requests_and_events(dataset, events)
    first_seen_ms, row = dataset.catalog.first_seen_ms, dataset.item_row[event]
    there = first_seen_ms[row] < requests.at_ms[request]
    key = request[there] * dataset.num_items + row[there]
    wanted = np.unique(key)
    rows = lists(requests)
    number, _ = np.nonzero(rows >= 0)
    others = np.setdiff1d(number * dataset.num_items + rows[rows >= 0], wanted)
    everything = np.concatenate([wanted, others])
    of = everything // dataset.num_items
    last = np.lexsort((rng.random(len(everything)), np.arange(len(everything)) >= len(wanted), of))
    of = of[last]
    place = np.arange(len(of)) - np.searchsorted(of, of)  # on its page, what was wanted first
    everything = everything[last][(place < size) & np.isin(of, wanted // dataset.num_items)]
    everything = everything[np.lexsort((rng.random(len(everything)), everything // dataset.num_items))]
    return _pages(dataset, requests, everything, key, dataset.columns.action[event[there]].astype(np.int64))


def listed_pages(dataset: Dataset, requests: RequestSet, rows: Rows) -> LoggedPages:
    """A page for each request with these candidates [R, K], -1 = padding, in their order; nothing is known to be wanted."""
    real = rows >= 0
    offsets = np.append(0, np.cumsum(real.sum(axis=1))).astype(np.int64)
    nothing = np.zeros((int(real.sum()), len(dataset.gains)), dtype=np.bool_)
    return pages_of(dataset, requests, offsets, rows[real], nothing)


def _pages(dataset: Dataset, requests: RequestSet, places: Int64, key: Int64, action: Int64) -> LoggedPages:
    """`places [I]`: request x N + row, by request; `key`, `action`: the same of each wanted event, and what it was."""
    of = places // dataset.num_items
    kept, of = np.unique(of, return_inverse=True)
    acted = np.zeros((len(places), len(dataset.gains)), dtype=np.bool_)
    order = np.argsort(places)
    found = np.searchsorted(places, key, sorter=order)
    inside = found < len(places)
    at = order[found[inside]]
    same = places[at] == key[inside]
    acted[at[same], action[inside][same]] = True
    offsets = np.searchsorted(of, np.arange(len(kept) + 1)).astype(np.int64)
    row = (places % dataset.num_items).astype(np.int32)
    return pages_of(dataset, requests.take(kept), offsets, row, acted)


def pages_of(dataset: Dataset, requests: RequestSet, offsets: Int64, row: Rows, acted: Bool) -> LoggedPages:
    """Pages of these items `row [I]`, all of them seen, and what was done with each; the requests' own truth is replaced."""
    gain = (
        np.where(acted, np.maximum(dataset.gains, 0), np.float32(0)).max(axis=1, initial=0).astype(np.float32)
    )
    wanted = gain > 0
    truth_offsets = np.append(0, np.cumsum(wanted))[offsets].astype(np.int64)
    asked = RequestSet(
        customer=requests.customer, history_end=requests.history_end, at_ms=requests.at_ms,
        surface=requests.surface, category=requests.category, query=requests.query,
        truth_offsets=truth_offsets, truth_rows=row[wanted], truth_gain=gain[wanted],
    )  # fmt: skip
    return LoggedPages(
        requests=asked,
        offsets=offsets,
        row=row,
        acted=acted,
        gain=gain,
        propensity=np.full(len(row), np.nan, dtype=np.float32),
        seen=np.ones(len(row), dtype=np.bool_),
    )
