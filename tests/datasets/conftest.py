"""A small shop written by hand: rows in, data set out."""

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pytest

from shopwindow.datasets.columns import columns_from_table
from shopwindow.datasets.dataset import Dataset, dataset_of
from shopwindow.schema.catalog import catalog_of
from shopwindow.schema.events import ACTIONS, CUSTOMERS
from shopwindow.schema.items import ITEMS
from shopwindow.schema.shop import ShopConfig

SHOP = ShopConfig(name="small", time_zone="Europe/Berlin")


def table(rows: Sequence[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema)


def action_table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    return table([{"action": "click", "session": 0} | row for row in rows], ACTIONS)


def customer_table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    return table(rows, CUSTOMERS)


def small_catalog_table(num_items: int = 6) -> pa.Table:
    """Items 0, 1 in a/x, 2, 3 in a/y, 4, 5 in b; item 5 is also in a/x."""
    paths = [["a/x"], ["a/x"], ["a/y"], ["a/y"], ["b"], ["b", "a/x"]]
    rows = [
        {"item_key": key, "item_id": f"i{key}", "categories": paths[key % 6], "first_seen_ms": 0}
        for key in range(num_items)
    ]
    return table(rows, ITEMS)


@pytest.fixture(scope="session")
def actions() -> Callable[[Sequence[dict[str, Any]]], pa.Table]:
    return action_table


@pytest.fixture(scope="session")
def customers() -> Callable[[Sequence[dict[str, Any]]], pa.Table]:
    return customer_table


@pytest.fixture(scope="session")
def shop() -> ShopConfig:
    return SHOP


@pytest.fixture(scope="session")
def make_dataset() -> Callable[[Sequence[dict[str, Any]]], Dataset]:
    """Rows of actions -> data set over the small catalogue of six items."""

    def make(rows: Sequence[dict[str, Any]]) -> Dataset:
        columns = columns_from_table(action_table(rows), None, SHOP)
        return dataset_of(SHOP, columns, catalog_of(small_catalog_table()))

    return make
