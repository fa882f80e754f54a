"""Log and state without HTTP: appends per second, how long a read takes, how fast state is seeded and replayed.

`make bench NAME=state`. Everything is made up; nothing of --data is read. The disk is that of --folder.
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.record import Row, command_line, peak_mib, write_results
from shopwindow.datasets.columns import EventColumns
from shopwindow.features.customer import StateRules
from shopwindow.features.keeper import Keeper
from shopwindow.features.live_journey import JourneyView, LiveContext, journey_of
from shopwindow.features.lmdb_store import LmdbStore
from shopwindow.features.memory_store import MemoryStore
from shopwindow.features.recovery import recover
from shopwindow.features.seed import seed
from shopwindow.schema.live import ActionEvent
from shopwindow.schema.shop import ShopConfig
from shopwindow.stream.event_log import Record, record_of
from shopwindow.stream.sqlite_log import SqliteLog

SHOP = ShopConfig(name="state")
RULES = StateRules.of(SHOP)
PATHS = tuple(f"department-{n}/shelf-{n}" for n in range(100))
SEED = 0


def records(first: int, count: int) -> list[Record]:
    rng = np.random.default_rng(first)
    customers, items = rng.integers(1, 50_000, count).tolist(), rng.integers(0, 10_000, count).tolist()
    return [
        record_of(
            ActionEvent(
                event_id=f"event-{first + n}",
                at_ms=first + n,
                customer_key=customers[n],
                item_key=items[n],
                action="click",
                surface="browse",
                category=PATHS[items[n] % 100],
                device="phone",
            )
        )
        for n in range(count)
    ]


def columns(customers: int, events_each: int) -> EventColumns:
    rng = np.random.default_rng(SEED)
    size = customers * events_each
    every = np.zeros(size, dtype=np.int32)
    return EventColumns(
        customer_key=np.sort(rng.choice(2**62, customers, replace=False)),
        offsets=np.arange(0, size + 1, events_each, dtype=np.int64),
        country=every[:customers],
        device=every[:customers],
        item_key=rng.integers(0, 10_000, size).astype(np.int32),
        action=rng.integers(0, 4, size).astype(np.uint8),
        at_ms=np.tile(np.arange(events_each, dtype=np.int64) * 60_000, customers),
        surface=every.astype(np.int16),
        category=rng.integers(0, 100, size).astype(np.int32),
        query=every - 1,
        session=every,
        position=every.astype(np.int16),
        category_paths=PATHS,
        fingerprint="made up",
    )


def row(model: str, protocol: str, metric: str, value: float, n: int) -> Row:
    return Row(
        dataset="simulated-events", protocol=protocol, model=model, metric=metric, value=value, n=n, seed=SEED,
        peak_mib=peak_mib(), command=command_line(),
    )  # fmt: skip


def appends(folder: Path, together: int, count: int) -> Row:
    """Events per second, `together` in each synced transaction."""
    with closing(SqliteLog.open(folder / f"append-{together}.sqlite")) as log:
        batches = [records(start, together) for start in range(0, count, together)]
        begun = time.perf_counter()
        for batch in batches:
            log.append(batch)
        spent = time.perf_counter() - begun
    return row("sqlite-log", f"{together} per synced transaction", "events_per_s", count / spent, count)


def kept(folder: Path, threads: int, count: int) -> list[Row]:
    """Events per second through the keeper (append, fsync, apply), each thread waiting for each of its events."""
    with (
        closing(SqliteLog.open(folder / f"keeper-{threads}.sqlite")) as log,
        closing(LmdbStore.open(folder / f"keeper-{threads}", "")) as store,
        Keeper(log, store, RULES) as keeper,
    ):
        own = [records(worker * count, count) for worker in range(threads)]
        spent_us: list[float] = []

        def work(worker: int) -> None:
            for record in own[worker]:
                asked = time.perf_counter()
                keeper.submit([record]).result()
                spent_us.append((time.perf_counter() - asked) * 1e6)

        workers = [threading.Thread(target=work, args=(worker,)) for worker in range(threads)]
        begun = time.perf_counter()
        for each in workers:
            each.start()
        for each in workers:
            each.join()
        rate = threads * count / (time.perf_counter() - begun)
    name = f"{threads} callers, one event per call, acknowledged when synced and applied"
    rows = [row("keeper", name, "events_per_s", rate, threads * count)]
    return rows + percentiles("keeper", name, spent_us)


def percentiles(model: str, protocol: str, spent_us: list[float]) -> list[Row]:
    return [
        row(model, protocol, f"p{p}_ms", float(np.percentile(spent_us, p)) / 1000, len(spent_us))
        for p in (50, 99)
    ]


def timed(call: Callable[[int], Any], count: int) -> list[float]:
    spent = []
    for n in range(count):
        asked = time.perf_counter()
        call(n)
        spent.append((time.perf_counter() - asked) * 1e6)
    return spent


def reads(folder: Path, customers: int) -> list[Row]:
    """Seeding, then the time of one state and of one journey."""
    history = columns(customers, 120)
    with closing(LmdbStore.open(folder / "seeded", "")) as store:
        begun = time.perf_counter()
        seed(store, history, RULES)
        rate = customers / (time.perf_counter() - begun)
        rows = [row("lmdb-store", "seed, 120 actions each", "customers_per_s", rate, customers)]
        keys = np.random.default_rng(SEED).choice(history.customer_key, 20_000).tolist()
        view = JourneyView.of(np.arange(10_000, dtype=np.int32), PATHS, "/", 0)
        now = LiveContext(at_ms=10**9, surface=1, category=3)
        state = store.read(keys[:1]).states[0]
        reading = timed(lambda n: store.read(keys[n : n + 1]), len(keys))
        building = timed(lambda n: journey_of([state], [now], view), 5000)
    rows += percentiles("lmdb-store", "read a state of 100 actions", reading)
    return rows + percentiles("live-journey", "state of 100 actions to a journey", building)


def replayed(folder: Path) -> Row:
    """Records per second from the log to an empty store."""
    with closing(SqliteLog.open(folder / "append-1000.sqlite")) as log:
        begun = time.perf_counter()
        count = recover(MemoryStore(), log, RULES).replayed
        return row(
            "sqlite-log",
            "replay into an empty store",
            "events_per_s",
            count / (time.perf_counter() - begun),
            count,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", help="not read")
    parser.add_argument("--folder", type=Path, help="where to write; default: a temporary folder")
    parser.add_argument("--customers", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        rows = [appends(folder, 1, 3000), appends(folder, 100, 100_000), appends(folder, 1000, 200_000)]
        rows += [*kept(folder, 1, 2000), *kept(folder, 32, 500)]
        rows += [replayed(folder), *reads(folder, given.customers)]
    write_results("state", rows)


if __name__ == "__main__":
    main()
