"""Catalog: items as columns. A row is this catalogue's own business; keys are what outlives it."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from shopwindow.schema.arrays import Int32, Int64, Rows
from shopwindow.schema.categories import CategoryTree


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Catalog:
    """N items sorted by the node of their primary category path, so that a subtree is one slice of rows.

    `table`: schema ITEMS, in row order (titles, offers, pictures: what people look at).
    `item_key [N]`; `category [N]`: primary node, non-decreasing; `first_seen_ms [N]`.
    `other_rows`, `other_offsets [K+1]`: for node k the sorted rows that belong to its subtree through a
    further category path only: other_rows[other_offsets[k]:other_offsets[k+1]].
    """

    table: pa.Table
    categories: CategoryTree
    item_key: Int32
    category: Int32
    first_seen_ms: Int64
    other_offsets: Int64
    other_rows: Rows

    def __len__(self) -> int:
        return len(self.item_key)

    def slice_of(self, node: int) -> tuple[int, int]:
        """First and one-past-last row of the subtree of `node` by primary category."""
        bounds = np.array([node, self.categories.end[node]], dtype=np.int32)  # other types: a copy of all N
        first, last = np.searchsorted(self.category, bounds, side="left")
        return int(first), int(last)

    def others_of(self, node: int) -> Rows:
        """Rows in the subtree of `node` by a further category path only, sorted: beside `slice_of`, never within it."""
        return self.other_rows[self.other_offsets[node] : self.other_offsets[node + 1]]

    def rows_in(self, node: int) -> Rows:
        """All rows in the subtree of `node`, by any of their category paths, each once."""
        first, last = self.slice_of(node)
        return np.concatenate([np.arange(first, last, dtype=np.int32), self.others_of(node)])

    def row_of_key(self) -> Int32:
        """[max key + 1] row of each key, -1 where this catalogue has no such item."""
        size = int(self.item_key.max(initial=-1)) + 1
        rows = np.full(size, -1, dtype=np.int32)
        rows[self.item_key] = np.arange(len(self), dtype=np.int32)
        return rows

    def rows_of(self, item_key: Int32) -> Rows:
        """[n] row of each key, -1 where this catalogue has no such item (as for key -1)."""
        row_of_key = np.append(self.row_of_key(), np.int32(-1))
        absent = len(row_of_key) - 1
        return row_of_key[np.where((item_key >= 0) & (item_key < absent), item_key, absent)]


def catalog_of(items: pa.Table, separator: str = "/") -> Catalog:
    """The catalogue of a clean item table (schema ITEMS, any order, each key once)."""
    paths: list[list[str]] = [list(each or ()) for each in items.column("categories").to_pylist()]
    tree = CategoryTree.of((path for each in paths for path in each), separator)
    node_of = tree.codes()
    nodes = [[node_of[tree.clean(path)] for path in each] for each in paths]
    primary = np.array([each[0] if each else 0 for each in nodes], dtype=np.int32)
    keys = items.column("item_key").to_numpy().astype(np.int32)
    order = np.lexsort((keys, primary))
    sorted_primary = primary[order]

    lists: list[list[int]] = [[] for _ in range(len(tree))]
    for row, place in enumerate(order):
        for node in {a for other in nodes[place][1:] for a in tree.ancestors(other)}:
            if not node <= sorted_primary[row] < tree.end[node]:
                lists[node].append(row)
    offsets = np.zeros(len(tree) + 1, dtype=np.int64)
    np.cumsum([len(each) for each in lists], out=offsets[1:])
    first_seen = items.column("first_seen_ms").fill_null(0).to_numpy().astype(np.int64)
    return Catalog(
        table=items.take(pa.array(order)),
        categories=tree,
        item_key=keys[order],
        category=sorted_primary,
        first_seen_ms=first_seen[order],
        other_offsets=offsets,
        other_rows=np.array([row for each in lists for row in each], dtype=np.int32),
    )
