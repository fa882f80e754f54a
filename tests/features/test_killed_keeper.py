import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from tests.features.keeper_process import BOOT, RULES, WORKERS

from shopwindow.features.encoding import encode_state
from shopwindow.features.lmdb_store import LmdbStore
from shopwindow.features.recovery import recover
from shopwindow.features.updater import state_at
from shopwindow.stream.sqlite_log import SqliteLog

SCRIPT = Path(__file__).with_name("keeper_process.py")


def killed_after(folder: Path, next_ids: list[int], load_s: float) -> list[tuple[int, int]]:
    """What a keeper acknowledged in `load_s` seconds of load, then SIGKILL."""
    arguments = [sys.executable, str(SCRIPT), str(folder), *(str(n) for n in next_ids)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]  # it is under way
        time.sleep(load_s)
        process.kill()
        lines += process.stdout.read().split("\n")
    whole = [line.split() for line in lines if line.strip()]
    return [(int(line[0]), int(line[1])) for line in whole]


def test_what_a_killed_keeper_acknowledged_is_there_once_and_applied(tmp_path: Path) -> None:
    next_ids, acknowledged = [0] * WORKERS, set()
    for load_s in (0.05, 0.21, 0.4):
        for worker, n in killed_after(tmp_path, next_ids, load_s):
            acknowledged.add(f"{worker}-{n}")
            next_ids[worker] = max(next_ids[worker], n + 1)  # the one in flight is sent again
    assert len(acknowledged) > 3 * WORKERS

    with (
        closing(SqliteLog.open(tmp_path / "log.sqlite")) as log,
        closing(LmdbStore.open(tmp_path / "lmdb", BOOT)) as store,
    ):
        assert recover(store, log, RULES).rebuilt == ""  # the map outlived the process
        logged = Counter(each.record.event_id for batch in log.replay(0) for each in batch)
        assert acknowledged <= logged.keys()
        assert set(logged.values()) == {1}
        replayed = state_at(log, log.end(), RULES)
        customers = range(5)
        assert [encode_state(state) for state in store.read(customers).states] == [
            encode_state(state) for state in replayed.read(customers).states
        ]
