"""The server killed with SIGKILL at random moments under load: is every acknowledged event there, and none twice?

`make bench NAME=durability`. A real `shopwindow serve` on a shop of its own; this process is the client. After each
kill the batches without an answer are sent again, with the same event ids, to the server started anew. At the end
the log is read, and the state that survived is compared with one replayed from the first record on.
"""

import argparse
import http.client
import json
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.record import Row, command_line, write_results
from shopwindow.config import ShopDirectory
from shopwindow.features.boot import boot_id
from shopwindow.features.customer import StateRules
from shopwindow.features.encoding import encode_state
from shopwindow.features.lmdb_store import LmdbStore
from shopwindow.features.updater import catch_up, state_at
from shopwindow.schema.live import decode
from shopwindow.schema.shop import ShopConfig, shop_toml
from shopwindow.stream.sqlite_log import SqliteLog

SHOP = ShopConfig(name="durability")
ITEMS = 200
CUSTOMERS = 500
BATCH = 10
SHORTEST_LOAD_S, LONGEST_LOAD_S = 0.05, 1.5
UNDISTURBED_S = 5.0
START_S = 60.0


class Server:
    """One life of a server process."""

    def __init__(self, shop: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        begun = time.perf_counter()
        self._said = (shop / "server.txt").open("a", encoding="utf-8")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "shopwindow", "serve", "--shop", str(shop), "--port", str(self.port)],
            stdout=self._said,
            stderr=self._said,
        )
        while not self._answers():
            if self._process.poll() is not None or time.perf_counter() - begun > START_S:
                self.kill()
                raise SystemExit(f"the server did not start:\n{(shop / 'server.txt').read_text()[-2000:]}")
            time.sleep(0.01)
        self.start_s = time.perf_counter() - begun

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._said.close()

    def _answers(self) -> bool:
        with closing(self.connect()) as connection:
            try:
                connection.request("GET", "/health")
                return connection.getresponse().status == 200
            except OSError:
                return False


@dataclass
class Client:
    """One customer of the API: sends batches, remembers what was acknowledged and what must be sent again."""

    name: str
    rng: random.Random
    sent: int = 0
    unanswered: list[str] = field(default_factory=list)
    acknowledged: set[str] = field(default_factory=set)
    duplicates: int = 0
    wrong: str = ""

    def load(self, server: Server, stop: threading.Event) -> None:
        with closing(server.connect()) as connection:
            while not stop.is_set() and self._send(connection):
                pass

    def _send(self, connection: http.client.HTTPConnection) -> bool:
        """One batch; false when the server is gone."""
        ids = self.unanswered or [f"{self.name}-{self.sent + n}" for n in range(BATCH)]
        if not self.unanswered:
            self.sent += BATCH
        self.unanswered = ids
        try:
            connection.request(
                "POST", "/v1/events", json.dumps({"events": [self._event(each) for each in ids]})
            )
            response = connection.getresponse()
            body = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError):
            return False
        if response.status != 200 or body["rejected"]:
            self.wrong = f"expected 200 and nothing rejected, came {response.status}: {body}"
            return False
        self.acknowledged.update(ids)
        self.duplicates += body["duplicates"]
        self.unanswered = []
        return True

    def _event(self, event_id: str) -> dict[str, object]:
        return {
            "type": "action",
            "event_id": event_id,
            "customer": f"customer-{self.rng.randrange(CUSTOMERS)}",
            "item": f"item-{self.rng.randrange(ITEMS)}",
            "action": self.rng.choice(SHOP.action_names),
            "surface": "home",
        }


def put_items(server: Server) -> None:
    body = json.dumps({"items": [{"item": f"item-{n}", "title": f"Item {n}"} for n in range(ITEMS)]})
    with closing(server.connect()) as connection:
        connection.request("PUT", "/v1/items", body)
        response = connection.getresponse()
        answer = json.loads(response.read())
    if response.status != 200 or answer["accepted"] != ITEMS:
        raise SystemExit(f"expected {ITEMS} items accepted, came {response.status}: {answer}")


def under_load(server: Server, clients: list[Client], load_s: float, kill: bool) -> float:
    """Load for so long, then the end of it; returns the seconds that it lasted."""
    stop = threading.Event()
    threads = [threading.Thread(target=client.load, args=(server, stop)) for client in clients]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    time.sleep(load_s)
    if kill:
        server.kill()
    spent = time.perf_counter() - begun
    stop.set()
    for thread in threads:
        thread.join()
    for client in clients:
        if client.wrong:
            raise SystemExit(client.wrong)
    return spent


@dataclass(frozen=True)
class Verdict:
    """`lost`: acknowledged, not in the log. `doubled`: ids that are there more than once, or twice in state."""

    lost: int
    doubled: int
    logged: int
    customers: int
    wrong_states: int


def verdict(directory: ShopDirectory, acknowledged: set[str]) -> Verdict:
    """Read log and surviving state as the next start would."""
    rules = StateRules.of(SHOP)
    with (
        closing(SqliteLog.open(directory.state / "log.sqlite")) as log,
        closing(LmdbStore.open(directory.state / "customers", boot_id())) as store,
    ):
        survived = store.applied().offset
        catch_up(store, log, rules)
        events = [each.record for batch in log.replay(0) for each in batch if each.record.kind == "action"]
        ids = Counter(record.event_id for record in events)
        customers = sorted({decode("action", record.payload).customer_key for record in events})  # type: ignore[union-attr]
        replayed = state_at(log, log.end(), rules).read(customers).states
        wrong = sum(
            encode_state(one) != encode_state(two)
            for one, two in zip(store.read(customers).states, replayed, strict=True)
        )
        if not survived:
            raise SystemExit("the state did not outlive the process: nothing was shown")
    return Verdict(
        lost=len(acknowledged - ids.keys()),
        doubled=sum(count - 1 for count in ids.values()),
        logged=len(events),
        customers=len(customers),
        wrong_states=wrong,
    )


def measured(folder: Path, kills: int, num_clients: int, seed: int) -> list[Row]:
    rng = random.Random(seed)
    (folder / "shop.toml").write_text(shop_toml(SHOP), encoding="utf-8")
    clients = [Client(f"client-{n}", random.Random(seed * 1000 + n)) for n in range(num_clients)]
    begun, starts = time.perf_counter(), []
    server = Server(folder)
    put_items(server)
    for kill in range(kills):
        under_load(server, clients, rng.uniform(SHORTEST_LOAD_S, LONGEST_LOAD_S), kill=True)
        server = Server(folder)
        starts.append(server.start_s)
        done = sum(len(client.acknowledged) for client in clients)
        print(f"\rkilled {kill + 1} of {kills}, {done} events acknowledged", end="", flush=True)
    print()
    before = sum(len(client.acknowledged) for client in clients)
    spent = under_load(server, clients, UNDISTURBED_S, kill=False)
    server.kill()
    acknowledged = set().union(*(client.acknowledged for client in clients))
    found = verdict(ShopDirectory(folder), acknowledged)
    figures = [
        ("kills", kills, kills, ""),
        ("acknowledged", len(acknowledged), len(acknowledged), ""),
        ("acknowledged_lost", found.lost, len(acknowledged), ""),
        (
            "doubled",
            found.doubled,
            found.logged,
            f"{sum(c.duplicates for c in clients)} sent again were turned away",
        ),
        ("wrong_states", found.wrong_states, found.customers, "against a replay from the first record"),
        (
            "events_per_s",
            (len(acknowledged) - before) / spent,
            len(acknowledged) - before,
            f"not killed; {num_clients} clients, batches of {BATCH}",
        ),
        ("restart_s", statistics.median(starts), len(starts), "median, from start to the first answer"),
    ]
    return [
        Row(
            dataset="simulated-events", protocol="SIGKILL under load",
            model="http server", metric=metric, value=value, n=n, seconds=time.perf_counter() - begun, seed=seed,
            command=command_line(), note=note,
        )
        for metric, value, n, note in figures
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", help="not read")
    parser.add_argument("--folder", type=Path, help="where the shop is made; default: a temporary folder")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        rows = measured(Path(name), given.kills, given.clients, given.seed)
    write_results("durability", rows)
    if any(row.value for row in rows if row.metric in ("acknowledged_lost", "doubled", "wrong_states")):
        sys.exit(1)


if __name__ == "__main__":
    main()
