"""SqliteLog: the embedded EventLog. WAL with full sync: what `append` returned from survives a power failure."""

import fcntl
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Final, Self, cast, final

from shopwindow.durable import sync
from shopwindow.errors import StateError
from shopwindow.schema.live import Kind
from shopwindow.stream.event_log import DEDUPLICATION_WINDOW, Appended, Logged, Record, fingerprint
from shopwindow.stream.numbering import numbered
from shopwindow.stream.recent_ids import RecentIds

BATCH: Final = 1000
FORMAT: Final = 1
_CONSENTS: Final = "CREATE INDEX IF NOT EXISTS consents ON records (offset) WHERE kind = 'consent'"
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS records (
  offset INTEGER PRIMARY KEY, kind TEXT NOT NULL, event_id TEXT NOT NULL, payload BLOB NOT NULL
)
"""


@final
class SqliteReader:
    """A LogReader on a log file, for replay beside a running server or after it. Opens the file at each call.

    Raises:
        StateError: by each call, if there is no such log or it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def replay(self, after: int, until: int | None = None) -> Iterator[Sequence[Logged]]:
        with self._reading() as reading:
            last = _end(reading) if until is None else until
            while after < last:
                rows = reading.execute(
                    "SELECT offset, kind, event_id, payload FROM records WHERE offset > ? AND offset <= ? "
                    "ORDER BY offset LIMIT ?",
                    (after, last, BATCH),
                ).fetchall()
                if not rows:
                    return
                after = rows[-1][0]
                yield [
                    Logged(offset, Record(event_id, cast(Kind, kind), payload))
                    for offset, kind, event_id, payload in rows
                ]

    def consents(self) -> Sequence[Logged]:
        """All records of kind "consent": few among many, found by an index of their own."""
        with self._reading() as reading:
            rows = reading.execute(
                "SELECT offset, event_id, payload FROM records WHERE kind = 'consent' ORDER BY offset"
            ).fetchall()
        return [Logged(offset, Record(event_id, "consent", payload)) for offset, event_id, payload in rows]

    def end(self) -> int:
        with self._reading() as reading:
            return _end(reading)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        if not self._path.is_file():  # SQLite would make an empty one
            raise StateError(
                f"expected an event log, came no file {self._path}: it begins with `shopwindow serve`"
            )
        try:
            with closing(_connect(self._path)) as reading:
                yield reading
        except sqlite3.Error as error:
            raise StateError(f"the event log {self._path} cannot be read: {error}") from error


@final
class SqliteLog:
    """An EventLog in one file. Only one process at a time may have it open for writing; readers are free."""

    def __init__(self, path: Path, window: int, lock: IO[str]) -> None:
        self._reader = SqliteReader(path)
        self._path, self._lock = path, lock
        self._writing = _connect(path)
        try:
            _prepare(self._writing, path)
            self._end = _end(self._writing)
            self._recent = _recent_ids(self._writing, window)
        except BaseException:
            self._writing.close()
            raise
        sync(path.parent)  # the file's name, and its folder's: without them the synced content is not found
        sync(path.parent.parent)

    @classmethod
    def open(cls, path: Path, window: int = DEDUPLICATION_WINDOW) -> Self:
        """The log in this file, made when there is none. `window`: how many of the last ids are known again.

        Raises:
            StateError: another process writes to it, or it is no log that this version can read.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = path.with_suffix(".lock").open("a", encoding="utf-8")
        except OSError as error:
            raise StateError(f"the event log {path} cannot be opened: {error}") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return cls(path, window, lock)
        except BlockingIOError as error:
            lock.close()
            raise StateError(
                f"the event log {path} is in use by another process: one server per shop directory may write"
            ) from error
        except (OSError, sqlite3.Error, StateError) as error:
            lock.close()
            raise StateError(f"the event log {path} cannot be opened: {error}") from error

    def append(self, records: Sequence[Record]) -> Appended:
        new = numbered(records, self._recent, self._end)
        if not new.fresh:
            return new.appended
        try:
            self._writing.execute("BEGIN IMMEDIATE")
            self._writing.executemany(
                "INSERT INTO records (offset, kind, event_id, payload) VALUES (?, ?, ?, ?)",
                ((offset, record.kind, record.event_id, record.payload) for offset, record in new.fresh),
            )
            self._writing.execute("COMMIT")
        except sqlite3.Error as error:
            if self._writing.in_transaction:
                self._writing.execute("ROLLBACK")
            raise StateError(f"the event log {self._path} cannot be written: {error}") from error
        self._end = new.appended.end
        self._recent.add(new.marks)
        return new.appended

    def replay(self, after: int, until: int | None = None) -> Iterator[Sequence[Logged]]:
        return self._reader.replay(after, until)

    def end(self) -> int:
        return self._end

    def close(self) -> None:
        self._writing.close()
        self._lock.close()


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10.0)


def _end(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(offset), 0) FROM records").fetchone()[0])


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA journal_size_limit=67108864")
    connection.execute(_TABLE)
    connection.execute(_CONSENTS)
    _check_format(connection, path)


def _check_format(connection: sqlite3.Connection, path: Path) -> None:
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found == 0:
        connection.execute(f"PRAGMA user_version={FORMAT}")
    elif found != FORMAT:
        raise StateError(
            f"log format {FORMAT} expected, came {found}: use the version that wrote {path.name}"
        )


def _recent_ids(connection: sqlite3.Connection, window: int) -> RecentIds:
    """The window as it was: the last so many records that have an id."""
    rows = connection.execute(
        "SELECT kind, event_id FROM records WHERE event_id <> '' ORDER BY offset DESC LIMIT ?", (window,)
    )
    marks = [fingerprint(Record(event_id, kind, b"")) for kind, event_id in rows]
    recent = RecentIds(window)
    recent.add(reversed(marks))
    return recent
