"""EventColumns: every clean action as plain arrays on disk, customers as offsets.

Legend: U customers, E events. Events are sorted by customer, then time, then arrival.
"""

import shutil
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from shopwindow.datasets.column_files import ColumnFiles
from shopwindow.durable import sync, write_durably
from shopwindow.errors import DatasetError
from shopwindow.schema.arrays import Int16, Int32, Int64, UInt8

FORMAT: Final = 2
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnManifest:
    """Which folder holds the columns, and what they were built from: imported parts, and `source`, all else.

    `attributed`: actions that lacked it were given the context of the pages that they answer.
    """

    format: int = FORMAT
    folder: str = ""
    source: str = ""
    parts: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    attributed: bool = False
    category_paths: list[str] = field(default_factory=list)
    countries: list[str] = field(default_factory=list)

    @property
    def built_from(self) -> tuple[str, list[str], list[str]]:
        """Columns built from the same are the same."""
        return self.source, self.parts, self.pages


def save_columns(columns: EventColumns, into: Path) -> None:
    """Write one .npy per array and a manifest; the manifest is replaced last, in one step, then older columns go."""
    building = into / ".building"
    shutil.rmtree(building, ignore_errors=True)
    with ColumnFiles(building) as files:
        for name in ARRAYS:
            files.append(name, getattr(columns, name))
    manifest = ColumnManifest(
        folder=columns.fingerprint,
        category_paths=list(columns.category_paths),
        countries=list(columns.countries),
    )
    publish_columns(into, building, manifest)


def publish_columns(into: Path, building: Path, manifest: ColumnManifest) -> None:
    """Give the folder of written arrays its name and make it count; then older columns go."""
    folder = into / manifest.folder
    shutil.rmtree(folder, ignore_errors=True)
    sync(building)
    building.replace(folder)
    write_durably(into / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")
    for old in into.iterdir():
        if old.is_dir() and old != folder:
            shutil.rmtree(old)


def read_column_manifest(path: Path) -> ColumnManifest | None:
    """The manifest of the columns in `path`; None where there are none of this format."""
    try:
        found = msgspec.json.decode((path / MANIFEST).read_bytes(), type=ColumnManifest)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
    return found if found.format == FORMAT else None


def load_columns(path: Path) -> EventColumns:
    """The columns written in `path`, memory-mapped.

    Raises:
        DatasetError: there are none, or they were written by another version.
    """
    if not (path / MANIFEST).is_file():
        raise DatasetError(f"{path}: expected event columns, came none; import data first")
    found = read_column_manifest(path)
    if found is None:
        raise DatasetError(
            f"{path / MANIFEST}: expected format {FORMAT}, came another; delete the folder, it is rebuilt"
        )
    folder = path / found.folder
    arrays: dict[str, Any] = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
    return EventColumns(
        **arrays,
        category_paths=tuple(found.category_paths),
        fingerprint=found.folder,
        countries=tuple(found.countries),
    )


def load_device_events(path: Path) -> Int64:
    """[U] the event that brought each customer's device, -1 = none: kept beside the columns to merge newer ones."""
    found = read_column_manifest(path)
    assert found is not None, "asked for only where the manifest names parts"
    events: Int64 = np.load(path / found.folder / "device_event.npy", mmap_mode="r")
    return events
