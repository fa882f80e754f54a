from dataclasses import replace

import numpy as np
import pytest

from shopwindow.simulation import vocabulary as words
from shopwindow.simulation.arrays import Real, Whole
from shopwindow.simulation.choice import Situation
from shopwindow.simulation.looking import DEPTH, NOTICED_FIRST
from shopwindow.simulation.memory import Memory
from shopwindow.simulation.world import World

BOOTS = next(k for k, leaf in enumerate(words.LEAVES) if leaf.path == "women/shoes/boots")
JEANS = next(k for k, leaf in enumerate(words.LEAVES) if leaf.path == "women/clothing/jeans")


def situation(
    customers: Whole, leaf: int = -1, colour: int = -1, seed: int = -1, day: float = 1.0
) -> Situation:
    size = len(customers)
    return Situation(
        customer=customers,
        day=np.full(size, day, dtype=np.float32),
        surface=np.ones(size, dtype=np.int16),
        device=np.zeros(size, dtype=np.int16),
        leaf=np.full(size, leaf, dtype=np.int16),
        colour=np.full(size, colour, dtype=np.int16),
        seed=np.full(size, seed, dtype=np.int32),
    )


def everyone(world: World) -> Whole:
    return np.arange(len(world.people), dtype=np.int32)


def same_items(world: World, items: Whole) -> Whole:
    return np.tile(items.astype(np.int32), (len(world.people), 1))


def with_price(world: World, factor: float) -> World:
    goods = replace(world.goods, price=world.goods.price * factor)
    return replace(world, goods=goods, tables=replace(world.tables, goods=goods))


def values(world: World, memory: Memory | None = None, **about: int) -> Real:
    items = same_items(world, np.arange(20))
    return world.utility(situation(everyone(world), **about), items, memory)


def test_a_higher_price_lowers_the_value_for_everyone(world: World) -> None:
    assert (values(with_price(world, 1.5)) < values(world)).mean() > 0.94


def test_prices_within_ease_cost_little_and_prices_above_cost_more_and_more(world: World) -> None:
    low, mid, high = (values(with_price(world, factor)).mean() for factor in (0.7, 1.4, 2.8))
    assert (mid - high) > 1.5 * (low - mid) > 0


def test_a_tight_wallet_is_a_wall(world: World) -> None:
    poor = replace(world.people, wallet=np.full_like(world.people.wallet, 16.0))
    rich = replace(world.people, wallet=np.full_like(world.people.wallet, 1e6))
    with_poor, with_rich = (replace(world, tables=replace(world.tables, people=p)) for p in (poor, rich))
    fall = values(with_rich) - values(with_poor)
    dear = world.goods.price[:20] > 40
    assert fall[:, dear].min() > 3.5  # 1.4 times a wall of 3


def test_those_who_mind_prices_more_value_dear_goods_less(world: World) -> None:
    keen = replace(world.people, sensitivity=world.people.sensitivity * 2)
    careful = replace(world, tables=replace(world.tables, people=keen))
    assert (values(careful) <= values(world)).all()


def test_the_purpose_of_a_visit_outweighs_taste(world: World) -> None:
    boots, other = (np.flatnonzero(world.goods.leaf == leaf)[:3] for leaf in (BOOTS, JEANS))
    about = situation(everyone(world), leaf=BOOTS)
    wanted = world.attraction(about, same_items(world, boots)).mean(axis=1)
    unwanted = world.attraction(about, same_items(world, other)).mean(axis=1)
    assert (wanted > unwanted).mean() > 0.85


def test_a_wanted_colour_lifts_goods_of_that_colour_only(world: World) -> None:
    items = same_items(world, np.arange(40))
    colour = int(world.goods.colour[0])
    plain = world.attraction(situation(everyone(world)), items)
    lifted = world.attraction(situation(everyone(world), colour=colour), items) - plain
    same = world.goods.colour[:40] == colour
    assert lifted[:, same].min() == pytest.approx(1.2, abs=1e-4)
    assert lifted[:, ~same].max() == pytest.approx(-0.5, abs=1e-4)


def test_who_bought_lately_wants_the_category_less_and_what_goes_with_it_more(world: World) -> None:
    jeans, boots = (np.flatnonzero(world.goods.leaf == leaf)[:1] for leaf in (JEANS, BOOTS))
    customers, memory = everyone(world), world.new_memory()
    bought = np.full(len(customers), jeans[0], dtype=np.int32)
    before = [world.attraction(situation(customers), same_items(world, each)) for each in (jeans, boots)]
    memory.bought(
        customers,
        bought,
        world.goods.leaf[bought],
        price=np.zeros(len(customers)),
        day=np.zeros(len(customers)),
    )
    after = [
        world.attraction(situation(customers), same_items(world, each), memory) for each in (jeans, boots)
    ]
    assert (after[0] - before[0]).max() < -5  # the very item: satiated and owned
    assert (after[1] - before[1]).min() > 0.5  # boots go with jeans
    later = world.attraction(situation(customers, day=120.0), same_items(world, jeans), memory)
    never = world.attraction(situation(customers, day=120.0), same_items(world, jeans))
    assert later - never == pytest.approx(-3.0, abs=0.05)  # owned for good, no longer satiated


def test_loyalty_counts_for_good_quality_and_hardly_for_bad(world: World) -> None:
    def gain(quality: float) -> float:
        goods = replace(world.goods, quality=np.full_like(world.goods.quality, quality))
        favourite = np.full_like(world.people.favourites, -1)
        loyal = favourite.copy()
        loyal[:, 0] = world.goods.brand[0]
        tables = [
            replace(world.tables, goods=goods, people=replace(world.people, favourites=f))
            for f in (favourite, loyal)
        ]
        without, with_it = (values(replace(world, tables=each))[:, 0].mean() for each in tables)
        return float(with_it - without)

    assert gain(2.0) > 4 * gain(-2.0) > 0


def test_one_disliked_trait_spoils_what_the_others_promise(world: World) -> None:
    """Looks are no sum: what a better colour adds depends on how well the style fits."""
    items = same_items(world, np.arange(20))
    drab, bright = (
        replace(world.people, colours=np.full_like(world.people.colours, level)) for level in (0.1, 0.9)
    )

    def gain(style: float) -> float:
        goods = replace(world.goods, style=np.full_like(world.goods.style, style))
        tables = [replace(world.tables, goods=goods, people=people) for people in (drab, bright)]
        low, high = (replace(world, tables=t).attraction(situation(everyone(world)), items) for t in tables)
        return float((high - low).mean())

    assert gain(0.9) > 1.8 * gain(0.02)


def test_the_truth_is_no_dot_product_of_short_vectors(world: World) -> None:
    """A model of d numbers per customer and item makes tables of rank d; the truth has no such d that is small."""
    table = world.utility(situation(everyone(world)), same_items(world, np.arange(len(world.goods))))
    table = table - table.mean(axis=0) - table.mean(axis=1, keepdims=True)
    singular = np.linalg.svd(table, compute_uv=False)
    left_over = 1.0 - np.cumsum(singular**2) / (singular**2).sum()
    assert left_over[15] > 0.03
    assert (singular > 1e-3 * singular[0]).sum() > 0.8 * min(table.shape)


def test_the_oracle_puts_the_highest_expected_gain_first(world: World) -> None:
    about, items = situation(everyone(world)), same_items(world, np.arange(20))
    gain = np.take_along_axis(world.expected_gain(about, items), world.oracle(about, items), axis=1)
    assert (np.diff(gain, axis=1) <= 0).all()
    assert (gain[:, 0] > gain.mean(axis=1)).all()


def test_a_situation_counts_days_from_the_start_of_the_world(world: World) -> None:
    customers = everyone(world)[:2]
    about = world.situation(
        customers,
        world.spec.start_ms + np.array([0, 36 * 3_600_000]),
        np.zeros(2, dtype=int),
        np.array([-1, BOOTS]),
    )
    assert about.day.tolist() == [0.0, 1.5]
    assert world.utility(about, np.zeros((2, 3), dtype=int)).shape == (2, 3)


def test_every_surface_and_device_has_a_depth() -> None:
    assert DEPTH.shape == (len(words.SURFACES), len(words.DEVICES))
    assert len(NOTICED_FIRST) == len(words.DEVICES)


def test_examination_falls_with_position_and_faster_on_a_phone(world: World) -> None:
    positions = np.arange(24)
    phone, desk = (world.examination("browse", device, positions) for device in ("mobile", "desktop"))
    assert (np.diff(phone) < 0).all()
    assert (np.diff(desk) < 0).all()
    assert phone[20] / phone[0] < desk[20] / desk[0]


def test_memory_keeps_the_last_clicks_of_each_customer_in_order() -> None:
    memory = Memory.empty(2, 5)
    memory.clicked(np.array([0, 1, 0]), np.array([7, 8, 9]), np.array([1, 2, 3]))
    assert memory.recent[0, :2].tolist() == [7, 9]
    assert memory.recent[1, 0] == 8
    assert memory.last_leaf.tolist() == [3, 2]
    memory.clicked(np.zeros(12, dtype=np.int64), np.arange(100, 112), np.zeros(12, dtype=np.int64))
    assert sorted(memory.recent[0].tolist()) == list(range(100, 112))


def test_money_spent_fades_over_a_month() -> None:
    memory = Memory.empty(1, 5)
    one = np.zeros(1, dtype=np.int64)
    memory.bought(one, one, one, price=np.array([50.0]), day=np.array([0.0]))
    memory.bought(one, one, one, price=np.array([30.0]), day=np.array([0.0]))
    assert memory.spent_lately(one, np.array([0.0])) == pytest.approx(80.0)
    assert memory.spent_lately(one, np.array([30.0])) == pytest.approx(80.0 / np.e, rel=1e-5)
