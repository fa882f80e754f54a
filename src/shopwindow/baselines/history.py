"""History: what baselines read of a request, and what they learn from, as sparse matrices.

Legend: U customers, B requests of a part, N items, A actions of all histories together.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.sparse import csr_matrix

from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.requests import RequestSet
from shopwindow.schema.arrays import Float, Int64, Rows

TIE_BREAK: Final = 1e-6  # of the largest score: popularity orders what a model leaves equal


@dataclass(frozen=True, slots=True, eq=False)
class LatestActions:
    """The latest wanted actions before each request, the newest first.

    `request [A]` non-decreasing; `step [A]`: 0 = the last action before the request, actions that were not wanted
    counted too; `row [A]`.
    """

    request: Int64
    step: Int64
    row: Rows


def latest_actions(dataset: Dataset, requests: RequestSet, last: int) -> LatestActions:
    """Of the last `last` actions before each request those that were wanted; nothing at or after `history_end`."""
    columns = dataset.columns
    places = requests.history_end[:, None] - np.arange(1, last + 1)[None, :]  # [B, last]
    inside = places >= columns.offsets[requests.customer][:, None]
    places = np.where(inside, places, 0)
    rows, gains = dataset.item_row[places], dataset.gains[columns.action[places]]
    request, step = np.nonzero(inside & (rows >= 0) & (gains > 0))
    return LatestActions(request, step, rows[request, step])


def histories(dataset: Dataset, requests: RequestSet, last: int, decay: float) -> Any:
    """[B, N] sparse: sum of decay^step over the actions with the item among the last `last`."""
    latest = latest_actions(dataset, requests, last)
    weight = decay ** latest.step.astype(np.float64)
    return csr_matrix((weight, (latest.request, latest.row)), shape=(len(requests), dataset.num_items))


def wants(dataset: Dataset, train_end: Int64) -> Any:
    """[U, N] sparse: 1 + log(number of wanted actions); a second click says less than the first."""
    events = dataset.wanted_before(train_end)
    customer = dataset.columns.customer_of_event()[events]
    shape = (dataset.columns.num_customers, dataset.num_items)
    found = csr_matrix((np.ones(len(customer)), (customer, dataset.item_row[events])), shape=shape)
    found.sum_duplicates()
    found.data = 1.0 + np.log(found.data)
    return found


def popularity(dataset: Dataset, train_end: Int64) -> Float:
    """[N] number of wanted actions, from 0 to below 1: what orders items that a model leaves equal."""
    counts = dataset.item_counts(dataset.wanted_before(train_end)).astype(np.float32)
    popular: Float = counts / (counts.max(initial=0.0) + np.float32(1.0))
    return popular


def ties_by_popularity(scores: Float, popular: Float) -> Float:
    """[B, N] the scores with a millionth of their row's largest size added by popularity."""
    found = scores.astype(np.float32)
    top = np.abs(found).max(axis=1, initial=0.0, keepdims=True)
    return found + np.float32(TIE_BREAK) * np.where(top > 0, top, np.float32(1.0)) * popular[None, :]
