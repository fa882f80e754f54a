"""Recommender, Foresighted, PageOrder: what evaluation asks of a model, ours or a baseline."""

from typing import Protocol, runtime_checkable

from shopwindow.datasets.pages import LoggedPages
from shopwindow.datasets.requests import RequestSet
from shopwindow.schema.arrays import Float


class Recommender(Protocol):
    """Scores the whole catalogue for requests, reading no event at or after a request's history_end."""

    @property
    def name(self) -> str:
        """How tables call it."""
        ...

    def scores(self, requests: RequestSet) -> Float:
        """[len(requests), N] higher is better; the caller passes small parts (`requests.part`)."""
        ...


@runtime_checkable
class Foresighted(Protocol):
    """A recommender that answers many requests far more cheaply when it knows them all beforehand."""

    @property
    def name(self) -> str:
        """How tables call it."""
        ...

    def for_all(self, requests: RequestSet) -> Recommender:
        """What gives the same scores for any part of these requests."""
        ...


@runtime_checkable
class PageOrder(Protocol):
    """Scores the items of given pages, reading no event at or after a page's history_end, and not the order shown."""

    @property
    def name(self) -> str:
        """How tables call it."""
        ...

    def page_order(self, pages: LoggedPages) -> Float:
        """[I] higher is better, for every place of the pages."""
        ...
