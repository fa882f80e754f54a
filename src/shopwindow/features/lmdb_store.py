"""LmdbStore: state in a memory map. Not synced to the disk: it is derived, and is built again when in doubt.

A killed process loses nothing, since the system still has the pages. A crashed machine may leave anything; that
is seen by the boot id in `open.json` and the map is thrown away.
"""

import json
import shutil
import struct
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Self, final

import lmdb

from shopwindow.durable import write_durably
from shopwindow.errors import StateError
from shopwindow.features.customer import NEW_CUSTOMER
from shopwindow.features.encoding import FORMAT, decode_state, encode_state
from shopwindow.features.store import Applied, Changes, Snapshot
from shopwindow.schema.live import ItemEvent, decode, encode

MAP_BYTES: Final = 1 << 38  # room of addresses, not of disk: the file is as large as what is in it
_CUSTOMER: Final = struct.Struct(">q")
_ITEM: Final = struct.Struct(">i")
_APPLIED: Final = b"applied"
_DAMAGED: Final = (lmdb.CorruptedError, lmdb.InvalidError, lmdb.VersionMismatchError, lmdb.PageNotFoundError)


@final
class LmdbStore:
    """A FeatureStore in one LMDB environment. Open it once per process; threads may share it."""

    def __init__(self, folder: Path, boot: str, env: Any) -> None:
        self._folder, self._boot, self._env = folder, boot, env
        self._customers = env.open_db(b"customers")
        self._items = env.open_db(b"items")
        self._about = env.open_db(b"about")
        env.reader_check()  # slots of killed readers would keep old pages from being used again

    @classmethod
    def open(cls, folder: Path, boot: str) -> Self:
        """The store in this folder, made when there is none and emptied when it cannot be trusted.

        `boot` names the machine's run since it was started (features.boot); a store left open by another run of
        the machine is not trusted.

        Raises:
            StateError: the folder cannot be used.
        """
        try:
            if folder.exists() and not _trusted(folder, boot):
                shutil.rmtree(folder)  # or refuse: what stayed behind would be trusted from here on
            folder.mkdir(parents=True, exist_ok=True)
            _write_mark(folder, boot, clean=False)
            try:
                return cls(folder, boot, _environment(folder))
            except _DAMAGED:
                shutil.rmtree(folder)
                folder.mkdir()
                _write_mark(folder, boot, clean=False)
                return cls(folder, boot, _environment(folder))
        except (OSError, lmdb.Error) as error:
            raise StateError(f"the state in {folder} cannot be opened: {error}") from error

    def read(self, customer_keys: Sequence[int]) -> Snapshot:
        with self._env.begin() as reading:
            found = [reading.get(_CUSTOMER.pack(key), db=self._customers) for key in customer_keys]
            about = reading.get(_APPLIED, db=self._about)
        states = tuple(NEW_CUSTOMER if data is None else decode_state(data) for data in found)
        return Snapshot(0 if about is None else _OFFSET.unpack_from(about)[0], states)

    def write(self, changes: Changes) -> None:
        """One transaction.

        Raises:
            StateError: the disk is full or failing; nothing was written.
        """
        try:
            with self._env.begin(write=True) as writing:
                for key, state in changes.customers.items():
                    writing.put(_CUSTOMER.pack(key), encode_state(state), db=self._customers)
                for key, item in changes.items.items():
                    writing.put(_ITEM.pack(key), encode(item), db=self._items)
                writing.put(_APPLIED, _encode_applied(changes.applied), db=self._about)
        except (OSError, lmdb.Error) as error:
            raise self._unwritten(error) from error

    def applied(self) -> Applied:
        with self._env.begin() as reading:
            about = reading.get(_APPLIED, db=self._about)
        return Applied() if about is None else _decode_applied(about)

    def customers(self, limit: int) -> Sequence[tuple[int, int]]:
        some: list[tuple[int, int]] = []
        with self._env.begin(db=self._customers) as reading:
            for key, data in reading.cursor():
                if len(some) >= limit:
                    break
                some.append((_CUSTOMER.unpack(key)[0], len(decode_state(data))))
        return some

    def items(self) -> Iterator[ItemEvent]:
        with self._env.begin(db=self._items) as reading:
            found = [data for _, data in reading.cursor()]
        for data in found:
            item = decode("item", data)
            assert isinstance(item, ItemEvent)
            yield item

    def clear(self) -> None:
        try:
            with self._env.begin(write=True) as writing:
                for db in (self._customers, self._items, self._about):
                    writing.drop(db, delete=False)
        except (OSError, lmdb.Error) as error:
            raise self._unwritten(error) from error

    def close(self) -> None:
        """Bring everything to the disk and say so: the store may then be trusted after a restart of the machine."""
        self._env.sync(True)
        self._env.close()
        _write_mark(self._folder, self._boot, clean=True)

    def _unwritten(self, error: Exception) -> StateError:
        return StateError(f"the state in {self._folder} cannot be written: {error}")


_OFFSET: Final = struct.Struct("<q")


def _encode_applied(applied: Applied) -> bytes:
    return _OFFSET.pack(applied.offset) + json.dumps(asdict(applied)).encode()


def _decode_applied(about: bytes) -> Applied:
    return Applied(**json.loads(about[_OFFSET.size :]))


def _environment(folder: Path) -> Any:
    return lmdb.open(
        str(folder),
        map_size=MAP_BYTES,
        max_dbs=3,
        max_readers=512,
        sync=False,
        metasync=False,
        readahead=False,
    )


def _trusted(folder: Path, boot: str) -> bool:
    try:
        mark = json.loads((folder / "open.json").read_text(encoding="utf-8"))
        return bool(mark["format"] == FORMAT and (mark["clean"] or (boot and mark["boot"] == boot)))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _write_mark(folder: Path, boot: str, clean: bool) -> None:
    mark = {"format": FORMAT, "boot": boot, "clean": clean}
    write_durably(folder / "open.json", json.dumps(mark).encode())
