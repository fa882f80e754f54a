"""Every definition by hand, on a few events; NOW is the moment of the request."""

import math

import numpy as np
import pytest
from tests.features.windowed.counting import CART, CLICK, KINDS, NOW, counted, item_table

from shopwindow.features.windowed.counters import DAY_MS, HOUR_MS
from shopwindow.features.windowed.definitions import (
    Age,
    Candidates,
    Counts,
    Decayed,
    Definition,
    HistorySize,
    Inputs,
    Met,
    Rates,
    Recency,
    RelativePrice,
    feature_names,
    feature_values,
    windowed_features,
)
from shopwindow.features.windowed.histories import Histories
from shopwindow.features.windowed.reading import Asked
from shopwindow.features.windowed.state import WindowedState
from shopwindow.schema.shop import ShopConfig

LISTED = KINDS.index("listed")
HIDE = KINDS.index("hide")
EVENTS = [
    (NOW - 3 * DAY_MS, 0, CLICK),
    (NOW - 2 * HOUR_MS, 0, CLICK),
    (NOW - 1000, 0, CLICK),
    (NOW - 1000, 4, CLICK),  # item 4 is in item 0's category a/x, but of another brand
    (NOW - 4 * HOUR_MS, 0, CART),
    (NOW - 1000, 1, HIDE),
]


def inputs(items: list[int], history: list[int]) -> Inputs:
    """Customer 7 asks for these items after having acted on those of `history`, a second apart, the last a second ago."""
    state = WindowedState(len(KINDS))
    state.describe(item_table())
    state.add(counted(EVENTS, query=3))
    item_key = np.array([items], dtype=np.int32)
    asked = Asked(
        customer_key=np.array([7]),
        query=np.array([3], dtype=np.int32),
        surface=np.array([-1], dtype=np.int16),
        item_key=item_key,
    )
    before = np.array([history], dtype=np.int32)
    return Inputs(
        at_ms=np.array([NOW]),
        counters=state.read(asked, np.array([NOW])),
        candidates=Candidates(
            labels=state.labels(item_key),
            first_seen_ms=np.array([[NOW - 9000, 0, NOW + 5][: len(items)]]),
            relative_price=np.array([[0.5, np.nan, -1.0][: len(items)]], dtype=np.float32),
        ),
        histories=Histories(
            labels=state.labels(before),
            at_ms=NOW - 1000 * np.arange(len(history), 0, -1)[None],
            length=np.array([len(history)], dtype=np.int32),
        ),
    )


def found(
    definition: Definition, items: list[int], history: list[int] | None = None
) -> dict[str, list[float]]:
    """Name -> value per item."""
    values = feature_values([definition], inputs(items, history or []))
    return {name: values[0, :, n].tolist() for n, name in enumerate(definition.names)}


def test_counts_are_per_entity_kind_and_window() -> None:
    kinds = (("click", CLICK), ("hide", HIDE))  # not next to each other
    assert found(Counts("item", kinds, ("1h", "7d")), [0, 1]) == {
        "item.click.1h": [1, 0],
        "item.hide.1h": [0, 1],
        "item.click.7d": [3, 0],
        "item.hide.7d": [0, 1],
    }
    assert found(Counts("category", kinds[:1], ("5m", "1d", "30d")), [4]) == {
        "category.click.5m": [2],
        "category.click.1d": [3],
        "category.click.30d": [4],
    }
    assert found(Counts("brand", kinds[:1], ("30d",)), [3, 4, 2]) == {"brand.click.30d": [3, 1, 0]}
    assert found(Counts("customer", kinds[:1], ("30d",)), [5]) == {"customer.click.30d": [4]}
    assert found(Counts("query", kinds[:1], ("30d",)), [5]) == {"query.click.30d": [4]}


def test_a_decayed_count_is_halved_every_half_life() -> None:
    values = found(Decayed("item", (("cart", CART),)), [0])
    assert values["item.cart.decayed_2h"] == pytest.approx([2.0**-2], rel=1e-4)  # four hours ago
    assert values["item.cart.decayed_2d"] == pytest.approx([2.0 ** (-4 / 48)], rel=1e-4)


def test_a_rate_is_drawn_towards_the_shops_and_unknown_where_the_shop_sees_no_trials() -> None:
    rate = Rates("brand", (("cart", CART),), ("click", CLICK), ("7d",))
    shop = (1 + 20 * 0.05) / (4 + 20)
    assert found(rate, [3, 4]) == {
        "brand.cart_per_click.7d": pytest.approx([(1 + 20 * shop) / (3 + 20), (0 + 20 * shop) / (1 + 20)])
    }
    nowhere = Rates("brand", (("cart", CART),), ("listed", LISTED), ("7d",))
    assert math.isnan(found(nowhere, [3])["brand.cart_per_listed.7d"][0])


def test_recency_is_the_logarithm_of_seconds_and_unknown_without_an_event() -> None:
    values = found(Recency("item", (("click", CLICK), ("cart", CART))), [0, 1])
    assert values["item.click.since"] == pytest.approx([math.log(1 + 1), math.nan], nan_ok=True)
    assert values["item.cart.since"] == pytest.approx([math.log(1 + 4 * 3600), math.nan], nan_ok=True)


def test_age_is_unknown_without_a_first_time_and_never_negative() -> None:
    assert found(Age(), [0, 1, 2])["item.age"] == pytest.approx([math.log(1 + 9), math.nan, 0], nan_ok=True)


def test_relative_price_is_passed_on() -> None:
    expected = pytest.approx([0.5, math.nan, -1.0], nan_ok=True)
    assert found(RelativePrice(), [0, 1, 2])["item.relative_price"] == expected


def test_what_the_customer_met_before_is_counted_by_item_brand_and_category() -> None:
    # item 0: a/x, acme; item 4: a/x, bolt; item 2: b, no brand; item 3: the whole shop, acme
    values = found(Met(), [0, 2, -1], history=[0, 4, 0, 3])
    assert values["item.met"] == [2, 0, 0]
    assert values["item.met_since"] == pytest.approx([math.log(1 + 2), math.nan, math.nan], nan_ok=True)
    assert values["brand.met"] == [3, 0, 0]
    assert values["brand.met_since"] == pytest.approx([math.log(1 + 1), math.nan, math.nan], nan_ok=True)
    assert values["category.met"] == [3, 0, 0]
    assert values["category.met_since"] == pytest.approx([math.log(1 + 2), math.nan, math.nan], nan_ok=True)


def test_the_size_of_the_history_counts_actions_and_distinct_items() -> None:
    values = found(HistorySize(), [0, 1], history=[0, 4, 0, 3])
    assert values == {"customer.actions": [4, 4], "customer.distinct_items": [3, 3]}


@pytest.mark.parametrize(
    "shop", [ShopConfig(name="usual"), ShopConfig(name="one", actions=ShopConfig(name="x").actions[3:4])]
)
def test_the_usual_features_have_one_name_each(shop: ShopConfig) -> None:
    assert all(each.names for each in windowed_features(shop))
    names = feature_names(windowed_features(shop))
    assert len(names) == len(set(names))
    assert {"item.impression.5m", "item.age", "customer.purchase.since", "category.met"} <= set(names)
