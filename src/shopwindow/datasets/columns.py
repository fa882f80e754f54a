"""EventColumns: every clean action as plain arrays on disk, customers as offsets.

Legend: U customers, E events. Events are sorted by customer, then time, then arrival.
"""

import json
import shutil
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np

from shopwindow.durable import publish, write_durably
from shopwindow.errors import DatasetError
from shopwindow.schema.arrays import Int16, Int32, Int64, UInt8

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


def save_columns(columns: EventColumns, into: Path, source: str = "") -> None:
    """Write one .npy per array and a manifest; the manifest is replaced last, in one step, then older columns go."""
    folder = into / columns.fingerprint
    folder.mkdir(parents=True, exist_ok=True)
    for name in ARRAYS:
        temporary = folder / f"{name}.tmp"
        with temporary.open("wb") as file:
            np.save(file, getattr(columns, name))
        publish(temporary, folder / f"{name}.npy")
    manifest = {
        "format": FORMAT,
        "folder": columns.fingerprint,
        "source": source,
        "customers": columns.num_customers,
        "events": columns.num_events,
        "category_paths": list(columns.category_paths),
        "countries": list(columns.countries),
    }
    write_durably(into / MANIFEST, (json.dumps(manifest, indent=1) + "\n").encode())
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
    return EventColumns(
        **arrays,
        category_paths=tuple(found["category_paths"]),
        fingerprint=found["folder"],
        countries=tuple(found.get("countries", ())),
    )
