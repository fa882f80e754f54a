"""PageRival: settings that can be fitted to logged pages."""

from pathlib import Path
from typing import Final, Protocol

from shopwindow.baselines.space import SpaceOf
from shopwindow.datasets.recommender import PageOrder
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
            TrainingError: no page has an item that was acted on, or `into` holds a run already.
        """
        ...


PageSpace = SpaceOf[PageRival]
