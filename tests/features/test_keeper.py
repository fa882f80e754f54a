import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from shopwindow.errors import RequestError, StateError
from shopwindow.features.customer import StateRules
from shopwindow.features.keeper import Keeper, KeeperLimits
from shopwindow.features.memory_store import MemoryStore
from shopwindow.features.updater import state_at
from shopwindow.schema.live import ActionEvent, ItemEvent, PageEvent
from shopwindow.schema.shop import ShopConfig
from shopwindow.stream.event_log import Appended, EventLog, Logged, Record, record_of
from shopwindow.stream.memory_log import MemoryLog
from shopwindow.stream.sqlite_log import SqliteLog

RULES = StateRules.of(ShopConfig(name="test"))


def click(event_id: str, customer_key: int = 1, item_key: int = 1, at_ms: int = 0) -> Record:
    return record_of(
        ActionEvent(
            event_id=event_id, at_ms=at_ms, customer_key=customer_key, item_key=item_key, action="click"
        )
    )


def page(page_id: str) -> Record:
    return record_of(
        PageEvent(page_id=page_id, at_ms=1, surface="home", k=1, items=(1,), release="r", log_offset=0)
    )


class HeldLog:
    """A log that waits to be let go on, counts its transactions, and can be made to fail."""

    def __init__(self) -> None:
        self.inner = MemoryLog()
        self.go = threading.Event()
        self.taken = threading.Event()
        self.sizes: list[int] = []
        self.broken = False

    def append(self, records: Sequence[Record]) -> Appended:
        self.taken.set()
        assert self.go.wait(10)
        if self.broken:
            raise StateError("the disk is full")
        self.sizes.append(len(records))
        return self.inner.append(records)

    def replay(self, after: int, until: int | None = None) -> Iterator[Sequence[Logged]]:
        return self.inner.replay(after, until)

    def end(self) -> int:
        return self.inner.end()

    def close(self) -> None:
        self.inner.close()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def held() -> HeldLog:
    return HeldLog()


def test_an_acknowledged_event_is_in_the_log_and_in_the_state(tmp_path: Path, store: MemoryStore) -> None:
    with closing(SqliteLog.open(tmp_path / "log.sqlite")) as log, Keeper(log, store, RULES) as keeper:
        ack = keeper.submit([click("a"), click("b", item_key=2)]).result(10)
        assert log.end() == ack.offset == 2
        snapshot = store.read([1])
        assert snapshot.offset == 2
        assert snapshot.states[0].actions["item_key"].tolist() == [1, 2]


def test_a_repeated_event_is_acknowledged_as_a_duplicate_and_applied_once(store: MemoryStore) -> None:
    with Keeper(MemoryLog(), store, RULES) as keeper:
        keeper.submit([click("a")]).result(10)
        assert keeper.submit([click("a"), click("b")]).result(10).duplicate.tolist() == [True, False]
        assert keeper.submit([click("a"), click("b")]).result(10).offset == 2
    assert len(store.read([1]).states[0]) == 2


def test_what_waits_is_written_in_one_transaction(store: MemoryStore, held: HeldLog) -> None:
    with Keeper(held, store, RULES) as keeper:
        first = keeper.submit([click("first")])
        assert held.taken.wait(10)
        rest = [keeper.submit([click(str(n)), click(f"{n}'")]) for n in range(20)]
        assert keeper.health().waiting == 41
        held.go.set()
        assert first.result(10).offset == 1
        assert {future.result(10).offset for future in rest} == {41}
    assert held.sizes == [1, 40]


def test_a_submission_is_never_cut_in_two(store: MemoryStore, held: HeldLog) -> None:
    with Keeper(held, store, RULES, limits=KeeperLimits(together=5)) as keeper:
        keeper.submit([click("first")])
        assert held.taken.wait(10)
        rest = [
            keeper.submit([click(f"{n} {m}") for m in range(size)]) for n, size in enumerate((3, 3, 9, 1))
        ]
        held.go.set()
        for future in rest:
            future.result(10)
    assert held.sizes == [1, 3, 3, 9, 1]


def test_callers_are_turned_away_when_too_much_waits(store: MemoryStore, held: HeldLog) -> None:
    with Keeper(held, store, RULES, limits=KeeperLimits(waiting=3)) as keeper:
        accepted = keeper.submit([click("a"), click("b")])
        with pytest.raises(RequestError, match="2 events are waiting to be written, at most 3 may") as busy:
            keeper.submit([click("c"), click("d")])
        assert busy.value.code == "busy"
        assert not keeper.note([page("p"), page("q")])
        assert keeper.note([page("p")])
        held.go.set()
        assert accepted.result(10).offset >= 2


def test_one_large_submission_is_taken_when_nothing_waits(store: MemoryStore) -> None:
    with Keeper(MemoryLog(), store, RULES, limits=KeeperLimits(waiting=3)) as keeper:
        assert keeper.submit([click(str(n)) for n in range(10)]).result(10).offset == 10


def test_noted_pages_are_in_the_log_when_the_keeper_has_closed(store: MemoryStore) -> None:
    log = MemoryLog()
    with Keeper(log, store, RULES, limits=KeeperLimits(linger_s=60)) as keeper:
        assert keeper.note([page("p")])
        assert keeper.note([page("q")])
    assert [logged.record for batch in log.replay(0) for logged in batch] == [page("p"), page("q")]
    assert store.applied().offset == 2


def test_noted_pages_do_not_wait_for_an_event_forever(store: MemoryStore, held: HeldLog) -> None:
    with Keeper(held, store, RULES, limits=KeeperLimits(linger_s=0.001)) as keeper:
        held.go.set()
        keeper.note([page("p")])
        assert held.taken.wait(10)


def test_a_failing_disk_is_told_to_all_who_wait_and_to_health(store: MemoryStore, held: HeldLog) -> None:
    keeper = Keeper(held, store, RULES)
    futures = [keeper.submit([click("a")])]
    assert held.taken.wait(10)
    futures.append(keeper.submit([click("b")]))
    held.broken = True
    held.go.set()
    for future in futures:
        with pytest.raises(StateError, match="events cannot be kept: the disk is full"):
            future.result(10)
    health = keeper.health()
    assert not health.ok
    assert "the disk is full. Mend the cause and start the server again" in health.reason
    with pytest.raises(StateError, match="the disk is full"):
        keeper.submit([click("c")])
    assert not keeper.note([page("p")])
    keeper.close()
    assert store.applied().offset == 0


def test_a_closed_keeper_takes_nothing_more(store: MemoryStore) -> None:
    keeper = Keeper(MemoryLog(), store, RULES)
    keeper.close()
    with pytest.raises(StateError, match="the keeper is stopping"):
        keeper.submit([click("a")])
    assert not keeper.health().ok


def test_changed_items_are_announced_before_the_caller_hears(store: MemoryStore) -> None:
    heard: list[tuple[list[str], int]] = []
    item = record_of(ItemEvent(item_key=1, item_id="boots", at_ms=1))
    with Keeper(
        MemoryLog(), store, RULES, lambda items, offset: heard.append(([i.item_id for i in items], offset))
    ) as keeper:
        keeper.submit([click("a"), item]).result(10)
        assert heard == [(["boots"], 2)]
        keeper.submit([click("b")]).result(10)
    assert heard == [(["boots"], 2)]
    assert [item.item_id for item in store.items()] == ["boots"]


def test_many_threads_lose_and_double_nothing_and_replay_gives_the_same_state(tmp_path: Path) -> None:
    store = MemoryStore()
    log: EventLog = SqliteLog.open(tmp_path / "log.sqlite")

    def work(worker: int, keeper: Keeper) -> None:
        for n in range(50):
            keeper.submit([click(f"{worker}-{n}", n % 3, n, at_ms=n % 7)]).result(30)

    with closing(log), Keeper(log, store, RULES) as keeper:
        threads = [threading.Thread(target=work, args=(worker, keeper)) for worker in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ids = [logged.record.event_id for batch in log.replay(0) for logged in batch]
        assert sorted(ids) == sorted(f"{worker}-{n}" for worker in range(8) for n in range(50))
        again = state_at(log, log.end(), RULES)
        for live, replayed in zip(store.read([0, 1, 2]).states, again.read([0, 1, 2]).states, strict=True):
            assert live.actions.tobytes() == replayed.actions.tobytes()
