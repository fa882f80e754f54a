from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from tests.features.histories import SHOP, columns_of, random_events

from shopwindow.errors import StateError
from shopwindow.features.customer import StateRules
from shopwindow.features.encoding import encode_state
from shopwindow.features.lmdb_store import LmdbStore
from shopwindow.features.memory_store import MemoryStore
from shopwindow.features.recovery import recover
from shopwindow.features.seed import seed
from shopwindow.features.store import Changes, FeatureStore
from shopwindow.features.updater import catch_up, state_at, update
from shopwindow.schema.live import ActionEvent, ItemEvent
from shopwindow.stream.event_log import Logged, Record, record_of
from shopwindow.stream.memory_log import MemoryLog

RULES = StateRules.of(SHOP)
EVENTS = random_events(seed=1, customers=30, events=1500)
KEYS = [10 * n for n in range(1, 31)]


def log_of(events: Sequence[ActionEvent]) -> MemoryLog:
    log = MemoryLog(batch=7)
    log.append([record_of(event) for event in events])
    return log


def states(store: FeatureStore) -> list[bytes]:
    return [encode_state(state) for state in store.read(KEYS).states]


def live(events: Sequence[ActionEvent]) -> list[bytes]:
    return states(state_at(log_of(events), len(events), RULES))


def without_country(store: FeatureStore) -> list[bytes]:
    return [encode_state(replace(state, country=-1)) for state in store.read(KEYS).states]


def test_seeded_state_is_the_state_of_the_same_events_live() -> None:
    store = MemoryStore()
    assert seed(store, columns_of(EVENTS), RULES) == 30
    assert without_country(store) == live(EVENTS)


@pytest.mark.parametrize("cut", [0, 1, 700, 1500])
def test_imported_and_then_live_is_the_same_as_all_live(cut: int) -> None:
    store = MemoryStore()
    done = recover(store, log_of(EVENTS[cut:]), RULES, columns_of(EVENTS[:cut]))
    assert (done.rebuilt, done.replayed) == ("", 1500 - cut)
    assert without_country(store) == live(EVENTS)
    assert store.applied().offset == 1500 - cut


def test_what_is_done_is_not_done_again() -> None:
    store, log, history = MemoryStore(), log_of(EVENTS[700:]), columns_of(EVENTS[:700])
    recover(store, log, RULES, history)
    before = states(store)
    done = recover(store, log, RULES, history)
    assert (done.rebuilt, done.seeded, done.replayed) == ("", 0, 0)
    assert states(store) == before


def test_a_broken_off_seed_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shopwindow.features.seed.CUSTOMERS_AT_ONCE", 8)
    history, store = columns_of(EVENTS), MemoryStore()

    def interrupted(done: int, total: int) -> None:
        if done == 16:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        seed(store, history, RULES, interrupted)
    assert store.applied().seeded == 16
    assert recover(store, MemoryLog(), RULES, history).seeded == 30 - 16
    assert without_country(store) == live(EVENTS)


def test_other_imported_data_builds_the_state_anew() -> None:
    store, log = MemoryStore(), log_of(EVENTS[700:])
    recover(store, log, RULES, columns_of(EVENTS[:300]))
    now = replace(columns_of(EVENTS[:700]), fingerprint="columns of July")
    assert recover(store, log, RULES, now).rebuilt == "the imported data below the live events has changed"
    assert without_country(store) == live(EVENTS)


def test_state_ahead_of_the_log_is_built_anew() -> None:
    store = MemoryStore()
    recover(store, log_of(EVENTS), RULES)
    restored = log_of(EVENTS[:100])
    assert recover(store, restored, RULES).rebuilt == "the state is at offset 1500, the log ends at 100"
    assert states(store) == live(EVENTS[:100])


def test_state_of_another_log_is_built_anew() -> None:
    store = MemoryStore()
    recover(store, log_of(EVENTS[:100]), RULES)
    done = recover(store, log_of(EVENTS[50:400]), RULES)
    assert done.rebuilt == "the log has another record at offset 100 than the state has applied"
    assert states(store) == live(EVENTS[50:400])


@pytest.mark.parametrize("size", [1, 3, 100, 1500])
def test_state_does_not_depend_on_how_the_log_was_read(size: int) -> None:
    store = MemoryStore()
    logged = [Logged(n, record_of(event)) for n, event in enumerate(EVENTS, start=1)]
    for start in range(0, len(logged), size):
        update(store, logged[start : start + size], RULES)
    assert states(store) == live(EVENTS)


def test_state_at_an_offset_is_what_it_was_then() -> None:
    log, store = log_of(EVENTS), MemoryStore()
    for end in (10, 11, 500, 1500):
        catch_up(store, log, RULES, until=end)
        assert store.applied().offset == end
        assert states(store) == states(state_at(log, end, RULES))


@pytest.mark.parametrize("offset", [1, 3])
def test_a_batch_that_is_not_the_next_one_is_refused(offset: int) -> None:
    store = MemoryStore()
    update(store, [Logged(1, record_of(EVENTS[0]))], RULES)
    with pytest.raises(StateError, match=f"state has applied offset 1, expected 2 next, came {offset}"):
        update(store, [Logged(offset, record_of(EVENTS[1]))], RULES)
    assert store.applied().offset == 1


def test_a_record_that_cannot_be_read_stops_the_replay_with_the_reason() -> None:
    log = MemoryLog()
    log.append([Record("a", "action", b"\x81\xa1")])
    with pytest.raises(StateError, match="a log record of kind action cannot be read"):
        recover(MemoryStore(), log, RULES)


def test_items_are_replayed_too() -> None:
    log, store = MemoryLog(), MemoryStore()
    for title in ("old", "new"):
        log.append([record_of(ItemEvent(item_key=5, item_id="boots", at_ms=1, title=title))])
    recover(store, log, RULES)
    assert [item.title for item in store.items()] == ["new"]


def filled(folder: Path, boot: str) -> LmdbStore:
    store = LmdbStore.open(folder, boot)
    recover(store, log_of(EVENTS), RULES)
    return store


def test_a_closed_store_is_trusted_after_a_restart_of_the_machine(tmp_path: Path) -> None:
    filled(tmp_path / "lmdb", "monday").close()
    with closing(LmdbStore.open(tmp_path / "lmdb", "tuesday")) as store:
        assert store.applied().offset == 1500
        assert states(store) == live(EVENTS)


def test_a_store_left_open_is_trusted_in_the_same_run_of_the_machine(tmp_path: Path) -> None:
    filled(tmp_path / "lmdb", "monday")._env.close()  # as a killed process leaves it
    with closing(LmdbStore.open(tmp_path / "lmdb", "monday")) as store:
        assert store.applied().offset == 1500


@pytest.mark.parametrize("boots", [("monday", "tuesday"), ("", "")])
def test_a_store_left_open_is_built_anew_after_a_crash_of_the_machine(
    tmp_path: Path, boots: tuple[str, str]
) -> None:
    filled(tmp_path / "lmdb", boots[0])._env.close()
    with closing(LmdbStore.open(tmp_path / "lmdb", boots[1])) as store:
        assert store.applied().offset == 0
        assert recover(store, log_of(EVENTS), RULES).replayed == 1500
        assert states(store) == live(EVENTS)


def test_a_damaged_store_is_built_anew(tmp_path: Path) -> None:
    filled(tmp_path / "lmdb", "monday").close()
    (tmp_path / "lmdb" / "data.mdb").write_bytes(b"not a map of anything" * 1000)
    with closing(LmdbStore.open(tmp_path / "lmdb", "monday")) as store:
        recover(store, log_of(EVENTS), RULES)
        assert states(store) == live(EVENTS)


def test_a_store_in_a_place_that_is_a_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="cannot be opened"):
        LmdbStore.open(tmp_path / "file" / "lmdb", "monday")


def test_a_store_that_cannot_be_thrown_away_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what is left of it would be marked as of this run of the machine, and trusted."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("not yours")

    filled(tmp_path / "lmdb", "monday")._env.close()
    monkeypatch.setattr("shopwindow.features.lmdb_store.shutil.rmtree", refuse)
    with pytest.raises(StateError, match="cannot be opened: not yours"):
        LmdbStore.open(tmp_path / "lmdb", "tuesday")


def test_a_write_that_fails_leaves_the_state_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shopwindow.features.lmdb_store.MAP_BYTES", 1 << 20)
    with closing(LmdbStore.open(tmp_path / "lmdb", "monday")) as store:
        state = state_at(log_of(EVENTS), 1500, RULES).read([10]).states[0]
        store.write(Changes(applied=store.applied(), customers={1: state}))
        with pytest.raises(StateError, match=r"cannot be written: .*MDB_MAP_FULL"):
            store.write(Changes(applied=store.applied(), customers=dict.fromkeys(range(2000), state)))
        assert store.customers(9) == [(1, len(state))]
