"""What several stages' tests need: where the real data lies, where a browser lies."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import settings

from shopwindow.datasets.build_columns import columns_from_table
from shopwindow.datasets.dataset import Dataset, dataset_of
from shopwindow.datasets.pages import PageTables
from shopwindow.schema.catalog import catalog_of
from shopwindow.schema.events import ACTIONS, CUSTOMERS, IMPRESSIONS, PAGES
from shopwindow.schema.items import ITEMS
from shopwindow.schema.shop import ShopConfig

ROOT = Path(__file__).resolve().parent.parent
settings.register_profile("untimed", deadline=None)  # a busy machine is no failure
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets; tests that need it skip where it is absent."""
    place = Path(os.environ.get("SHOPWINDOW_DATA", ROOT.parent / "shared" / "data"))
    if not place.is_dir():
        pytest.skip(
            "real data is not here: set SHOPWINDOW_DATA to a folder with ml-1m, taobao-slice and others"
        )
    return place


SMALL_SHOP = ShopConfig(name="small", time_zone="Europe/Berlin")


def rows_as(rows: Sequence[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema)


def action_rows(rows: Sequence[dict[str, Any]]) -> pa.Table:
    return rows_as([{"action": "click", "session": 0} | row for row in rows], ACTIONS)


def customer_rows(rows: Sequence[dict[str, Any]]) -> pa.Table:
    return rows_as(rows, CUSTOMERS)


def small_catalog_table(num_items: int = 6) -> pa.Table:
    """Items 0, 1 in a/x, 2, 3 in a/y, 4, 5 in b; item 5 is also in a/x."""
    paths = [["a/x"], ["a/x"], ["a/y"], ["a/y"], ["b"], ["b", "a/x"]]
    rows = [
        {"item_key": key, "item_id": f"i{key}", "categories": paths[key % 6], "first_seen_ms": 0}
        for key in range(num_items)
    ]
    return rows_as(rows, ITEMS)


BRAND_ITEMS = 24


def brand_tables(num_customers: int, num_pages: int) -> PageTables:
    """Everybody clicks what is of a brand of their own, and buys half of it; pages of six in random order, ten minutes apart.

    Item k of 24 is of brand k % 3; odd ones are bought.
    """
    rng = np.random.default_rng(1)
    liked = rng.integers(0, 3, num_customers)
    pages, actions = [], []
    for n in range(num_pages):
        customer, at_ms = int(rng.integers(num_customers)), (n + 1) * 600_000
        shown = rng.permutation(BRAND_ITEMS)[:6].tolist()
        common = {"customer_key": customer, "surface": "home", "page_id": f"p{n}"}
        pages.append(common | {"at_ms": at_ms, "items": shown})
        for item in (each for each in shown if each % 3 == liked[customer]):
            actions.append(common | {"at_ms": at_ms + 1, "item_key": item, "action": "click"})
            if item % 2:
                actions.append(common | {"at_ms": at_ms + 2, "item_key": item, "action": "purchase"})
    return PageTables(
        pages=rows_as(pages, PAGES),
        impressions=rows_as([], IMPRESSIONS),
        actions=action_rows(actions),
        customers=customer_rows([]),
    )


def brand_dataset(tables: PageTables) -> Dataset:
    """The data set of `brand_tables`."""
    items = [
        {"item_key": key, "item_id": f"i{key}", "brand": f"b{key % 3}", "categories": ["all"], "first_seen_ms": 0}
        for key in range(BRAND_ITEMS)
    ]  # fmt: skip
    shop = ShopConfig(name="brands")
    return dataset_of(shop, columns_from_table(tables.actions, None, shop), catalog_of(rows_as(items, ITEMS)))


@pytest.fixture(scope="session")
def action_table() -> Callable[[Sequence[dict[str, Any]]], pa.Table]:
    return action_rows


@pytest.fixture(scope="session")
def customer_table() -> Callable[[Sequence[dict[str, Any]]], pa.Table]:
    return customer_rows


@pytest.fixture(scope="session")
def small_shop() -> ShopConfig:
    return SMALL_SHOP


@pytest.fixture(scope="session")
def make_dataset() -> Callable[[Sequence[dict[str, Any]]], Dataset]:
    """Rows of actions -> data set over the small catalogue of six items."""

    def make(rows: Sequence[dict[str, Any]]) -> Dataset:
        columns = columns_from_table(action_rows(rows), None, SMALL_SHOP)
        return dataset_of(SMALL_SHOP, columns, catalog_of(small_catalog_table()))

    return make
