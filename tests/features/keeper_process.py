"""A process that keeps events until it is killed. `python keeper_process.py FOLDER FIRST`.

Four threads submit events n, n+1, ... each; an id is printed once its event is acknowledged.
"""

import sys
import threading
from itertools import count
from pathlib import Path

from shopwindow.features.customer import StateRules
from shopwindow.features.keeper import Keeper
from shopwindow.features.lmdb_store import LmdbStore
from shopwindow.features.recovery import recover
from shopwindow.schema.live import ActionEvent
from shopwindow.schema.shop import ShopConfig
from shopwindow.stream.event_log import record_of
from shopwindow.stream.sqlite_log import SqliteLog

RULES = StateRules.of(ShopConfig(name="test"))
BOOT = "one run of the machine"
WORKERS = 4


def send(worker: int, first: int, keeper: Keeper) -> None:
    for n in count(first):
        event = ActionEvent(
            event_id=f"{worker}-{n}", at_ms=n, customer_key=n % 5, item_key=n, action="purchase"
        )
        keeper.submit([record_of(event)]).result()
        sys.stdout.write(f"{worker} {n}\n")
        sys.stdout.flush()


def main() -> None:
    folder, firsts = Path(sys.argv[1]), [int(each) for each in sys.argv[2:]]
    log, store = SqliteLog.open(folder / "log.sqlite"), LmdbStore.open(folder / "lmdb", BOOT)
    recover(store, log, RULES)
    keeper = Keeper(log, store, RULES)
    threads = [
        threading.Thread(target=send, args=(worker, first, keeper)) for worker, first in enumerate(firsts)
    ]
    for thread in threads:
        thread.start()


if __name__ == "__main__":
    main()
