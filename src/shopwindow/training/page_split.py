"""PageSplit: pages to train a ranker on, and to validate it.

They are those that the shop logged, or where it has none, made from what a candidate generator lists.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.exposures import exposures_of
from shopwindow.datasets.made_pages import Lists, made_pages
from shopwindow.datasets.pages import LoggedPages, PageTables, logged_pages
from shopwindow.datasets.split import Split, SplitSpec, make_split
from shopwindow.errors import TrainingError
from shopwindow.features.windowed.events import CountedEvents

MADE_SIZE: Final = 24  # items of a made page to learn from
VALID_SIZE: Final = 100  # and of one to validate on
MOST_MADE: Final = 50_000  # events whose pages are made, the latest


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PageSplit:
    """Pages to train on and to validate on, with the actions known by the end of each period.

    `dataset`: with the customers who were shown pages and never acted; `split` is its own. `exposures`: what was listed
    and viewed, as live counters know it.
    """

    dataset: Dataset
    split: Split
    train: LoggedPages
    valid: LoggedPages
    exposures: tuple[CountedEvents, ...]


def page_split(dataset: Dataset, tables: PageTables, spec: SplitSpec) -> PageSplit:
    """The pages of the periods of a temporal split.

    Raises:
        TrainingError: the split is not temporal: pages are told apart by time.
        DatasetError: a part of the split is empty.
    """
    if spec.kind != "temporal":
        raise TrainingError(f"a ranker needs a temporal split, came {spec.kind}: pages are split by time")
    dataset, everything = logged_pages(dataset, tables)
    split = make_split(dataset, spec)
    valid_from, test_from = int(split.valid.at_ms.min()), int(split.test.at_ms.min())
    _, by_valid = logged_pages(dataset, tables.acted_before(valid_from))
    _, by_test = logged_pages(dataset, tables.acted_before(test_from))
    at_ms = everything.requests.at_ms
    return PageSplit(
        dataset=dataset,
        split=split,
        train=by_valid.where(at_ms < valid_from),
        valid=by_test.where((at_ms >= valid_from) & (at_ms < test_from)),
        exposures=exposures_of(tables, dataset.shop),
    )


def made_page_split(dataset: Dataset, split: Split, lists: Lists, seed: int = 0) -> PageSplit:
    """Pages made from the wanted actions of the periods of a temporal split; see `made_pages`.

    `lists`: what a candidate generator lists that learned from events before `split.train_end`. Its knowing the training
    actions does no harm: a ranker does not read what a list's order was, and what was wanted is on the page anyway.

    Raises:
        TrainingError: the split is not temporal.
    """
    if split.spec.kind != "temporal":
        raise TrainingError(
            f"a ranker needs a temporal split, came {split.spec.kind}: pages are split by time"
        )
    rng = np.random.default_rng(seed)
    at_ms = np.asarray(dataset.columns.at_ms)
    valid_from, test_from = int(split.valid.at_ms.min()), int(split.test.at_ms.min())
    train = np.flatnonzero(dataset.wanted() & (at_ms < valid_from))
    latest = np.sort(train[np.argsort(at_ms[train], kind="stable")[-MOST_MADE:]])
    valid = np.flatnonzero(dataset.wanted() & (at_ms >= valid_from) & (at_ms < test_from))
    return PageSplit(
        dataset=dataset,
        split=split,
        train=made_pages(dataset, latest, lists, MADE_SIZE, rng),
        valid=made_pages(dataset, valid, lists, VALID_SIZE, rng),
        exposures=(),
    )
