"""A price beside the prices of its category: 20 euros are dear for socks and cheap for boots."""

from itertools import accumulate
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shopwindow.schema.arrays import Float
from shopwindow.schema.catalog import Catalog

FEWEST: Final = 5


def relative_prices(catalog: Catalog, market: str) -> Float:
    """[N] log(price / median price) in this market; NaN without a price above 0 there.

    The median is that of the item's primary category with all below it or, where fewer than 5 items have a
    price there, of the nearest category above that has them; of the whole shop if none has.
    """
    log_price = np.log(_prices(catalog.table, market))
    known = ~np.isnan(log_price)
    tree = catalog.categories
    median = np.full(len(tree), np.nan)
    for node in range(len(tree)):  # parents come before children
        first, last = catalog.slice_of(node)
        here = log_price[first:last][known[first:last]]
        if len(here) >= FEWEST or (node == 0 and len(here)):
            median[node] = np.median(here)
        elif node:
            median[node] = median[tree.parent[node]]
    relative: Float = (log_price - median[catalog.category]).astype(np.float32)
    return relative


def _prices(table: pa.Table, market: str) -> Float:
    """[N] prices in minor units, NaN where this market has none above 0."""
    prices = np.full(len(table), np.nan)
    offers = table.column("offers")
    for chunk, start in zip(offers.chunks, _starts(offers), strict=True):
        flat = pc.list_flatten(chunk)
        here = pc.fill_null(pc.equal(flat.field("market"), market), False).to_numpy(zero_copy_only=False)
        price = pc.cast(flat.field("price_minor"), pa.float64()).to_numpy(zero_copy_only=False)[here]
        rows = start + pc.list_parent_indices(chunk).to_numpy(zero_copy_only=False)[here]
        prices[rows] = np.where(price > 0, price, np.nan)
    return prices


def _starts(column: pa.ChunkedArray) -> list[int]:
    """The row at which each chunk begins."""
    return [0, *accumulate(len(chunk) for chunk in column.chunks)][:-1]
