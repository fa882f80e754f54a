"""Columns that filters and policies read, beside every index: offers per market, facets. R = rows incl. the live tail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shopwindow.schema.arrays import Bool, Int32, Int64

NO_PRICE: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Offers:
    """One market. `offered [R]`: may be shown there; `sellable [R]`: and is in stock; `price_minor [R]`, -1 = not known."""

    offered: Bool
    sellable: Bool
    price_minor: Int64

    def copy(self) -> "Offers":
        """To be changed before it is shared."""
        return Offers(
            offered=self.offered.copy(), sellable=self.sellable.copy(), price_minor=self.price_minor.copy()
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Facet:
    """A property with few values. `codes [R]`, -1 = none; `code_of`: value -> code."""

    codes: Int32
    code_of: Mapping[str, int]

    def with_value(self, row: int, value: str | None) -> "Facet":
        """With `value` at `row`; a value never seen gets the next code. `codes` must be the caller's own copy."""
        code_of = self.code_of
        if value is not None and value not in code_of:
            code_of = {**code_of, value: len(code_of)}
        self.codes[row] = -1 if value is None else code_of[value]
        return Facet(codes=self.codes, code_of=code_of)

    def mask(self, values: Sequence[str], at: slice | Int32) -> Bool:
        """Which of the rows `at` have one of these values."""
        wanted = np.array([self.code_of[value] for value in values if value in self.code_of], dtype=np.int32)
        codes = self.codes[at]
        mask: Bool = codes == wanted[0] if len(wanted) == 1 else np.isin(codes, wanted)
        return mask


def offers_of(table: pa.Table, markets: Sequence[str], extra: int) -> dict[str, Offers]:
    """Offers per market of an ITEMS table, with `extra` empty rows after it.

    An item without any offer has no counted stock and no market: it is always available everywhere.
    """
    count = len(table)
    column = table.column("offers").combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    sizes = pc.list_value_length(column).fill_null(0).to_numpy(zero_copy_only=False)
    parent = pc.list_parent_indices(column).to_numpy(zero_copy_only=False)
    flat = pc.list_flatten(column)
    market = flat.field("market")
    price = flat.field("price_minor").fill_null(NO_PRICE).to_numpy(zero_copy_only=False)
    stock = flat.field("stock").fill_null(1).to_numpy(zero_copy_only=False)
    found = {}
    for code in markets:
        offered = np.zeros(count + extra, dtype=np.bool_)
        offered[:count] = sizes == 0
        sellable = offered.copy()
        prices = np.full(count + extra, NO_PRICE, dtype=np.int64)
        here = pc.equal(market, code).fill_null(False).to_numpy(zero_copy_only=False)
        rows = parent[here]
        offered[rows], sellable[rows], prices[rows] = True, stock[here] > 0, price[here]
        found[code] = Offers(offered=offered, sellable=sellable, price_minor=prices)
    return found


def facet_of(column: pa.ChunkedArray, extra: int) -> Facet:
    """A facet of a text column, with `extra` empty rows after it."""
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    codes = np.full(len(column) + extra, -1, dtype=np.int32)
    codes[: len(column)] = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    values = encoded.dictionary.to_pylist()
    return Facet(codes=codes, code_of={value: code for code, value in enumerate(values)})


def attribute_facet(column: pa.ChunkedArray, name: str, extra: int) -> Facet:
    """The facet of one key of the attributes map."""
    return facet_of(
        pa.chunked_array([pc.map_lookup(each, name, "first") for each in column.chunks], pa.string()), extra
    )
