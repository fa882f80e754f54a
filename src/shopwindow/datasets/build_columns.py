"""From the clean tables to EventColumns, and when they have to be built anew. Reading them needs none of this."""

import hashlib
import json
from dataclasses import asdict
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shopwindow.config import ShopDirectory
from shopwindow.datasets.columns import ARRAYS, FORMAT, MANIFEST, EventColumns, load_columns, save_columns
from shopwindow.datasets.opt_outs import customers_of, opted_out_live
from shopwindow.errors import DatasetError
from shopwindow.features.journey import hashed
from shopwindow.ingest.tables import read_actions
from shopwindow.schema.arrays import Int32, Int64
from shopwindow.schema.shop import ShopConfig


def columns_from_table(actions: pa.Table, customers: pa.Table | None, shop: ShopConfig) -> EventColumns:
    """The columns of a clean action table (schema ACTIONS; rows in order of arrival) and its customers.

    Raises:
        DatasetError: the table has an action or surface that the shop's configuration does not know.
    """
    actions = counted(actions, customers).combine_chunks()
    customer_of, at_ms = _whole(actions, "customer_key", np.int64), _whole(actions, "at_ms", np.int64)
    order = np.lexsort((at_ms, customer_of))  # stable: arrival breaks ties
    key, first = np.unique(customer_of[order], return_index=True)
    offsets = np.append(first, len(order)).astype(np.int64)
    category, paths = _coded(actions, "category")
    device = _mapped(actions, "device", hashed)[order]
    arrays: dict[str, Any] = {
        "customer_key": key,
        "offsets": offsets,
        "country": _countries(key, customers),
        "device": _last_known(device, offsets),
        "item_key": _whole(actions, "item_key", np.int32)[order],
        "action": _places(actions, "action", shop.action_names).astype(np.uint8)[order],
        "at_ms": at_ms[order],
        "surface": _places(actions, "surface", shop.surface_names).astype(np.int16)[order],
        "category": category[order],
        "query": _mapped(actions, "query", hashed)[order],
        "session": _whole(actions, "session", np.int32)[order],
        "position": _whole(actions, "position", np.int16)[order],
    }
    return EventColumns(
        **arrays,
        category_paths=paths,
        fingerprint=_fingerprint(arrays, paths),
        countries=() if customers is None else _coded(customers, "country")[1],
    )


def build_columns(shop_dir: ShopDirectory, shop: ShopConfig) -> EventColumns:
    """Build the columns from the imported tables, write them, and return them memory-mapped.

    Readers of the former columns go on undisturbed: a new folder is written, then the manifest is replaced.

    Raises:
        DatasetError: what was imported does not fit the shop's configuration.
    """
    built = columns_from_table(read_actions(shop_dir), customers_of(shop_dir), shop)
    save_columns(built, shop_dir.columns, source=_source(shop_dir, shop))
    return load_columns(shop_dir.columns)


def current_columns(shop_dir: ShopDirectory, shop: ShopConfig) -> EventColumns:
    """The columns on disk where they stand for the imported tables as they are now, else built anew."""
    manifest = shop_dir.columns / MANIFEST
    if manifest.is_file():
        found = json.loads(manifest.read_text(encoding="utf-8"))
        if found.get("format") == FORMAT and found.get("source") == _source(shop_dir, shop):
            return load_columns(shop_dir.columns)
    return build_columns(shop_dir, shop)


def counted(events: pa.Table, customers: pa.Table | None) -> pa.Table:
    """Without test events and without customers who declined."""
    kept = pc.invert(pc.fill_null(events.column("test"), False))
    if customers is not None and len(customers):
        declined = customers.filter(pc.equal(pc.fill_null(customers.column("consent"), True), False))
        refused = pc.is_in(events.column("customer_key"), value_set=declined.column("customer_key"))
        kept = pc.and_(kept, pc.invert(refused))
    return events.filter(kept)


def _whole(table: pa.Table, name: str, dtype: type[np.signedinteger[Any]]) -> Any:
    """A column of whole numbers, null as -1, values beyond the type's range clipped to it."""
    values = table.column(name).cast(pa.int64()).fill_null(-1).to_numpy()
    limits = np.iinfo(dtype)
    return np.clip(values, limits.min, limits.max).astype(dtype)


def _coded(table: pa.Table, name: str) -> tuple[Int32, tuple[str, ...]]:
    """A text column as codes into its distinct values (sorted), -1 for null."""
    values = tuple(sorted(value for value in pc.unique(table.column(name)).to_pylist() if value))
    codes = pc.index_in(table.column(name), value_set=pa.array(values, pa.string()))
    return codes.fill_null(-1).to_numpy().astype(np.int32), values


def _mapped(table: pa.Table, name: str, code: Any) -> Int32:
    """A text column through a function of its distinct values."""
    codes, values = _coded(table, name)
    return np.array([*(code(value) for value in values), -1], dtype=np.int32)[codes]


def _places(table: pa.Table, name: str, known: tuple[str, ...]) -> Int32:
    codes, values = _coded(table, name)
    unknown = [value for value in values if value not in known]
    if unknown:
        raise DatasetError(
            f"{name}: expected one of {', '.join(known)}, came {unknown[0]!r}; append it to shop.toml"
        )
    return np.array([*(known.index(value) for value in values), -1], dtype=np.int32)[codes]


def _countries(key: Int64, customers: pa.Table | None) -> Int32:
    countries = np.full(len(key), -1, dtype=np.int32)
    if customers is None or not len(customers) or not len(key):
        return countries
    listed = customers.column("customer_key").to_numpy()
    place = np.minimum(np.searchsorted(key, listed), len(key) - 1)
    found = key[place] == listed
    countries[place[found]] = _mapped(customers, "country", hashed)[found]
    return countries


def _last_known(values: Int32, offsets: Int64) -> Int32:
    """[U] the last value of each customer that is not -1, else -1."""
    known = np.where(values >= 0, np.arange(len(values)), -1)
    latest = np.maximum.accumulate(known) if len(known) else known
    last = latest[offsets[1:] - 1] if len(known) else np.zeros(0, dtype=np.int64)
    return np.where(last >= offsets[:-1], values[np.maximum(last, 0)] if len(values) else -1, -1).astype(
        np.int32
    )


def _fingerprint(arrays: dict[str, Any], paths: tuple[str, ...]) -> str:
    digest = hashlib.sha256(json.dumps([FORMAT, paths]).encode())
    for name in ARRAYS:
        digest.update(np.ascontiguousarray(arrays[name]).data)
    return digest.hexdigest()[:16]


def _source(shop_dir: ShopDirectory, shop: ShopConfig) -> str:
    """What the columns were built from: the imported parts, live opt-outs, and the names that codes stand for."""
    parts = [
        (f"{folder}/{part.name}", part.stat().st_size, part.stat().st_mtime_ns)
        for folder in ("actions", "customers", "items", "pages")
        for part in sorted((shop_dir.data / folder).glob("*.parquet"))
    ]
    opted_out = opted_out_live(shop_dir).tolist()
    return hashlib.sha256(json.dumps([parts, asdict(shop), opted_out]).encode()).hexdigest()
