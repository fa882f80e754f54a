"""From the clean tables to EventColumns, and when they have to be built anew. Reading them needs none of this."""

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass, replace
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ibis.backends.duckdb import Backend

from shopwindow.config import ShopDirectory
from shopwindow.datasets.column_files import ColumnFiles
from shopwindow.datasets.columns import (
    ColumnManifest,
    EventColumns,
    load_columns,
    load_device_events,
    publish_columns,
    read_column_manifest,
)
from shopwindow.datasets.event_batches import (
    batch_of,
    category_paths,
    country_codes,
    event_batches,
    kept_actions,
)
from shopwindow.datasets.gathering import Gathering
from shopwindow.datasets.merging import merged
from shopwindow.datasets.opt_outs import customers_of, opted_out_live
from shopwindow.ingest.attribution import is_complete
from shopwindow.ingest.engine import WHOLE_MACHINE, Resources, engine
from shopwindow.ingest.manifest import parts_of
from shopwindow.ingest.tables import MINUTE_MS, actions_table, parts_table
from shopwindow.schema.arrays import Int32, Int64
from shopwindow.schema.shop import ShopConfig


@dataclass(frozen=True, slots=True)
class Countries:
    """What customer files say: keys (ascending), hashed countries, and the words behind them."""

    key: Int64
    code: Int32
    words: tuple[str, ...] = ()

    def of(self, key: Int64) -> Int32:
        """[len(key)] codes, -1 where unknown."""
        if not len(self.key):
            return np.full(len(key), -1, dtype=np.int32)
        place = np.minimum(np.searchsorted(self.key, key), len(self.key) - 1)
        return np.where(self.key[place] == key, self.code[place], -1).astype(np.int32)


NOWHERE = Countries(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32))


def columns_from_table(actions: pa.Table, customers: pa.Table | None, shop: ShopConfig) -> EventColumns:
    """The columns of a clean action table (schema ACTIONS; rows in order of arrival) and its customers, in memory.

    Raises:
        DatasetError: the table has an action or surface that the shop's configuration does not know.
    """
    countries = NOWHERE
    if customers is not None:
        countries = Countries(*country_codes(customers))
    actions = counted(actions, customers)
    paths = tuple(sorted({path for path in pc.unique(actions.column("category")).to_pylist() if path}))
    arrays: dict[str, list[Any]] = {}
    gathering = Gathering(
        lambda name, values: arrays.setdefault(name, []).append(values), shop.session_gap_minutes * MINUTE_MS
    )
    gathering.add(batch_of(actions, paths, shop))
    fingerprint = gathering.finish(countries.of, paths)
    whole = {name: np.concatenate(pieces) for name, pieces in arrays.items() if name != "device_event"}
    return EventColumns(**whole, category_paths=paths, fingerprint=fingerprint, countries=countries.words)


def build_columns(
    shop_dir: ShopDirectory, shop: ShopConfig, resources: Resources = WHOLE_MACHINE
) -> EventColumns:
    """Bring the columns on disk up to what is imported, and return them memory-mapped.

    Where only actions were added, they are sorted and merged into the columns that are there; else all are sorted
    anew. Either way events pass by in pieces. Readers of the former columns go on undisturbed: a new folder is
    written, then the manifest is replaced.

    Raises:
        DatasetError: what was imported does not fit the shop's configuration.
    """
    state = _state(shop_dir, shop)
    building = shop_dir.columns / ".building"
    shutil.rmtree(building, ignore_errors=True)  # of a build that was killed
    with engine(shop_dir.data, resources=resources) as connection, ColumnFiles(building) as files:
        customers = customers_of(shop_dir).select(["customer_key", "country", "consent"])
        people = connection.create_table("people", ibis.memtable(customers), temp=True)
        countries = Countries(*country_codes(customers))
        old = _mergeable(connection, shop_dir, state)
        actions = actions_table(connection, shop_dir, shop, after=len(old.parts) if old else 0)
        kept = None if actions is None else kept_actions(actions, people)
        paths = () if kept is None else category_paths(kept)
        if old is not None:
            paths = tuple(sorted({*old.category_paths, *paths}))
        batches = iter(()) if kept is None else event_batches(connection, kept, paths, shop)
        if old is not None:
            device_events = load_device_events(shop_dir.columns)
            batches = merged(load_columns(shop_dir.columns), device_events, paths, batches)
        gathering = Gathering(files.append, shop.session_gap_minutes * MINUTE_MS)
        for batch in batches:
            gathering.add(batch)
        fingerprint = gathering.finish(countries.of, paths)
    manifest = replace(
        state,
        folder=fingerprint,
        attributed=actions is not None and "session" in actions.columns,
        category_paths=list(paths),
        countries=list(countries.words),
    )
    publish_columns(shop_dir.columns, building, manifest)
    return load_columns(shop_dir.columns)


def current_columns(shop_dir: ShopDirectory, shop: ShopConfig) -> EventColumns:
    """The columns on disk where they stand for the imported tables as they are now, else brought up to date."""
    found, state = read_column_manifest(shop_dir.columns), _state(shop_dir, shop)
    if found is not None and found.built_from == state.built_from:
        return load_columns(shop_dir.columns)
    return build_columns(shop_dir, shop)


def _state(shop_dir: ShopDirectory, shop: ShopConfig) -> ColumnManifest:
    """What columns built now are built from."""
    parts, pages, customers = (
        [path.name for _, path in parts_of(shop_dir, table)] for table in ("actions", "pages", "customers")
    )
    opted_out = opted_out_live(shop_dir).tolist()
    source = hashlib.sha256(json.dumps([customers, asdict(shop), opted_out]).encode()).hexdigest()
    return ColumnManifest(source=source, parts=parts, pages=pages)


def _mergeable(connection: Backend, shop_dir: ShopDirectory, state: ColumnManifest) -> ColumnManifest | None:
    """The columns on disk, where newer actions can be merged into them: nothing that they hold has changed.

    Actions that were attributed to pages are worked out anew: a later page or action can change them.
    """
    found = read_column_manifest(shop_dir.columns)
    if found is None or found.source != state.source or not found.parts or found.attributed:
        return None
    if state.parts[: len(found.parts)] != found.parts:
        return None
    if not state.pages:
        return found
    parts = parts_table(connection, parts_of(shop_dir, "actions"))
    return found if parts is not None and is_complete(parts) else None


def counted(events: pa.Table, customers: pa.Table | None) -> pa.Table:
    """Without test events and without customers who declined."""
    kept = pc.invert(pc.fill_null(events.column("test"), False))
    if customers is not None and len(customers):
        declined = customers.filter(pc.equal(pc.fill_null(customers.column("consent"), True), False))
        refused = pc.is_in(events.column("customer_key"), value_set=declined.column("customer_key"))
        kept = pc.and_(kept, pc.invert(refused))
    return events.filter(kept)
