"""What imported pages and impressions say was shown, for windowed counters: clicks per impression need impressions."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shopwindow.config import ShopDirectory
from shopwindow.datasets.build_columns import counted
from shopwindow.datasets.opt_outs import customers_of
from shopwindow.features.journey import hashed
from shopwindow.features.windowed.events import IMPRESSION, LISTED, CountedEvents, kinds
from shopwindow.ingest.tables import read_impressions, read_pages
from shopwindow.schema.arrays import Int16, Int32, Int64
from shopwindow.schema.live import NOBODY
from shopwindow.schema.shop import ShopConfig


def load_exposures(shop_dir: ShopDirectory, shop: ShopConfig) -> tuple[CountedEvents, CountedEvents]:
    """Everything that was listed on imported pages, and everything that came into view; often neither is known."""
    customers = customers_of(shop_dir)
    return (
        listed(counted(read_pages(shop_dir), customers), shop),
        in_view(counted(read_impressions(shop_dir), customers), shop),
    )


def listed(pages: pa.Table, shop: ShopConfig) -> CountedEvents:
    """One event per item of each page (schema PAGES), at the page's time."""
    pages = pages.combine_chunks()
    items = pages.column("items")
    sizes = pc.fill_null(pc.list_value_length(items), 0).to_numpy()
    page = np.repeat(np.arange(len(pages)), sizes)
    place = {name: code for code, name in enumerate(shop.surface_names)}
    return CountedEvents(
        at_ms=pages.column("at_ms").to_numpy()[page],
        item_key=pc.fill_null(pc.list_flatten(items), -1).to_numpy().astype(np.int32),
        customer_key=_customers(pages)[page],
        kind=np.full(len(page), kinds(shop).index(LISTED), dtype=np.uint8),
        query=_coded(pages, "query", hashed).astype(np.int32)[page],
        surface=_coded(pages, "surface", lambda name: place.get(name, -1)).astype(np.int16)[page],
    )


def in_view(impressions: pa.Table, shop: ShopConfig) -> CountedEvents:
    """Impressions (schema IMPRESSIONS), which know no query and no surface."""
    unknown: Int16 = np.full(len(impressions), -1, dtype=np.int16)
    return CountedEvents(
        at_ms=impressions.column("at_ms").to_numpy(),
        item_key=pc.fill_null(impressions.column("item_key"), -1).to_numpy().astype(np.int32),
        customer_key=_customers(impressions),
        kind=np.full(len(impressions), kinds(shop).index(IMPRESSION), dtype=np.uint8),
        query=unknown.astype(np.int32),
        surface=unknown,
    )


def _customers(table: pa.Table) -> Int64:
    keys: Int64 = pc.fill_null(table.column("customer_key"), NOBODY).to_numpy()
    return keys


def _coded(table: pa.Table, name: str, code: Any) -> Int32:
    """A text column through a function of its distinct values, null as -1."""
    values = pc.drop_null(pc.unique(table.column(name)))
    codes = pc.index_in(table.column(name), value_set=values).fill_null(-1).to_numpy()
    coded: Int32 = np.array([*(code(value) for value in values.to_pylist()), -1])[codes]
    return coded
