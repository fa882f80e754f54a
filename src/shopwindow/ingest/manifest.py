"""imports.json: which parts the clean tables consist of. An import counts once its record stands here."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from shopwindow.config import ShopDirectory
from shopwindow.durable import write_durably
from shopwindow.errors import IngestError

TABLES: Final = ("actions", "pages", "impressions", "items", "customers")
VERSION: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRecord:
    """One import that happened. `parts`: table -> name of the folder of its files under data/TABLE/."""

    number: int
    source: str
    table: str
    content: str  # hash of the file and of how it was read
    rows: int
    imported: int
    duplicates: int
    rejected: int
    parts: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """All imports of a shop, in order."""

    version: int = VERSION
    imports: tuple[ImportRecord, ...] = ()

    def of(self, content: str) -> ImportRecord | None:
        """The import of this very file read in this very way, if it happened."""
        return next((record for record in self.imports if record.content == content), None)

    @property
    def next_number(self) -> int:
        return max((record.number for record in self.imports), default=0) + 1


def read_manifest(shop_dir: ShopDirectory) -> Manifest:
    """What has been imported; an empty manifest where nothing has.

    Raises:
        IngestError: imports.json is damaged, or written by a newer version.
    """
    path = shop_dir.data / "imports.json"
    if not path.exists():
        return Manifest()
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except msgspec.MsgspecError as error:
        raise IngestError(
            f"{path}: expected the list of imports, came {error}; restore it from a backup"
        ) from error
    if manifest.version != VERSION:
        remedy = (
            "update shopwindow"
            if manifest.version > VERSION
            else "move data/ away and import the files again"
        )
        raise IngestError(f"{path}: expected version {VERSION}, came {manifest.version}; {remedy}")
    return manifest


def write_manifest(shop_dir: ShopDirectory, manifest: Manifest) -> None:
    """Replace imports.json in one step: readers see the imports before or after, never between."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    shop_dir.data.mkdir(parents=True, exist_ok=True)
    write_durably(shop_dir.data / "imports.json", text)


def parts_of(shop_dir: ShopDirectory, table: str) -> Sequence[tuple[int, Path]]:
    """Number and path of each part of a clean table, in the order of import."""
    return [
        (record.number, shop_dir.data / table / record.parts[table])
        for record in read_manifest(shop_dir).imports
        if table in record.parts
    ]


@contextmanager
def only_importer(shop_dir: ShopDirectory) -> Iterator[None]:
    """Hold the shop's import lock; SQLite frees it even when the process is killed.

    Raises:
        IngestError: another import is running, or the folder cannot be written.
    """
    shop_dir.data.mkdir(parents=True, exist_ok=True)
    lock = _locked(shop_dir)
    try:
        yield
    finally:
        lock.close()


def _locked(shop_dir: ShopDirectory) -> sqlite3.Connection:
    path = shop_dir.data / ".lock.sqlite"
    try:
        lock = sqlite3.connect(path, timeout=0.0, isolation_level=None)
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error:
            lock.close()
            raise
    except sqlite3.Error as error:
        if error.sqlite_errorname == "SQLITE_BUSY":
            raise IngestError(
                f"{shop_dir.root}: another import is running; wait for it and import again"
            ) from error
        raise IngestError(
            f"{path}: expected to lock the shop's data, came '{error}'; make the folder writable, "
            "or remove this file if it is damaged"
        ) from error
    return lock
