"""PageRival: settings that can be fitted to logged pages."""

from pathlib import Path
from typing import Final, Protocol

from shopwindow.baselines.space import SpaceOf
from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.page_examples import PagePlan, example_pages
from shopwindow.datasets.pages import LoggedPages
from shopwindow.datasets.recommender import PageOrder
from shopwindow.errors import EvaluationError
from shopwindow.training.page_split import PageSplit

LAST: Final = -1e9
"""Score of an item that the catalogue does not know."""


class PageRival(Protocol):
    """One setting of a rival; a frozen dataclass, so that equal settings are equal."""

    @property
    def name(self) -> str:
        """How tables call it."""
        ...

    def fit(self, pages: PageSplit, into: Path) -> PageOrder:
        """Learn from `pages.train`, as long as NDCG@10 on `pages.valid` grows; what was learned is kept in `into`.

        The order is one of pages of `pages.dataset`. Whatever stood where, it scores each item as if it stood first.

        Raises:
            EvaluationError: no page has an item that was acted on.
            TrainingError: `into` holds a run already.
        """
        ...


PageSpace = SpaceOf[PageRival]


def telling(dataset: Dataset, pages: LoggedPages, plan: PagePlan) -> LoggedPages:
    """The pages that give examples.

    Raises:
        EvaluationError: none does.
    """
    found = example_pages(dataset, pages, plan)
    if not len(found):
        raise EvaluationError(
            f"expected pages with items that were acted on, came none of {len(pages):,}: import pages, and "
            "actions that name them in page_id"
        )
    return found
