"""VSknn: what the sessions most like the one at hand went on with.

Legend: S sessions, B requests of a part, N items, P pairs of a request and a past session, K neighbours.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal, final

import numpy as np
from scipy.sparse import csr_matrix

from shopwindow.baselines.customer_knn import rarity, strongest_of
from shopwindow.baselines.history import latest_actions, popularity, ties_by_popularity
from shopwindow.baselines.space import Choice, Space
from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.requests import RequestSet
from shopwindow.schema.arrays import Float, Int64, Rows

Positions = Literal["same", "linear", "quadratic"]
POSITIONS: Final[tuple[Positions, ...]] = ("same", "linear", "quadratic")


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class VSknn:
    """score(i) = sum over the K nearest past sessions with i of similarity / (steps back to the latest shared item).

    The session at hand is the latest one of the history, at most `last` actions of it. Its items weigh by their place
    from 1/L to 1 (`positions`; an item's latest place counts). Compared are the `sample` most recent sessions that
    share an item with it, by the cosine of its weights and theirs, all 1. idf: score(i) is multiplied by
    log(1 + S / sessions with i).
    Ludewig and Jannach, "Evaluation of Session-based Recommendation Algorithms", UMUAI 2018.
    """

    neighbours: int = 100
    sample: int = 1000
    positions: Positions = "linear"
    idf: bool = False
    last: int = 20

    @property
    def name(self) -> str:
        return "v-sknn"

    def fit(self, dataset: Dataset, train_end: Int64) -> "FittedVSknn":
        session = session_of_event(dataset)
        events = np.flatnonzero(dataset.wanted_before(train_end))
        ends = np.zeros(int(session.max(initial=-1)) + 1, dtype=np.int64)
        np.maximum.at(ends, session[events], dataset.columns.at_ms[events])
        there, _ = np.unique(session[events], return_index=True)
        oldest_first = there[np.argsort(ends[there], kind="stable")]
        place = np.full(len(ends), -1, dtype=np.int64)
        place[oldest_first] = np.arange(len(oldest_first))
        shape = (len(oldest_first), dataset.num_items)
        ones = np.ones(len(events), dtype=np.float32)
        items = csr_matrix((ones, (place[session[events]], dataset.item_row[events])), shape=shape)
        items.sum_duplicates()
        items.data[:] = 1.0
        length = np.diff(items.indptr)
        value = items.multiply(rarity(items)[None, :]).tocsr() if self.idf else items
        return FittedVSknn(
            name=self.name, dataset=dataset, settings=self, session=session, place=place, length=length,
            posts=items.T.tocsr(), items=value, popular=popularity(dataset, train_end),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedVSknn:
    """Past sessions, the most recent last; see `VSknn`.

    `session [E]`: session of each event; `place`: session -> its row or -1; `length [S]` distinct items;
    `posts`: sparse [N, S] sessions of each item; `items`: sparse [S, N] what each adds.
    """

    name: str
    dataset: Dataset
    settings: VSknn
    session: Int64
    place: Int64
    length: Int64
    posts: Any
    items: Any
    popular: Float

    def scores(self, requests: RequestSet) -> Float:
        size = (len(requests), len(self.length))
        shown = self._session_at_hand(requests)
        request, past, similarity, step = self._alike(shown)
        own = self.place[self.session[np.maximum(requests.history_end - 1, 0)]]
        other = past != own[request]  # a session that goes on may have been trained on: not its own neighbour
        weight = np.where(other, similarity / np.sqrt(self.length[past]), 0.0)
        kept = strongest_of(request, weight, past, self.settings.neighbours)  # of equal ones the most recent
        kept = kept[weight[kept] > 0]
        spoken = weight[kept] / (step[kept] + 1.0)
        nearest = csr_matrix((spoken, (request[kept], past[kept])), shape=size)
        return ties_by_popularity((nearest @ self.items).toarray(), self.popular)

    def _session_at_hand(self, requests: RequestSet) -> "Shown":
        latest = latest_actions(self.dataset, requests, self.settings.last)
        at = requests.history_end[latest.request] - 1
        same = self.session[at - latest.step] == self.session[at]
        request, row = latest.request[same], latest.row[same]
        first = np.searchsorted(request, request)
        step, number = np.arange(len(request)) - first, np.bincount(request, minlength=len(requests))
        share = (number[request] - step) / number[request]
        _, newest = np.unique(request * self.dataset.num_items + row, return_index=True)
        newest.sort()
        weight = {"same": share**0, "linear": share, "quadratic": share**2}[self.settings.positions]
        return Shown(request[newest], row[newest], step[newest], weight[newest])

    def _alike(self, shown: "Shown") -> tuple[Int64, Int64, Any, Int64]:
        """Requests and the most recent past sessions that share an item: request, session, sum of weights, step; [P]."""
        sample, posts, num_sessions = self.settings.sample, self.posts, max(1, len(self.length))
        ends = posts.indptr[shown.row + 1].astype(np.int64)
        number = np.minimum(ends - posts.indptr[shown.row], sample)
        of = np.repeat(np.arange(len(number)), number)  # action of each pair, newest first
        within = np.arange(len(of)) - np.repeat(np.cumsum(number) - number, number)
        past = posts.indices[(ends - number)[of] + within].astype(np.int64)
        pairs, first, which = np.unique(
            shown.request[of] * num_sessions + past, return_index=True, return_inverse=True
        )
        similarity = np.bincount(which, weights=shown.weight[of], minlength=len(pairs))
        request = pairs // num_sessions
        recent = np.searchsorted(request, request, side="right") - np.arange(len(pairs)) <= sample
        chosen = pairs[recent]
        return (
            chosen // num_sessions,
            chosen % num_sessions,
            similarity[recent],
            shown.step[of[first]][recent],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """Distinct items of the sessions at hand, all requests together: `step` 0 = the latest action; `weight` by place."""

    request: Int64
    row: Rows
    step: Int64
    weight: Any


def session_of_event(dataset: Dataset) -> Int64:
    """[E] number of each event's session, over all customers; a log numbers them within each customer."""
    columns = dataset.columns
    customer, session = columns.customer_of_event(), np.asarray(columns.session)
    begins = np.ones(len(session), dtype=np.int64)
    begins[1:] = (customer[1:] != customer[:-1]) | (session[1:] != session[:-1])
    return np.cumsum(begins) - 1


SPACE: Final = Space(
    make=VSknn,
    starts=(VSknn(), VSknn(neighbours=500, sample=5000, idf=True)),
    parameters={
        "neighbours": Choice((50, 100, 200, 500, 1000)),
        "sample": Choice((500, 1000, 2500, 5000)),
        "positions": Choice(POSITIONS),
        "idf": Choice((True, False)),
        "last": Choice((1, 3, 5, 10, 20, 50)),
    },
)
