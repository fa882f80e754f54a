"""The catalogue snapshot of a release: one Arrow file and a few arrays, all memory-mapped."""

import json
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from shopwindow.errors import ReleaseError
from shopwindow.release.arrays import read_array, write_array
from shopwindow.schema.catalog import Catalog
from shopwindow.schema.categories import CategoryTree
from shopwindow.schema.items import ITEMS

TABLE: Final = "catalog.arrow"
CATEGORIES: Final = "categories.json"


def write_catalog(catalog: Catalog, into: Path) -> None:
    """Save the catalogue, its rows in their order."""
    table = catalog.table.combine_chunks()
    with pa.OSFile(str(into / TABLE), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    tree = {"separator": catalog.categories.separator, "paths": list(catalog.categories.paths)}
    (into / CATEGORIES).write_text(json.dumps(tree, ensure_ascii=False), encoding="utf-8")
    write_array(into / "item_key.npy", catalog.item_key, np.int32)
    write_array(into / "category.npy", catalog.category, np.int32)
    write_array(into / "first_seen_ms.npy", catalog.first_seen_ms, np.int64)
    write_array(into / "other_offsets.npy", catalog.other_offsets, np.int64)
    write_array(into / "other_rows.npy", catalog.other_rows, np.int32)
    write_array(into / "row_of_key.npy", catalog.row_of_key(), np.int32)


def read_catalog(directory: Path, num_items: int) -> Catalog:
    """The catalogue that `write_catalog` saved.

    Raises:
        ReleaseError: a file is not readable, or they do not fit one another.
    """
    table = _read_table(directory / TABLE)
    if table.num_rows != num_items:
        raise ReleaseError(
            f"{TABLE} has {table.num_rows} items, expected {num_items}: files of different releases are mixed"
        )
    tree = _read_tree(directory / CATEGORIES)
    catalog = Catalog(
        table=table,
        categories=tree,
        item_key=read_array(directory / "item_key.npy", np.int32, (num_items,)),
        category=read_array(directory / "category.npy", np.int32, (num_items,)),
        first_seen_ms=read_array(directory / "first_seen_ms.npy", np.int64, (num_items,)),
        other_offsets=read_array(directory / "other_offsets.npy", np.int64, (len(tree) + 1,)),
        other_rows=read_array(directory / "other_rows.npy", np.int32, (-1,)),
    )
    _check(catalog)
    return catalog


def _check(catalog: Catalog) -> None:
    keys = catalog.table.column("item_key").to_numpy()
    if not np.array_equal(keys, catalog.item_key):
        raise ReleaseError(f"item_key.npy and {TABLE} name different items: files of releases are mixed")
    if catalog.category[-1] >= len(catalog.categories) or np.any(np.diff(catalog.category) < 0):
        raise ReleaseError(f"category.npy does not fit {CATEGORIES}: rows are not sorted by its nodes")
    bounds, others = catalog.other_offsets, catalog.other_rows
    if bounds[0] != 0 or bounds[-1] != len(others) or np.any(np.diff(bounds) < 0):
        raise ReleaseError("other_offsets.npy does not fit other_rows.npy")
    if len(others) and (others.min() < 0 or others.max() >= len(catalog)):
        raise ReleaseError(f"other_rows.npy names rows beyond the {len(catalog)} items")


def _read_table(path: Path) -> pa.Table:
    try:
        table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    except (pa.ArrowInvalid, OSError) as error:
        raise ReleaseError(f"{path.name} is not an Arrow file: {error}") from error
    if table.schema.names != ITEMS.names:
        raise ReleaseError(f"{path.name} has columns {table.schema.names}, expected {ITEMS.names}")
    return table


def _read_tree(path: Path) -> CategoryTree:
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        tree = CategoryTree.of(body["paths"], body["separator"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReleaseError(f"{path.name} is not readable: {error!r}") from error
    if list(tree.paths) != body["paths"]:
        raise ReleaseError(f"{path.name}: paths are not in the order of their tree")
    return tree
