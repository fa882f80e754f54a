from dataclasses import replace

import numpy as np

from shopwindow.simulation import vocabulary as words
from shopwindow.simulation.chance import Chance
from shopwindow.simulation.logging_policy import LoggingPolicy
from shopwindow.simulation.queries import TYPOS, Queries, QueryBook, misspelt, query_text
from shopwindow.simulation.schedule import plan_visits
from shopwindow.simulation.spec import DAY_MS, WorldSpec
from shopwindow.simulation.walk import HOME, SEARCH, SIMILAR, Walk, goes_on, next_asks
from shopwindow.simulation.world import Stream, World, spawn


def test_visits_lie_in_the_period_in_order_and_after_joining(world: World) -> None:
    visits = plan_visits(world, spawn(world.spec, Stream.VISITS))
    assert (np.diff(visits.start_ms) >= 0).all()
    assert visits.start_ms.min() >= world.spec.start_ms
    assert visits.start_ms.max() < world.spec.end_ms
    known = ~world.people.guest[visits.customer]
    assert (visits.start_ms >= world.people.joined_ms[visits.customer])[known].all()


def test_each_visit_is_first_of_its_day_or_follows_exactly_one(world: World) -> None:
    visits = plan_visits(world, spawn(world.spec, Stream.VISITS))
    followed = visits.next_today[visits.next_today >= 0]
    assert len(set(followed.tolist())) == len(followed)
    assert set(followed.tolist()) == set(np.flatnonzero(~visits.first_today).tolist())
    source = np.flatnonzero(visits.next_today >= 0)
    assert (visits.customer[source] == visits.customer[visits.next_today[source]]).all()
    assert (visits.start_ms[source] // DAY_MS == visits.start_ms[visits.next_today[source]] // DAY_MS).all()


def test_few_customers_make_many_visits() -> None:
    spec = WorldSpec(items=60, customers=3000)
    world = World.of(spec)
    people = world.people
    visits = np.sort(people.visits[~people.guest & ~people.bot])[::-1]
    assert visits[: len(visits) // 10].sum() > 0.25 * visits.sum()
    assert np.median(visits) < visits.mean()


def test_visits_come_back_for_the_same_thing() -> None:
    spec = WorldSpec(items=60, customers=400)
    world = World.of(spec)
    visits = plan_visits(world, spawn(spec, Stream.VISITS))
    order = np.lexsort((visits.start_ms, visits.customer))
    customer, leaf, start = visits.customer[order], visits.leaf[order], visits.start_ms[order]
    soon = (customer[1:] == customer[:-1]) & (leaf[1:] >= 0) & (np.diff(start) < DAY_MS)
    repeated = (leaf[1:] == leaf[:-1])[soon].mean()
    by_chance = (world.people.interest**2).sum(axis=1).mean()
    assert repeated > by_chance + 0.15


def test_the_next_page_of_a_list_repeats_nothing(world: World) -> None:
    visits = plan_visits(world, spawn(world.spec, Stream.VISITS))
    policy = LoggingPolicy(world, world.new_memory(), spawn(world.spec, Stream.LOGGING_POLICY))
    policy.start_day(0)
    chance = Chance.of(spawn(world.spec, Stream.LUCK))
    chosen = np.flatnonzero(visits.first_today & (visits.start_ms < world.spec.start_ms + DAY_MS))
    walk = Walk.start(visits, chosen)
    asks = next_asks(world, walk, chance)
    first = policy.pages(asks, walk.number)
    second = policy.pages(replace(asks, offset=asks.offset + world.spec.page_size), walk.number)
    again = policy.pages(asks, walk.number)
    assert np.array_equal(first.items, again.items)
    for one, two in zip(first.items.tolist(), second.items.tolist(), strict=True):
        assert not set(one) & set(two) - {-1}


def test_the_first_propensity_is_the_share_of_its_weight(world: World) -> None:
    """Over many visits that ask the same, an item comes first as often as its propensity says."""
    policy = LoggingPolicy(world, world.new_memory(), spawn(world.spec, Stream.LOGGING_POLICY))
    policy.start_day(0)
    visits = plan_visits(world, spawn(world.spec, Stream.VISITS))
    walk = Walk.start(visits, np.zeros(1, dtype=np.int64))
    asks = next_asks(world, walk, Chance.of(spawn(world.spec, Stream.LUCK)))
    number = np.arange(4000)
    pages = [policy.pages(asks, number[k : k + 1]) for k in range(4000)]
    first = np.array([page.items[0, 0] for page in pages])
    promised = {int(page.items[0, 0]): float(page.propensities[0, 0]) for page in pages}
    item, count = np.unique(first, return_counts=True)
    likeliest = int(item[count.argmax()])
    assert abs(count.max() / 4000 - promised[likeliest]) < 4 * np.sqrt(promised[likeliest] / 4000)


def test_walks_use_every_surface_and_end(world: World) -> None:
    rng, chance = spawn(world.spec, Stream.LUCK), Chance(7)
    visits = plan_visits(world, spawn(world.spec, Stream.VISITS))
    walk, surfaces, steps = Walk.start(visits, np.arange(len(visits))), set(), 0
    while len(walk):
        asks = next_asks(world, walk, chance)
        surfaces |= set(asks.surface.tolist())
        assert ((asks.surface == SIMILAR) == (asks.seed >= 0)).all()
        assert (asks.node[asks.surface == HOME] == 0).all()
        assert (world.goods.node_leaf[asks.node[asks.surface == SEARCH]] >= 0).all()
        walk.last_click = rng.integers(-1, len(world.goods), len(walk)).astype(np.int32)
        walk.pages = walk.pages + 1
        steps += 1
        walk = walk.take(goes_on(world, walk, np.zeros(len(walk), dtype=np.bool_), chance))
    assert surfaces == {0, 1, 2, 3}
    assert steps <= 40


def test_queries_read_as_people_type_them(world: World) -> None:
    boots = next(k for k, leaf in enumerate(words.LEAVES) if leaf.path == "women/shoes/boots")
    red = words.COLOUR_NAMES.index("red")
    brand = world.goods.brands.names[0].lower()
    assert query_text(world.goods, (boots, red, -1, 0, 0)) == "red ankle boots"
    assert query_text(world.goods, (boots, -1, 0, 1, 0)) == f"{brand} chelsea boots"


def test_a_slip_changes_at_most_two_letters() -> None:
    text = "black ankle boots"
    assert misspelt(text, 0) == text
    assert sorted(misspelt(text, 1)) == sorted(text)
    assert len(misspelt(text, 2)) == len(text) - 1
    assert len(misspelt(text, 3)) == len(text) + 1
    assert misspelt("cap", 2) == "cap"
    assert 0 < TYPOS < 0.2


def test_the_query_book_holds_each_text_once(world: World) -> None:
    codes = np.array([[0, 1, -1, 0, 0], [1, -1, -1, 0, 0], [0, 1, -1, 0, 0]], dtype=np.int32)
    book = QueryBook(world.goods)
    places = book.places(Queries(codes), np.array([True, False, True]))
    assert places.tolist() == [0, -1, 0]
    assert len(book.texts) == 1
