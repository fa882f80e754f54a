"""A request again, or a new one: the context that it had, or has now, computed beside a running server."""

from dataclasses import replace

from shopwindow.config import ShopDirectory
from shopwindow.errors import RequestError
from shopwindow.features.customer import NEW_CUSTOMER, StateRules
from shopwindow.release.bundle import load_release
from shopwindow.release.registry import active_path
from shopwindow.replay.pages import Replay, keys_of_page, logged_page, move_on, request_of, seeded
from shopwindow.schema.live import NOBODY
from shopwindow.schema.request import RankRequest
from shopwindow.serving.assembly import history_of, ranking_of
from shopwindow.serving.context import Context
from shopwindow.serving.lookup import Ids, Keys, Known, check, context_of, keys_of
from shopwindow.stream.memory_log import MemoryLog
from shopwindow.stream.sqlite_log import SqliteReader


def replay_of(directory: ShopDirectory) -> Replay:
    """The active release of a shop, its imported events and its log, which may not have begun.

    Raises:
        ReleaseError: there is no release that could be loaded.
    """
    path = directory.state / "log.sqlite"
    log = SqliteReader(path) if path.exists() else MemoryLog()
    release = load_release(active_path(directory), verify=False)
    return Replay(log=log, history=history_of(directory), ranking=ranking_of(release))


def context_now(replay: Replay, request: RankRequest, ids: Ids) -> Context:
    """What the server would know if the request came now.

    Raises:
        RequestError: the request asks for something that the shop does not have.
    """
    check(request, replay.ranking.release.shop)
    return _context(replay, request, keys_of(request, ids), None)


def context_then(replay: Replay, page_id: str) -> Context:
    """What the server knew when it served this page.

    Raises:
        RequestError: the log has no such page, or another release served it.
    """
    page = logged_page(replay.log, page_id)
    release = replay.ranking.release.release_id
    if page is None or page.release != release:
        came = "no such page" if page is None else f"one that release {page.release} served"
        expected = f"a page of the log that release {release} served"
        raise RequestError(
            "unknown_page", f"page: expected {expected}, came {page_id!r}, {came}",
            field="page", expected=expected, came=page_id,
        )  # fmt: skip
    return _context(replay, request_of(page), keys_of_page(page), page.log_offset)


def _context(replay: Replay, request: RankRequest, keys: Keys, until: int | None) -> Context:
    store = seeded(replay)
    move_on(replay, store, StateRules.of(replay.ranking.release.shop), until)
    snapshot = store.read([keys.customer])
    state = NEW_CUSTOMER if keys.customer == NOBODY else snapshot.states[0]
    if state.opted_out:
        keys, state = replace(keys, customer=NOBODY), NEW_CUSTOMER
    known = Known(state=state, shelf=replay.ranking.shelf.now, log_offset=snapshot.offset)
    return context_of(request, keys, known, replay.ranking.reading)
