"""Identity: external id <-> key, append-only; the only link from a key to a person."""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any, Final, final

import numpy as np

from shopwindow.errors import StateError
from shopwindow.schema.arrays import Int32, Int64

RandomBytes = Callable[[int], bytes]
"""n -> n random bytes; os.urandom, or a seeded generator's `randbytes` where data is public or simulated."""

MAX_ITEMS: Final = 2**31 - 1
PER_QUERY: Final = 10_000  # values in one statement; SQLite allows 32,766

TABLES: Final = """
CREATE TABLE IF NOT EXISTS items (key INTEGER PRIMARY KEY, id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS customers (key INTEGER PRIMARY KEY, id TEXT NOT NULL);
"""
BY_ID: Final = "CREATE UNIQUE INDEX IF NOT EXISTS {table}_by_id ON {table} (id);"


@final
class Identity:
    """The open map of one shop. Safe to use from several threads and, by SQLite's locks, processes.

    Items get 0, 1, 2, ... at first sight; customers a random positive int64, so that a key without this
    map says nothing about a person.
    """

    def __init__(self, connection: sqlite3.Connection, random_bytes: RandomBytes) -> None:
        self._connection = connection
        self._random_bytes = random_bytes
        self._lock = threading.Lock()

    def item_keys(self, ids: Sequence[str]) -> Int32:
        """[len(ids)] keys, new ids allocated in the order given; durable on return.

        Raises:
            StateError: the map cannot be written, or 2^31 - 1 items are reached.
        """
        return self._keys("items", ids, self._next_items).astype(np.int32)

    def customer_keys(self, ids: Sequence[str]) -> Int64:
        """[len(ids)] keys, new ids allocated; durable on return.

        Raises:
            StateError: the map cannot be written.
        """
        return self._keys("customers", ids, self._draw_customers)

    def find_items(self, ids: Sequence[str]) -> Int32:
        """[len(ids)] keys, -1 = unknown; nothing is allocated."""
        with self._lock:
            return _placed(self._find("items", ids), ids).astype(np.int32)

    def find_customers(self, ids: Sequence[str]) -> Int64:
        """[len(ids)] keys, -1 = unknown; nothing is allocated."""
        with self._lock:
            return _placed(self._find("customers", ids), ids)

    def item_ids(self, keys: Iterable[int]) -> list[str]:
        """The ids of these keys, in order.

        Raises:
            StateError: a key was never allocated.
        """
        return self._ids("items", keys)

    def customer_ids(self, keys: Iterable[int]) -> list[str]:
        """The ids of these keys, in order.

        Raises:
            StateError: a key was never allocated, or its customer was erased.
        """
        return self._ids("customers", keys)

    def num_items(self) -> int:
        """How many keys are allocated: 0 up to this number, without it."""
        with self._lock:
            return self._count("items")

    def num_customers(self) -> int:
        """Customers known now."""
        with self._lock:
            return self._count("customers")

    def close(self) -> None:
        """Close the file; the map cannot be used afterwards."""
        with self._lock:
            self._connection.close()

    def _keys(self, table: str, ids: Sequence[str], allocate: Callable[[int], Int64]) -> Int64:
        with self._lock:
            known = self._find(table, ids)
            new = list(dict.fromkeys(_without(ids, known)))
            if new:
                known |= self._allocate(table, new, allocate)
            return _placed(known, ids)

    def _allocate(self, table: str, ids: Sequence[str], allocate: Callable[[int], Int64]) -> dict[str, int]:
        """Keys of `ids`, none of which was known a moment ago, in one transaction."""
        if not all(ids):
            raise StateError(f"{table} need non-empty ids: expected text, came ''")
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            known = self._find(table, ids)  # again: another process may have been quicker
            new = _without(ids, known)
            keys = allocate(len(new))
            self._insert(table, keys, new)
            self._connection.execute("COMMIT")
        except (sqlite3.Error, StateError, UnicodeEncodeError) as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            if isinstance(error, StateError):
                raise
            raise StateError(
                f"cannot write the identity map: {error}; is the disk full or locked?"
            ) from error
        return known | dict(zip(new, keys.tolist(), strict=True))

    def _insert(self, table: str, keys: Int64, ids: Sequence[str]) -> None:
        order = np.argsort(keys)  # of the file: fewer pages are touched
        rows = zip(keys[order].tolist(), map(ids.__getitem__, order.tolist()), strict=True)
        at_once = len(ids) > self._count(table)  # then to sort an index anew is quicker than to add to it
        if at_once:
            self._connection.execute(f"DROP INDEX IF EXISTS {table}_by_id")
        self._connection.executemany(f"INSERT INTO {table} (key, id) VALUES (?, ?)", rows)
        if at_once:
            self._connection.execute(BY_ID.format(table=table))

    def _next_items(self, count: int) -> Int64:
        first = self._count("items")
        if first + count > MAX_ITEMS:
            raise StateError(f"expected at most {MAX_ITEMS} items in a shop, came {first + count}")
        return np.arange(first, first + count)

    def _draw_customers(self, count: int) -> Int64:
        keys = np.zeros(0, dtype=np.int64)
        while len(keys) < count:
            bits = np.frombuffer(self._random_bytes(8 * (count - len(keys))), dtype="<u8")
            drawn = (bits >> np.uint64(1)).astype(np.int64)
            taken = list(self._select("customers", "key", drawn.tolist()))
            drawn = drawn[(drawn > 0) & ~np.isin(drawn, taken)]
            keys = np.concatenate([keys, drawn])
            _, first = np.unique(keys, return_index=True)
            keys = keys[np.sort(first)]  # as drawn: their order says nothing of the customers'
        return keys

    def _find(self, table: str, ids: Sequence[str]) -> dict[str, int]:
        return {each: key for key, each in self._select(table, "id", ids).items()}

    def _ids(self, table: str, keys: Iterable[int]) -> list[str]:
        wanted = [int(key) for key in keys]
        with self._lock:
            found = self._select(table, "key", wanted)
        missing = next((key for key in wanted if key not in found), None)
        if missing is not None:
            raise StateError(f"expected a key of the identity map's {table}, came {missing}")
        return [found[key] for key in wanted]

    def _select(self, table: str, column: str, values: Sequence[object]) -> dict[int, str]:
        """Key -> id of the rows whose `column` is among `values`."""
        found: dict[int, str] = {}
        if not self._rows(f"SELECT 1 FROM {table} LIMIT 1", ()):
            return found  # the first import asks for everything and finds nothing
        for start in range(0, len(values), PER_QUERY):
            part = values[start : start + PER_QUERY]
            marks = ",".join("?" * len(part))
            found |= dict(self._rows(f"SELECT key, id FROM {table} WHERE {column} IN ({marks})", part))
        return found

    def _count(self, table: str) -> int:
        return int(self._rows(f"SELECT count(*) FROM {table}", ())[0][0])

    def _rows(self, query: str, values: Sequence[object]) -> list[Any]:
        try:
            return self._connection.execute(query, tuple(values)).fetchall()
        except sqlite3.Error as error:
            raise StateError(f"cannot read the identity map: {error}") from error


def open_identity(path: Path, random_bytes: RandomBytes = os.urandom) -> Identity:
    """The identity map kept in the SQLite file `path`, made if absent.

    Raises:
        StateError: the file is no identity map, or cannot be opened.
    """
    try:
        connection = sqlite3.connect(path, timeout=30.0, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(
            "PRAGMA cache_size = -65536"
        )  # KiB; with the default of 2 MiB a million ids take 5x
        connection.executescript(TABLES + BY_ID.format(table="items") + BY_ID.format(table="customers"))
    except sqlite3.Error as error:
        raise StateError(f"{path}: expected an identity map (SQLite), came: {error}") from error
    return Identity(connection, random_bytes)


def _without(ids: Sequence[str], known: dict[str, int]) -> Sequence[str]:
    return [each for each in ids if each not in known] if known else ids


def _placed(known: dict[str, int], ids: Sequence[str]) -> Int64:
    return np.fromiter(map(known.get, ids, repeat(-1)), dtype=np.int64, count=len(ids))
