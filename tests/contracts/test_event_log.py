"""Every EventLog keeps the same promises."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwindow.stream.event_log import EventLog, Record
from shopwindow.stream.memory_log import MemoryLog
from shopwindow.stream.sqlite_log import SqliteLog

WINDOW = 5
Opened = Callable[[int], EventLog]


@pytest.fixture(params=["memory", "sqlite"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    logs: list[EventLog] = []

    def open_log(window: int) -> EventLog:
        path = tmp_path / str(len(logs)) / "log.sqlite"
        logs.append(MemoryLog(window) if request.param == "memory" else SqliteLog.open(path, window))
        return logs[-1]

    yield open_log
    for log in logs:
        log.close()


@pytest.fixture
def log(opened: Opened) -> EventLog:
    return opened(WINDOW)


def click(event_id: str, payload: bytes = b"x") -> Record:
    return Record(event_id, "action", payload)


def replayed(log: EventLog, after: int = 0, until: int | None = None) -> list[tuple[int, Record]]:
    return [tuple(logged) for batch in log.replay(after, until) for logged in batch]  # type: ignore[misc]


def test_a_new_log_is_empty(log: EventLog) -> None:
    assert log.end() == 0
    assert replayed(log) == []


def test_records_come_back_in_order_as_they_were_written(log: EventLog) -> None:
    first = [click("a", b"\x00\xff"), Record("b", "impression", b""), Record("", "page", b"p")]
    second = [Record("", "item", b"i")]
    assert log.append(first).offset.tolist() == [1, 2, 3]
    assert log.append(second).offset.tolist() == [4]
    assert replayed(log) == list(enumerate(first + second, start=1))
    assert log.end() == 4


def test_replay_gives_what_lies_after_and_until(log: EventLog) -> None:
    log.append([click(name) for name in "abcde"])
    assert [offset for offset, _ in replayed(log, after=1, until=3)] == [2, 3]
    assert [offset for offset, _ in replayed(log, after=3)] == [4, 5]
    assert replayed(log, after=5) == []
    assert [offset for offset, _ in replayed(log, after=0, until=99)] == [1, 2, 3, 4, 5]


def test_an_event_id_seen_lately_is_not_written_again(log: EventLog) -> None:
    log.append([click("a"), click("b")])
    again = log.append([click("b", b"other"), click("c")])
    assert again.duplicate.tolist() == [True, False]
    assert again.offset.tolist() == [0, 3]
    assert again.end == 3
    assert [record.event_id for _, record in replayed(log)] == ["a", "b", "c"]


def test_the_second_of_two_in_one_batch_is_a_duplicate(log: EventLog) -> None:
    assert log.append([click("a", b"1"), click("a", b"2")]).duplicate.tolist() == [False, True]
    assert replayed(log) == [(1, click("a", b"1"))]


def test_a_batch_of_duplicates_changes_nothing(log: EventLog) -> None:
    log.append([click("a")])
    assert log.append([click("a")]).end == 1
    assert log.end() == 1


def test_an_action_and_an_impression_may_share_an_id(log: EventLog) -> None:
    assert not log.append([click("a"), Record("a", "impression", b"")]).duplicate.any()


def test_records_without_an_id_are_never_duplicates(log: EventLog) -> None:
    page = Record("", "page", b"p")
    assert not log.append([page, page]).duplicate.any()
    assert not log.append([page]).duplicate.any()


def test_an_id_is_forgotten_when_the_window_has_passed(log: EventLog) -> None:
    log.append([click(str(n)) for n in range(WINDOW)])
    assert log.append([click("0")]).duplicate.all()
    log.append([click("new")])  # now "0" is the one that came WINDOW + 1 ago
    assert log.append([click("1")]).duplicate.all()
    assert not log.append([click("0")]).duplicate.any()


def test_an_append_of_nothing_is_nothing(log: EventLog) -> None:
    appended = log.append([])
    assert (len(appended.offset), appended.end, log.end()) == (0, 0, 0)


def test_replay_sees_what_was_there_when_it_began(log: EventLog) -> None:
    log.append([click(str(n)) for n in range(3)])
    running = log.replay(0)
    begun = next(running)
    log.append([click("later")])
    assert [logged.offset for batch in (begun, *running) for logged in batch] == [1, 2, 3]


@given(batches=st.lists(st.lists(st.sampled_from("abcdef"), max_size=6), max_size=8))
def test_every_id_is_there_once_whatever_the_batches(batches: Sequence[Sequence[str]]) -> None:
    log = MemoryLog(window=100)
    for batch in batches:
        log.append([click(name) for name in batch])
    ids = [name for batch in batches for name in batch]
    assert [record.event_id for _, record in replayed(log)] == list(dict.fromkeys(ids))


def test_long_logs_come_in_batches_that_join(opened: Opened) -> None:
    log = opened(10_000)
    log.append([click(str(n)) for n in range(2500)])
    assert max(len(batch) for batch in log.replay(0)) <= 1000
    assert [offset for offset, _ in replayed(log, after=7)] == list(range(8, 2501))
