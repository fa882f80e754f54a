import random
from pathlib import Path

from msgspec.structs import replace
from tests.serving.tiny_shop import NOW_MS, TinySpec, make_shop

from shopwindow.config import ShopDirectory
from shopwindow.release.bundle import load_release
from shopwindow.release.registry import active_path
from shopwindow.replay.pages import Replay, ReplayReport, replay_pages
from shopwindow.schema.live import ActionEvent, ItemEvent, Offer
from shopwindow.schema.request import Filters, RankRequest
from shopwindow.serving.assembly import ShopRuntime, history_of, open_runtime, ranking_of
from shopwindow.serving.trace import Trace
from shopwindow.stream.event_log import record_of
from shopwindow.stream.sqlite_log import SqliteReader

NUM_ITEMS = 60


def replayed(directory: ShopDirectory, limit: int = 1000) -> ReplayReport:
    release = load_release(active_path(directory))
    log = SqliteReader(directory.state / "log.sqlite")
    what = Replay(log=log, history=history_of(directory), ranking=ranking_of(release))
    return replay_pages(what, limit)


def ask(runtime: ShopRuntime, request: RankRequest) -> None:
    assert runtime.ranking is not None
    ranked = runtime.ranking.rank(request, runtime.lookups, runtime.store, Trace(clock=lambda: 0.0))
    assert runtime.pages.note(runtime.ranking.page_event(ranked), request.customer)


def random_request(rng: random.Random, number: int) -> RankRequest:
    surface = rng.choice(["home", "browse", "search", "similar"])
    return RankRequest(
        request_id=f"page-{number}",
        surface=surface,
        at_ms=NOW_MS + 1000 * number,
        k=rng.choice([1, 5, 24, 100]),
        customer=rng.choice([None, "anna", "ben", f"guest-{number}"]),
        category=rng.choice([None, "women", "women/shoes", "men/shoes"]),
        query=rng.choice([None, "red boots"]),
        seed_item=f"item-{rng.randrange(NUM_ITEMS)}" if surface == "similar" else None,
        market=rng.choice([None, "de", "ch"]),
        country=rng.choice([None, "DE"]),
        device=rng.choice([None, "phone"]),
        filters=rng.choice(
            [Filters(), Filters(brands=("brand-1", "brand-2")), Filters(max_price_minor=1040)]
        ),
        exclude=tuple(f"item-{rng.randrange(NUM_ITEMS)}" for _ in range(rng.randrange(3))),
        variant=rng.choice(["default", "default", "popular"]),
    )


def random_change(rng: random.Random, runtime: ShopRuntime, number: int) -> None:
    """A click, purchase or hide; now and then a price, a move, a new item."""
    at_ms = NOW_MS + 1000 * number
    key = rng.randrange(NUM_ITEMS)
    if rng.random() < 0.2:
        fresh = rng.random() < 0.5
        item_id = f"fresh-{number}" if fresh else f"item-{key}"
        offer = Offer(market="de", price_minor=rng.randrange(900, 1100), stock=rng.randrange(3))
        event: ItemEvent | ActionEvent = ItemEvent(
            item_key=int(runtime.identity.item_keys([item_id])[0]),
            item_id=item_id,
            at_ms=at_ms,
            title=f"thing {number}",
            brand="brand-1",
            categories=(rng.choice(["women/shoes", "men/hats"]),),
            offers=(offer,),
        )
    else:
        customer = rng.choice(["anna", "ben"])
        event = ActionEvent(
            event_id=f"event-{number}",
            at_ms=at_ms,
            customer_key=int(runtime.identity.customer_keys([customer])[0]),
            item_key=key,
            action=rng.choice(["click", "click", "click", "purchase", "hide"]),
            surface="browse",
            category="women",
        )
    runtime.keeper.submit([record_of(event)]).result()


def visit(directory: ShopDirectory, seed: int, first: int, steps: int) -> None:
    rng = random.Random(seed)
    runtime = open_runtime(directory)
    for number in range(first, first + steps):
        if rng.random() < 0.5:
            ask(runtime, random_request(rng, number))
        else:
            random_change(rng, runtime, number)
    runtime.close()


def test_served_pages_come_out_the_same_from_the_log(tmp_path: Path) -> None:
    directory = make_shop(tmp_path, TinySpec(num_items=NUM_ITEMS, sold_out=(7, 8)))
    visit(directory, seed=1, first=0, steps=150)
    visit(
        directory, seed=2, first=150, steps=150
    )  # after a restart: state from its store, shelf from live items
    report = replayed(directory)
    assert report.compared > 100
    assert report.differences == []
    assert report.identical == report.compared
    assert report.largest_score_gap == 0.0
    assert report.skipped == {}


def test_replay_would_see_a_page_that_was_made_otherwise(tmp_path: Path) -> None:
    directory = make_shop(tmp_path, TinySpec(num_items=NUM_ITEMS))
    runtime = open_runtime(directory)
    assert runtime.ranking is not None
    request = RankRequest(request_id="r", surface="home", at_ms=NOW_MS, customer="anna")
    ranked = runtime.ranking.rank(request, runtime.lookups, runtime.store, Trace(clock=lambda: 0.0))
    honest = runtime.ranking.page_event(ranked)
    swapped = replace(honest, items=(honest.items[1], honest.items[0], *honest.items[2:]))
    runtime.keeper.note([record_of(swapped), record_of(honest)])
    runtime.close()
    report = replayed(directory)
    assert (report.compared, report.identical) == (2, 1)
    assert report.differences[0].logged == swapped.items


def test_pages_of_another_release_and_degraded_ones_are_counted_not_compared(tmp_path: Path) -> None:
    directory = make_shop(tmp_path, TinySpec(num_items=NUM_ITEMS))
    runtime = open_runtime(directory)
    assert runtime.ranking is not None
    request = RankRequest(request_id="r", surface="home", at_ms=NOW_MS)
    ranked = runtime.ranking.rank(request, runtime.lookups, runtime.store, Trace(clock=lambda: 0.0))
    page = runtime.ranking.page_event(ranked)
    other, less = replace(page, release="0" * 16), replace(page, degraded=("two-tower:failed",))
    runtime.keeper.note([record_of(each) for each in (page, other, less)])
    runtime.close()
    report = replayed(directory)
    assert (report.compared, report.identical) == (1, 1)
    assert report.skipped == {"another release": 1, "degraded": 1}
