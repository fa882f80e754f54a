import math

import numpy as np
import pyarrow as pa
import pytest

from shopwindow.features.windowed.prices import relative_prices
from shopwindow.schema.catalog import catalog_of
from shopwindow.schema.items import ITEMS


def relative(prices: list[tuple[str, int | None]], market: str = "de") -> dict[int, float]:
    """Item key -> relative price, of items given as (category, price in the market de)."""
    rows = [
        {
            "item_key": key,
            "item_id": str(key),
            "categories": [path],
            "offers": [{"market": "fr", "price_minor": 999}, {"market": "de", "price_minor": price}],
        }
        for key, (path, price) in enumerate(prices)
    ]
    table = pa.Table.from_pylist([{name: row.get(name) for name in ITEMS.names} for row in rows], ITEMS)
    catalog = catalog_of(table)
    found = relative_prices(catalog, market)
    return dict(zip(catalog.item_key.tolist(), found.tolist(), strict=True))


def test_a_price_is_compared_with_the_median_of_its_category() -> None:
    found = relative([("socks", price) for price in (100, 200, 400, 800, 1600)] + [("boots", 10_000)] * 5)
    assert found[0] == pytest.approx(math.log(100 / 400))
    assert found[3] == pytest.approx(math.log(800 / 400))
    assert found[5] == pytest.approx(0)


def test_a_category_with_fewer_than_five_prices_uses_the_one_above_it() -> None:
    found = relative(
        [("a/x", 100), ("a/y", 100), ("a/y", 100), ("a/y", 400), ("a/y", 400), ("a", 100), ("b", 1)]
    )
    assert found[0] == pytest.approx(0)  # the median of a and all below it is 100
    assert found[3] == pytest.approx(math.log(4))


def test_an_item_without_a_price_in_the_market_has_none() -> None:
    found = relative([("a", None), ("a", 0), ("a", 5)])
    assert [math.isnan(found[key]) for key in range(3)] == [True, True, False]
    assert np.isnan(list(relative([("a", 5)], market="nowhere").values())).all()
