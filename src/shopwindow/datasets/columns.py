"""EventColumns: every clean action as plain arrays on disk, customers as offsets.

Legend: U customers, E events. Events are sorted by customer, then time, then arrival.
"""

import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shopwindow.config import ShopDirectory
from shopwindow.errors import DatasetError
from shopwindow.features.journey import hashed
from shopwindow.ingest.tables import read_actions, read_customers
from shopwindow.schema.arrays import Int16, Int32, Int64, UInt8
from shopwindow.schema.shop import ShopConfig

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EventColumns:
    """Actions of all customers; test events and customers without consent are not among them.

    Customer u has events offsets[u] .. offsets[u+1]-1. Absent values are -1.
    `action`: place in ShopConfig.action_names; `surface`: place in ShopConfig.surface_names.
    `category`: code into `category_paths`, of the request that the action answers; `query`: hashed text.
    `country`, `device` [U]: hashed text; the device is the customer's most recent known one.
    `fingerprint`: hash of the content, the name of this state of the data.
    """

    customer_key: Int64  # [U]
    offsets: Int64  # [U+1]
    country: Int32  # [U]
    device: Int32  # [U]
    item_key: Int32  # [E]
    action: UInt8  # [E]
    at_ms: Int64  # [E]
    surface: Int16  # [E]
    category: Int32  # [E]
    query: Int32  # [E]
    session: Int32  # [E]
    position: Int16  # [E]
    category_paths: tuple[str, ...]
    fingerprint: str
    countries: tuple[str, ...] = ()  # the words behind `country`, for tables

    @property
    def num_customers(self) -> int:
        return len(self.customer_key)

    @property
    def num_events(self) -> int:
        return len(self.item_key)

    def customer_of_event(self) -> Int32:
        """[E] place of each event's customer."""
        return np.repeat(np.arange(self.num_customers, dtype=np.int32), np.diff(self.offsets))


ARRAYS: Final = tuple(
    each.name
    for each in fields(EventColumns)
    if each.name not in ("category_paths", "fingerprint", "countries")
)


def columns_from_table(actions: pa.Table, customers: pa.Table | None, shop: ShopConfig) -> EventColumns:
    """The columns of a clean action table (schema ACTIONS; rows in order of arrival) and its customers.

    Raises:
        DatasetError: the table has an action or surface that the shop's configuration does not know.
    """
    actions = _kept(actions, customers).combine_chunks()
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
        DatasetError: nothing was imported, or it does not fit the shop's configuration.
    """
    built = columns_from_table(read_actions(shop_dir), read_customers(shop_dir), shop)
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


def save_columns(columns: EventColumns, into: Path, source: str = "") -> None:
    """Write one .npy per array and a manifest; the manifest is replaced last, in one step."""
    folder = into / columns.fingerprint
    folder.mkdir(parents=True, exist_ok=True)
    for name in ARRAYS:
        temporary = folder / f"{name}.tmp"
        with temporary.open("wb") as file:
            np.save(file, getattr(columns, name))
        os.replace(temporary, folder / f"{name}.npy")
    manifest = {
        "format": FORMAT,
        "folder": columns.fingerprint,
        "source": source,
        "customers": columns.num_customers,
        "events": columns.num_events,
        "category_paths": list(columns.category_paths),
        "countries": list(columns.countries),
    }
    temporary = into / f"{MANIFEST}.tmp"
    temporary.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    os.replace(temporary, into / MANIFEST)
    for old in into.iterdir():
        if old.is_dir() and old != folder:
            shutil.rmtree(old)


def load_columns(path: Path) -> EventColumns:
    """The columns written in `path`, memory-mapped.

    Raises:
        DatasetError: there are none, or they were written by another version.
    """
    manifest = path / MANIFEST
    if not manifest.is_file():
        raise DatasetError(f"{path}: expected event columns, came none; import data first")
    found = json.loads(manifest.read_text(encoding="utf-8"))
    if found.get("format") != FORMAT:
        raise DatasetError(
            f"{manifest}: expected format {FORMAT}, came {found.get('format')}; delete the folder, it is rebuilt"
        )
    folder = path / found["folder"]
    arrays: dict[str, Any] = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
    return EventColumns(**arrays, category_paths=tuple(found["category_paths"]), fingerprint=found["folder"])


def _kept(actions: pa.Table, customers: pa.Table | None) -> pa.Table:
    """Without test events and without customers who declined."""
    kept = pc.invert(pc.fill_null(actions.column("test"), False))
    if customers is not None and len(customers):
        declined = customers.filter(pc.equal(pc.fill_null(customers.column("consent"), True), False))
        refused = pc.is_in(actions.column("customer_key"), value_set=declined.column("customer_key"))
        kept = pc.and_(kept, pc.invert(refused))
    return actions.filter(kept)


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
    """What the columns were built from: the imported parts and the names that codes stand for."""
    parts = [
        (f"{folder}/{part.name}", part.stat().st_size, part.stat().st_mtime_ns)
        for folder in ("actions", "customers", "items")
        for part in sorted((shop_dir.data / folder).glob("*.parquet"))
    ]
    return hashlib.sha256(json.dumps([parts, asdict(shop)]).encode()).hexdigest()
