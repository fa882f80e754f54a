"""PageBatch: what a ranker learns from logged pages: the items acted on, and some of the others.

Legend: B pages, K places of the longest page, X examples, A actions of the shop, H heads, P pages, I places.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.pages import LoggedPages
from shopwindow.datasets.requests import RequestSet, cached_for, journeys
from shopwindow.datasets.sequences import batches_by_length
from shopwindow.errors import ConfigError, DatasetError
from shopwindow.features.journey import Journey
from shopwindow.schema.arrays import Bool, Float, Int32, Int64, Rows
from shopwindow.schema.shop import ShopConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePlan:
    """How logged pages become examples.

    heads: names of the actions to predict; () = every action with a gain above 0. negatives: so many per positive, from
    all known items of the page that nobody wanted, seen or not. every_page: pages without a positive give as many
    negatives as one positive would; otherwise they are left out. hide_share, hide_ms: for this share of the pages the
    history ends `hide_ms` before the page, so that longer-term taste is learned, too.
    """

    heads: tuple[str, ...] = ()
    max_actions: int = 80
    negatives: int = 4
    every_page: bool = False
    hide_share: float = 0.0
    hide_ms: int = 0

    def __post_init__(self) -> None:
        if self.negatives < 1 or not 0 <= self.hide_share <= 1:
            raise ConfigError(
                "expected 1 or more negatives and a hide_share from 0 to 1, came "
                f"{self.negatives} and {self.hide_share}"
            )

    def head_names(self, shop: ShopConfig) -> tuple[str, ...]:
        """The heads in order.

        Raises:
            DatasetError: the shop has no such action.
        """
        unknown = [name for name in self.heads if name not in shop.action_names]
        if unknown:
            raise DatasetError(f"heads: expected some of {', '.join(shop.action_names)}, came {unknown[0]!r}")
        return self.heads or tuple(action.name for action in shop.actions if action.gain > 0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PageBatch:
    """B pages with X examples.

    `journey`: each customer as known before the page, with the page's local context at the last position. `shown [B, K]`:
    rows of all items of the page, -1 for unknown ones and padding. `page [X]`: place in the batch; `place [X]`: among all
    places of the `example_pages`; `row [X]`; `position [X]`: place on the page, 0 = first; `surface [X]`: -1 = unknown;
    `label [X, H]`: 1 where the head's action followed.
    """

    journey: Journey
    shown: Rows
    page: Int64
    place: Int64
    row: Rows
    position: Int32
    surface: Int32
    label: Float

    def __len__(self) -> int:
        return len(self.shown)

    def only(self, examples: Int64, first: Int64) -> "PageBatch":
        """These examples; `first [B]`: where each page's places begin among those of all pages."""
        page, position = self.page[examples], self.position[examples]
        return replace(
            self,
            page=page,
            place=first[page] + position,
            row=self.row[examples],
            position=position,
            surface=self.surface[examples],
            label=self.label[examples],
        )


def head_labels(dataset: Dataset, pages: LoggedPages, plan: PagePlan) -> Bool:
    """[I, H] whether each head's action on the item named the page."""
    names = dataset.shop.action_names
    return pages.acted[:, [names.index(name) for name in plan.head_names(dataset.shop)]]


def head_gains(dataset: Dataset, plan: PagePlan) -> Float:
    """[H] the shop's gain of each head's action: the default weights."""
    names = dataset.shop.action_names
    return dataset.gains[[names.index(name) for name in plan.head_names(dataset.shop)]]


def example_pages(dataset: Dataset, pages: LoggedPages, plan: PagePlan) -> LoggedPages:
    """The pages that give examples."""
    if plan.every_page:
        return pages
    positive = head_labels(dataset, pages, plan).any(axis=1)
    return pages.where(np.bincount(pages.page(), weights=positive, minlength=len(pages)) > 0)


def page_batches(
    dataset: Dataset, pages: LoggedPages, plan: PagePlan, batch_size: int, rng: np.random.Generator
) -> Iterator[PageBatch]:
    """All `example_pages` of one epoch in random order; equal `rng` state gives equal batches.

    A history ends strictly before its page (RequestSet.history_end).
    """
    pages = example_pages(dataset, pages, plan)
    requests = _some_hidden(dataset, pages.requests, plan, rng)
    length = requests.history_end - dataset.columns.offsets[requests.customer]
    pages = replace(pages, requests=requests)
    for places in batches_by_length(np.minimum(length, plan.max_actions), batch_size, rng):
        yield _batch(dataset, pages.take(places), pages.offsets[places], plan, rng)


def whole_pages(dataset: Dataset, pages: LoggedPages, plan: PagePlan) -> PageBatch:
    """Every place of these pages as an example, the unknown items with row -1, too."""
    page, position = pages.page(), pages.position()
    return PageBatch(
        journey=journeys(dataset, pages.requests, plan.max_actions),
        shown=pages.by_page(),
        page=page,
        place=np.arange(len(page)),
        row=pages.row,
        position=position.astype(np.int32),
        surface=pages.requests.surface[page],
        label=head_labels(dataset, pages, plan).astype(np.float32),
    )


def kept_share(dataset: Dataset, pages: LoggedPages, plan: PagePlan) -> Float:
    """[H] expected share of each head's zeros that an epoch keeps, over all known items of these pages.

    Negatives are drawn, and pages without positives may be left out; a head's probabilities are too high by that.
    """
    positive, other = _positives_and_others(dataset, pages, plan)
    label = head_labels(dataset, pages, plan)
    page = pages.page()
    share = _wanted_negatives(positive, page, len(pages), plan) / np.maximum(
        np.bincount(page, weights=other, minlength=len(pages)), 1
    )
    kept = np.where(positive, 1.0, np.where(other, np.minimum(share, 1.0)[page], 0.0))
    zero = ~label & (pages.row >= 0)[:, None]
    found: Float = ((kept[:, None] * zero).sum(axis=0) / np.maximum(zero.sum(axis=0), 1)).astype(np.float32)
    return found


def _some_hidden(
    dataset: Dataset, requests: RequestSet, plan: PagePlan, rng: np.random.Generator
) -> RequestSet:
    if plan.hide_share <= 0:
        return requests
    hidden = rng.random(len(requests)) < plan.hide_share
    earlier = cached_for(dataset, requests, plan.hide_ms)
    return replace(requests, history_end=np.where(hidden, earlier.history_end, requests.history_end))


def _batch(
    dataset: Dataset, pages: LoggedPages, first: Int64, plan: PagePlan, rng: np.random.Generator
) -> PageBatch:
    """`first [P]`: where each page's places begin among those of all `example_pages`."""
    positive, other = _positives_and_others(dataset, pages, plan)
    page = pages.page()
    order = np.lexsort((rng.random(len(page)), ~other, page))  # of each page: the others first, shuffled
    drawn = np.zeros(len(page), dtype=np.bool_)
    drawn[order] = pages.position() < _wanted_negatives(positive, page, len(pages), plan)[page]
    batch = whole_pages(dataset, pages, plan)
    return batch.only(np.flatnonzero(positive | (drawn & other)), first)


def _positives_and_others(dataset: Dataset, pages: LoggedPages, plan: PagePlan) -> tuple[Bool, Bool]:
    """[I] some head's action followed; [I] a known item that nobody wanted."""
    positive: Bool = np.any(head_labels(dataset, pages, plan), axis=1)
    other: Bool = ~positive & (pages.gain <= 0) & (pages.row >= 0)
    return positive, other


def _wanted_negatives(positive: Bool, page: Int64, num_pages: int, plan: PagePlan) -> Int64:
    """[P] how many negatives each page is to give."""
    number = np.bincount(page[positive], minlength=num_pages)
    return plan.negatives * np.maximum(number, int(plan.every_page))
