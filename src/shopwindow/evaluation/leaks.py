"""Leaks: whether a recommender reads what had not happened yet when it was asked.

Legend: R requests, E events, U customers, N items.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.recommender import Recommender
from shopwindow.datasets.requests import RequestSet
from shopwindow.errors import EvaluationError
from shopwindow.evaluation.ranking import Protocol
from shopwindow.schema.arrays import Bool

ASKED: Final = 8
Making = Callable[[Dataset], Recommender]
"""Gives the recommender of a data set: fits it there on the training events, or lets a trained model read from there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """A request whose scores changed together with the future. `items`: number of items with another score."""

    customer_key: int
    at_ms: int
    items: int


def check_no_leak(
    make: Making, dataset: Dataset, requests: RequestSet, protocol: Protocol = "temporal", seed: int = 0
) -> None:
    """Rewrite what happens at and after each of some requests, and ask again: the scores have to stay as they are.

    A random choice of 8 requests is asked. Times say what is later, and each customer's own order; for leave-one-out,
    which knows no times, what stands at or after any request's end of history. The answers to a request (its wanted
    items) are rewritten, too. Scores are compared bit by bit: a model that does not repeat itself is found out as well.

    Raises:
        EvaluationError: some scores changed; the text names the first request.

    Example: check_no_leak(lambda data: Popularity().fit(data, split.train_end), dataset, split.test)
    """
    found = list(leaks(make, dataset, requests, protocol, seed))
    if found:
        first = found[0]
        raise EvaluationError(
            f"the recommender reads the future: expected the same scores whatever happens at or after a request, came "
            f"others in {len(found)} of {min(ASKED, len(requests))} requests; the first is that of customer "
            f"{first.customer_key} at {first.at_ms}, {first.items:,} items changed; read events before history_end only"
        )


def leaks(
    make: Making, dataset: Dataset, requests: RequestSet, protocol: Protocol, seed: int
) -> Iterator[Leak]:
    """The requests among 8 random ones whose scores changed; see `check_no_leak`."""
    rng = np.random.default_rng(seed)
    honest = make(dataset)
    chosen = np.sort(rng.choice(len(requests), min(ASKED, len(requests)), replace=False))
    for place in chosen.tolist():
        one = requests.part(place, place + 1)
        other = disturbed(dataset, later_than(dataset, requests, place, protocol), rng)
        before, after = honest.scores(one), make(other).scores(_without_answers(one, dataset.num_items, rng))
        changed = int((np.asarray(before) != np.asarray(after)).sum())
        if changed:
            yield Leak(
                customer_key=int(dataset.columns.customer_key[one.customer[0]]),
                at_ms=int(one.at_ms[0]),
                items=changed,
            )


def later_than(dataset: Dataset, requests: RequestSet, place: int, protocol: Protocol) -> Bool:
    """[E] what one request may not see."""
    columns, one = dataset.columns, requests.part(place, place + 1)
    of, event = columns.customer_of_event(), np.arange(columns.num_events)
    late = np.asarray(columns.at_ms) >= one.at_ms[0]
    if protocol == "leave-one-out":
        ends = np.asarray(columns.offsets[1:]).copy()
        np.minimum.at(ends, requests.customer, requests.history_end)
        late = event >= ends[of]
    own = of == one.customer[0]
    later: Bool = np.where(own, event >= one.history_end[0], late)
    return later


def disturbed(dataset: Dataset, events: Bool, rng: np.random.Generator) -> Dataset:
    """The data set with other items, actions and contexts in these events [E], and all of them a while later."""
    columns, number = dataset.columns, int(events.sum())
    row, category = dataset.item_row.copy(), dataset.category_node.copy()
    key, action, at_ms = columns.item_key.copy(), columns.action.copy(), columns.at_ms.copy()
    surface, query = columns.surface.copy(), columns.query.copy()
    row[events] = rng.integers(0, dataset.num_items, number)
    key[events] = dataset.catalog.item_key[row[events]]
    action[events] = rng.integers(0, len(dataset.shop.actions), number)
    surface[events] = rng.integers(0, len(dataset.shop.surfaces), number)
    query[events] = rng.integers(0, 1000, number)
    category[events] = rng.integers(0, len(dataset.catalog.categories), number)
    at_ms[events] += rng.integers(1, 1000)  # the same for all: their order stays
    changed = replace(
        columns, item_key=key, action=action, surface=surface, query=query, at_ms=at_ms,
        fingerprint=f"{columns.fingerprint}-disturbed",
    )  # fmt: skip
    return replace(dataset, columns=changed, item_row=row, category_node=category)


def _without_answers(one: RequestSet, num_items: int, rng: np.random.Generator) -> RequestSet:
    wanted = rng.choice(num_items, min(len(one.truth_rows) + 1, num_items), replace=False).astype(np.int32)
    return replace(
        one,
        truth_rows=wanted,
        truth_gain=np.ones(len(wanted), dtype=np.float32),
        truth_offsets=np.array([0, len(wanted)], dtype=np.int64),
    )
