import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from shopwindow.errors import StateError
from shopwindow.stream.event_log import Record
from shopwindow.stream.sqlite_log import SqliteLog, SqliteReader


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "log.sqlite"


def click(event_id: str) -> Record:
    return Record(event_id, "action", event_id.encode())


def test_a_reopened_log_goes_on_where_it_ended_and_still_knows_its_ids(path: Path) -> None:
    with closing(SqliteLog.open(path)) as log:
        log.append([click("a"), click("b")])
    with closing(SqliteLog.open(path)) as log:
        appended = log.append([click("b"), click("c")])
        assert appended.offset.tolist() == [0, 3]
        assert [logged.offset for batch in log.replay(0) for logged in batch] == [1, 2, 3]


def test_the_window_after_reopening_is_the_window_before(path: Path) -> None:
    with closing(SqliteLog.open(path, window=2)) as log:
        log.append([click("a"), click("b"), Record("", "page", b""), click("c")])
    with closing(SqliteLog.open(path, window=2)) as log:
        assert log.append([click("b"), click("c")]).duplicate.all()
        assert not log.append([click("a")]).duplicate.any()


def test_a_second_writer_is_refused_and_a_reader_is_welcome(path: Path) -> None:
    with closing(SqliteLog.open(path)) as log:
        log.append([click("a")])
        with pytest.raises(StateError, match="in use by another process: one server per shop directory"):
            SqliteLog.open(path)
        assert SqliteReader(path).end() == 1
        log.append([click("b")])
        assert SqliteReader(path).end() == 2


def test_what_is_appended_is_synced_in_full(path: Path) -> None:
    with closing(SqliteLog.open(path)) as log:
        assert log._writing.execute("PRAGMA synchronous").fetchone() == (2,)
        assert log._writing.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_failed_append_leaves_nothing_behind(path: Path) -> None:
    with closing(SqliteLog.open(path)) as log:
        log.append([click("a")])
        log._writing.execute(
            "CREATE TRIGGER full BEFORE INSERT ON records WHEN NEW.event_id = 'c' "
            "BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
        )
        with pytest.raises(StateError, match=r"log\.sqlite cannot be written: disk is full"):
            log.append([click("b"), click("c")])
        log._writing.execute("DROP TRIGGER full")
        assert log.end() == 1
        assert log.append([click("b"), click("c")]).offset.tolist() == [2, 3]


def test_a_file_that_is_no_log_is_refused(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"this is not a database, it is a letter to a friend" * 100)
    with pytest.raises(StateError, match=r"log\.sqlite cannot be opened: file is not a database"):
        SqliteLog.open(path)


def test_a_reader_of_no_log_says_so_and_makes_none(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="expected an event log, came no file"):
        SqliteReader(tmp_path / "log.sqlite").end()
    with pytest.raises(StateError, match="expected an event log, came no file"):
        list(SqliteReader(tmp_path / "log.sqlite").replay(0))
    assert list(tmp_path.iterdir()) == []


def test_a_reader_of_something_else_says_so(tmp_path: Path) -> None:
    (tmp_path / "log.sqlite").write_bytes(b"this is not a database, it is a letter to a friend" * 100)
    with pytest.raises(StateError, match=r"log\.sqlite cannot be read: file is not a database"):
        SqliteReader(tmp_path / "log.sqlite").end()


def test_a_log_of_a_later_version_is_refused(path: Path) -> None:
    SqliteLog.open(path).close()
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA user_version=7")
    with pytest.raises(StateError, match="log format 1 expected, came 7"):
        SqliteLog.open(path)
