"""What imported pages and impressions say was shown, for windowed counters: clicks per impression need impressions."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shopwindow.config import ShopDirectory
from shopwindow.datasets.build_columns import counted
from shopwindow.datasets.pages import PageTables, read_page_tables
from shopwindow.datasets.text_codes import text_codes
from shopwindow.features.journey import hashed
from shopwindow.features.windowed.events import IMPRESSION, LISTED, CountedEvents, kinds
from shopwindow.ingest.tables import read_pages
from shopwindow.schema.arrays import Int16, Int64
from shopwindow.schema.live import NOBODY
from shopwindow.schema.shop import ShopConfig


def load_exposures(shop_dir: ShopDirectory, shop: ShopConfig) -> tuple[CountedEvents, ...]:
    """What was imported; () where no page was."""
    return exposures_of(read_page_tables(shop_dir), shop) if read_pages(shop_dir).num_rows else ()


def exposures_of(tables: PageTables, shop: ShopConfig) -> tuple[CountedEvents, CountedEvents]:
    """Everything that was listed on pages, and everything that came into view; often neither is known."""
    pages, impressions = (counted(each, tables.customers) for each in (tables.pages, tables.impressions))
    return listed(pages, shop), in_view(impressions, shop)


def listed(pages: pa.Table, shop: ShopConfig) -> CountedEvents:
    """One event per item of each page (schema PAGES), at the page's time."""
    pages = pages.combine_chunks()
    items = pages.column("items")
    sizes = pc.fill_null(pc.list_value_length(items), 0).to_numpy()
    page = np.repeat(np.arange(len(pages)), sizes)
    code_of = {name: code for code, name in enumerate(shop.surface_names)}
    surface = text_codes(pages.column("surface"), lambda name: code_of.get(name, -1))
    return CountedEvents(
        at_ms=pages.column("at_ms").to_numpy()[page],
        item_key=pc.fill_null(pc.list_flatten(items), -1).to_numpy().astype(np.int32),
        customer_key=_customers(pages)[page],
        kind=np.full(len(page), kinds(shop).index(LISTED), dtype=np.uint8),
        query=text_codes(pages.column("query"), hashed)[page],
        surface=surface.astype(np.int16)[page],
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
