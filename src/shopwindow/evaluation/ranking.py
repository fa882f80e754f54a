"""Ranking a part of the requests: candidates, a total order without favourites, ranks and first places.

Legend: B requests of a part, N items, T wanted items, K places.
"""

from typing import Final, Literal

import numpy as np

from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.requests import RequestSet
from shopwindow.errors import ContractError
from shopwindow.evaluation.metrics import MISSED
from shopwindow.schema.arrays import Bool, Float, Int32, Int64, Rows

Protocol = Literal["temporal", "temporal-browse", "leave-one-out", "replay"]
PROTOCOLS: Final[tuple[Protocol, ...]] = ("temporal", "temporal-browse", "leave-one-out")
"""Those that rank the whole catalogue; `replay` orders the items of logged pages (evaluation.page_order)."""
NOT_A_CANDIDATE: Final = np.iinfo(np.int64).min


def candidates(dataset: Dataset, requests: RequestSet, protocol: Protocol) -> Bool:
    """[B, N] what may be shown.

    temporal: items that were there by the time of the request (first seen at or before it; for logs without a
    catalogue that is an item's first event). temporal-browse: of those, the items of the request's category by any of
    their paths; all of them where the category is unknown. leave-one-out: all items but those of the history.
    """
    if protocol == "leave-one-out":
        return ~seen(dataset, requests)
    there = dataset.catalog.first_seen_ms[None, :] <= requests.at_ms[:, None]
    if protocol == "temporal-browse":
        for node in np.unique(requests.category[requests.category > 0]):
            inside = np.zeros(dataset.num_items, dtype=np.bool_)
            inside[dataset.catalog.rows_in(int(node))] = True
            there[requests.category == node] &= inside
    return there


def seen(dataset: Dataset, requests: RequestSet) -> Bool:
    """[B, N] items of each request's history."""
    first = np.asarray(dataset.columns.offsets)[requests.customer]
    counts = requests.history_end - first
    request = np.repeat(np.arange(len(requests)), counts)
    places = np.arange(len(request)) - np.repeat(np.cumsum(counts) - counts, counts) + first[request]
    rows = dataset.item_row[places]
    found = np.zeros((len(requests), dataset.num_items), dtype=np.bool_)
    found[request[rows >= 0], rows[rows >= 0]] = True
    return found


def tie_order(num_items: int, seed: int) -> Int64:
    """[N] the fixed random order that breaks ties, never the index; the same for every model and request."""
    return np.random.default_rng(seed).permutation(num_items).astype(np.int64)


def order_keys(scores: Float, allowed: Bool, tie: Int64) -> Int64:
    """[B, N] distinct whole numbers: a larger one is ranked higher; NOT_A_CANDIDATE where not allowed.

    Raises:
        ContractError: scores have the wrong shape or hold NaN.
    """
    if scores.shape != allowed.shape:
        raise ContractError(
            f"scores are {scores.shape}, expected {allowed.shape}: one row per request, one column per item"
        )
    if np.isnan(scores.min(initial=0.0)):
        raise ContractError(
            "scores hold NaN, expected numbers: a model that knows nothing of an item gives it a low score"
        )
    bits = (scores.astype(np.float32) + np.float32(0.0)).view(np.int32)  # + 0.0 makes -0.0 equal 0.0
    bits ^= (bits >> 31) & np.int32(0x7FFFFFFF)  # negative numbers in the order of their values
    keys: Int64 = bits.astype(np.int64)
    keys <<= 32
    keys |= tie[None, :]
    keys[~allowed] = NOT_A_CANDIDATE
    return keys


def ranks_of(keys: Int64, requests: RequestSet) -> Int64:
    """[T] number of candidates above each wanted item; MISSED if it is no candidate."""
    request, rows = requests.of_truth(), requests.truth_rows
    own = keys[request, rows]
    rank = np.full(len(rows), MISSED, dtype=np.int64)
    nth = np.arange(len(rows)) - np.repeat(requests.truth_offsets[:-1], np.diff(requests.truth_offsets))
    for n in range(int(nth.max(initial=-1)) + 1):  # one wanted item per request at a time
        some = np.flatnonzero((nth == n) & (own != NOT_A_CANDIDATE))
        whole = len(some) == len(keys)  # then rows are in order: no copy of the matrix
        rank[some] = ((keys if whole else keys[request[some]]) > own[some, None]).sum(axis=1)
    return rank


def first_places(keys: Int64, k: int) -> Rows:
    """[B, k] the first rows of each ranking, -1 where candidates run out."""
    k_there = min(k, keys.shape[1])
    top = np.argpartition(keys, keys.shape[1] - k_there, axis=1)[:, keys.shape[1] - k_there :]
    values = np.take_along_axis(keys, top, axis=1)
    order = np.argsort(values, axis=1)[:, ::-1]
    top, values = np.take_along_axis(top, order, axis=1), np.take_along_axis(values, order, axis=1)
    places: Int32 = np.full((len(keys), k), -1, dtype=np.int32)
    places[:, :k_there] = np.where(values == NOT_A_CANDIDATE, -1, top)
    return places
