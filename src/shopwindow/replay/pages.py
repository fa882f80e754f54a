"""Recompute logged pages offline: the log up to each page's offset, the same release, the same code as the server's."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from shopwindow.features.customer import NEW_CUSTOMER, StateRules
from shopwindow.features.memory_store import MemoryStore
from shopwindow.features.seed import HistoryColumns, seed
from shopwindow.features.updater import update
from shopwindow.schema.live import NOBODY, PageEvent
from shopwindow.schema.request import RankRequest
from shopwindow.serving.lookup import Keys, Known
from shopwindow.serving.ranking import Ranking
from shopwindow.serving.trace import Trace
from shopwindow.stream.event_log import LogReader, event_of

SHOWN_DIFFERENCES: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A page that came out otherwise: keys of items as logged and as computed."""

    page_id: str
    log_offset: int
    logged: tuple[int, ...]
    computed: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayReport:
    """`compared` pages, `identical` of them in items and order.

    `skipped`: reason -> pages that cannot be compared: degraded ones, and those of another release or configuration.
    `differences`: the first 20.
    """

    compared: int
    identical: int
    largest_score_gap: float
    skipped: Mapping[str, int] = field(default_factory=dict)
    differences: Sequence[Difference] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What is replayed: a log, the imported events below it, and a freshly opened ranking (its shelf moves along)."""

    log: LogReader
    history: HistoryColumns | None
    ranking: Ranking


def replay_pages(
    replay: Replay, limit: int, progress: Callable[[int, int], None] = lambda done, total: None
) -> ReplayReport:
    """Compare the last `limit` pages that the ranking's release served with what it computes now."""
    pages, skipped = _pages(replay, limit)
    rules = StateRules.of(replay.ranking.release.shop)
    store = seeded(replay)
    identical, gap = 0, 0.0
    differences: list[Difference] = []
    for done, page in enumerate(pages, start=1):
        move_on(replay, store, rules, page.log_offset)
        computed, scores = _again(replay.ranking, store, page)
        if computed == page.items:
            identical += 1
            gap = max(gap, _gap(page.scores, scores))
        elif len(differences) < SHOWN_DIFFERENCES:
            differences.append(
                Difference(
                    page_id=page.page_id, log_offset=page.log_offset, logged=page.items, computed=computed
                )
            )
        progress(done, len(pages))
    return ReplayReport(
        compared=len(pages),
        identical=identical,
        largest_score_gap=gap,
        skipped=skipped,
        differences=differences,
    )


def request_of(page: PageEvent) -> RankRequest:
    """The request that the page answered; its ids are keys by now (see keys_of_page)."""
    return RankRequest(
        request_id=page.page_id,
        surface=page.surface,
        at_ms=page.at_ms,
        k=page.k,
        category=page.category,
        query=page.query,
        seed_item=None if page.seed_item_key is None else f"key {page.seed_item_key}",
        market=page.market,
        country=page.country,
        device=page.device,
        filters=page.filters,
        variant=page.variant,
        test=page.test,
    )


def keys_of_page(page: PageEvent) -> Keys:
    """The keys that the request's ids had."""
    return Keys(
        customer=page.customer_key,
        seed_item=-1 if page.seed_item_key is None else page.seed_item_key,
        exclude=np.array(page.exclude, dtype=np.int32),
    )


def _pages(replay: Replay, limit: int) -> tuple[list[PageEvent], dict[str, int]]:
    """The last comparable pages in order of the state they read; and how many of all were not comparable."""
    ranking = replay.ranking
    skipped: Counter[str] = Counter()
    pages = []
    for page in _logged(replay.log):
        if page.release != ranking.release.release_id:
            skipped["another release"] += 1
        elif page.config_version != ranking.book.version:
            skipped["another configuration"] += 1
        elif page.degraded:
            skipped["degraded"] += 1
        else:
            pages.append(page)
    return sorted(pages[-limit:], key=lambda page: page.log_offset), dict(skipped)


def logged_page(log: LogReader, page_id: str) -> PageEvent | None:
    """The page of this id, the latest if it was asked for twice; None if there is none."""
    found = [page for page in _logged(log) if page.page_id == page_id]
    return found[-1] if found else None


def _logged(log: LogReader) -> Iterator[PageEvent]:
    for batch in log.replay(0):
        for logged in batch:
            if logged.record.kind == "page":
                event = event_of(logged.record)
                assert isinstance(event, PageEvent)
                yield event


def seeded(replay: Replay) -> MemoryStore:
    """The state of everyone as imported, before the first record of the log."""
    store = MemoryStore()
    if replay.history is not None:
        seed(store, replay.history, StateRules.of(replay.ranking.release.shop))
    return store


def move_on(replay: Replay, store: MemoryStore, rules: StateRules, until: int | None = None) -> None:
    """State and shelf to where they were after log offset `until`, None = the end."""
    for batch in replay.log.replay(store.applied().offset, until):
        replay.ranking.shelf.restock(update(store, batch, rules), batch[-1].offset)


def _again(
    ranking: Ranking, store: MemoryStore, page: PageEvent
) -> tuple[tuple[int, ...], tuple[float, ...]]:
    snapshot = store.read([page.customer_key])
    state = NEW_CUSTOMER if page.customer_key == NOBODY else snapshot.states[0]
    known = Known(state=state, shelf=ranking.shelf.now, log_offset=page.log_offset)
    trace = Trace(clock=lambda: 0.0)  # no deadline: what was late then was flagged then
    computed = ranking.page_event(ranking.ranked(request_of(page), keys_of_page(page), known, trace))
    return computed.items, computed.scores or ()


def _gap(logged: Sequence[float] | None, computed: Sequence[float]) -> float:
    if logged is None or not logged:
        return 0.0
    return float(np.abs(np.array(logged) - np.array(computed)).max())
