"""A page over HTTP with a million items: latency at a constant rate, and how many pages a second at most.

`make bench NAME=page [ARGS='--shop demo-shop']`. The million items are those of a small trained shop, copied with noise:
each is a trained item's vectors plus Gaussian noise half as long as the vector, with that item's category, brand and
attributes. Customers keep their histories (each step at one of the copies). The server is `shopwindow serve` in a process
of its own, everything on: state, two-tower, policies, the page log on disk. The client (http_load.py) is open loop.
"""

import argparse
import http.client
import json
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.http_load import get, open_loop, post, saturated
from benchmarks.record import Row, command_line, write_results
from shopwindow.config import ShopDirectory
from shopwindow.datasets.columns import load_columns, save_columns
from shopwindow.features.customer import StateRules
from shopwindow.features.memory_store import MemoryStore
from shopwindow.features.seed import seed
from shopwindow.index.recall import Queries
from shopwindow.ingest.identity import open_identity
from shopwindow.release.bundle import MODEL, Release, load_release
from shopwindow.release.registry import activate, active_path
from shopwindow.release.write import ReleaseParts, write_release
from shopwindow.schema.catalog import catalog_of
from shopwindow.schema.live import NOBODY
from shopwindow.schema.request import RankRequest
from shopwindow.serving.assembly import ranking_of
from shopwindow.serving.lookup import Keys, Known, context_of

NEW_CUSTOMERS = 0.1
PAGE = 24
START_S = 300.0


@dataclass(frozen=True, kw_only=True)
class Load:
    """What is asked: the share of each surface, pages of 24, new customers one in ten."""

    name: str
    browse: float
    home: float
    similar: float

    def words(self) -> str:
        shares = [f"{share:.0%} {name}" for name, share in vars(self).items() if name != "name" and share]
        return " + ".join(shares)


MIXED = Load(name="mixed", browse=0.6, home=0.3, similar=0.1)
LOADS = (
    MIXED,
    Load(name="browse", browse=1, home=0, similar=0),
    Load(name="home", browse=0, home=1, similar=0),
)


def base_shop(folder: Path) -> ShopDirectory:
    """A simulated shop, trained and released by the same commands that a user types."""
    sim, shop = folder / "sim", folder / "base"
    if not (shop / "releases" / "active").is_file():
        _shopwindow("simulate", "--out", sim, "--items", 4000, "--customers", 2000, "--days", 40)
        shop.mkdir(parents=True, exist_ok=True)
        shutil.copy(sim / "shop.toml", shop / "shop.toml")
        for table in ("items", "customers", "actions"):
            _shopwindow("import", sim / "files" / f"{table}.parquet", "--table", table, "--shop", shop)
        _shopwindow("train", "--preset", "small", "--epochs", 4, "--shop", shop)
        _shopwindow("release", "build", "--shop", shop)
    return ShopDirectory(shop)


def _shopwindow(*arguments: object) -> None:
    print("shopwindow", *arguments, flush=True)
    subprocess.run([sys.executable, "-m", "shopwindow", *map(str, arguments)], check=True)


def large_shop(base: ShopDirectory, into: ShopDirectory, num_items: int) -> None:
    """A shop of `num_items` copies with noise, with the base's customers."""
    release, columns = load_release(active_path(base)), load_columns(base.columns)
    into.root.mkdir(parents=True)
    shutil.copy(base.config, into.config)
    shutil.copy(base.identity, into.identity)
    identity = open_identity(into.identity)
    first = identity.num_items()
    identity.item_keys([f"copy-{number}" for number in range(first, num_items)])
    identity.close()

    rng = np.random.default_rng(1)
    source = rng.integers(0, len(release.catalog), num_items).astype(np.int64)
    source[release.catalog.item_key] = np.arange(
        len(release.catalog)
    )  # the first copies are the items themselves
    print(f"{num_items:,} items", flush=True)
    save_columns(_with_copies(columns, release, source, rng), into.columns)
    path = write_release(_parts(release, base, source, rng), into.releases, created_ms=0)
    activate(into, path.name)
    print((path / "index.json").read_text(encoding="utf-8"), flush=True)


def _with_copies(columns: Any, release: Release, source: Any, rng: np.random.Generator) -> Any:
    """Every event at a random copy of its item."""
    order = np.argsort(source, kind="stable")
    bounds = np.searchsorted(source[order], np.arange(len(release.catalog) + 1))
    rows = release.row_of_key[np.minimum(columns.item_key, len(release.row_of_key) - 1)]
    low, high = bounds[rows], bounds[rows + 1]
    chosen = order[low + (rng.random(len(rows)) * (high - low)).astype(np.int64)]
    return replace(
        columns, item_key=np.where(rows < 0, columns.item_key, chosen).astype(np.int32), fingerprint="copies"
    )


def _parts(release: Release, base: ShopDirectory, source: Any, rng: np.random.Generator) -> ReleaseParts:
    size = len(source)
    table = release.catalog.table.take(pa.array(source))
    key = pa.array(np.arange(size, dtype=np.int32))
    identity = open_identity(base.identity)
    ids = identity.item_ids(range(identity.num_items()))
    identity.close()
    names = pa.array(ids + [f"copy-{number}" for number in range(len(ids), size)])
    table = _set(_set(_set(table, "item_key", key), "item_id", names), "picture", pa.nulls(size, pa.string()))
    catalog = catalog_of(table, release.catalog.categories.separator)
    rows = source[catalog.item_key]
    return ReleaseParts(
        shop=release.shop,
        catalog=catalog,
        input=np.concatenate([_noisy(release.input[:-1], rows, rng), release.input[-1:]]),
        output=_noisy(release.output, rows, rng),
        popularity=(release.popularity[rows] * rng.random(size)).astype(np.float32),
        vocabulary=release.vocabulary,
        model_json=(release.path / MODEL).read_text(encoding="utf-8"),
        customer_graph=release.customer_graph,
        item_graph=release.item_graph,
        queries=_queries(release, base),
    )


def _set(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), table.schema.field(name), column)


def _noisy(vectors: Any, rows: Any, rng: np.random.Generator) -> Any:
    """[len(rows), d] trained vectors plus noise half as long."""
    made = np.array(vectors[rows], dtype=np.float32)
    for start in range(0, len(made), 100_000):
        part = made[start : start + 100_000]
        noise = rng.standard_normal(part.shape, dtype=np.float32)
        noise *= 0.5 * np.linalg.norm(part, axis=1, keepdims=True) / np.sqrt(part.shape[1])
        part += noise
    return made


def _queries(release: Release, base: ShopDirectory) -> Queries:
    """Vectors of 400 customers of the base shop, to measure the index with."""
    columns, ranking, store = load_columns(base.columns), ranking_of(release), MemoryStore()
    seed(store, columns, StateRules.of(release.shop))
    keys = np.random.default_rng(0).choice(columns.customer_key, 400).tolist()
    nothing = np.zeros(0, dtype=np.int32)
    vectors = []
    for state in store.read(keys).states:
        request = RankRequest(request_id="q", surface="home", at_ms=int(columns.at_ms.max()) + 1)
        known = Known(state=state, shelf=ranking.shelf.now, log_offset=0)
        context = context_of(
            request, Keys(customer=NOBODY, seed_item=-1, exclude=nothing), known, ranking.reading
        )
        two_tower: Any = ranking.book.plans["home", "default"].sources[0].source
        vectors.append(two_tower.encoder.vector(context.journey, context.shelf))
    return Queries(values=np.array(vectors), source=f"customers {len(keys)}")


@dataclass
class Server:
    """A running `shopwindow serve`."""

    port: int
    process: subprocess.Popen[bytes]

    def peak_mib(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


@contextmanager
def serving(shop: ShopDirectory) -> Iterator[Server]:
    """The server on a free port, ready."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [
        sys.executable,
        "-m",
        "shopwindow",
        "serve",
        "--shop",
        str(shop.root),
        "--port",
        str(port),
        "--no-verify",
    ]
    server = Server(port, subprocess.Popen(command))
    begun = time.perf_counter()
    try:
        while not _ready(server):
            if server.process.poll() is not None or time.perf_counter() - begun > START_S:
                raise SystemExit("the server did not become ready")
            time.sleep(0.2)
        print(f"ready after {time.perf_counter() - begun:.1f} s", flush=True)
        yield server
    finally:
        server.process.terminate()
        server.process.wait()


def _ready(server: Server) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def questions(shop: ShopDirectory, load: Load, count: int, seed_: int) -> list[bytes]:
    """Rank requests: categories as often as customers asked for them in the log."""
    rng = random.Random(seed_)
    columns = load_columns(shop.columns)
    asked = columns.category[columns.category >= 0]
    known = columns.customer_key[np.diff(columns.offsets) > 0]
    identity = open_identity(shop.identity)
    customers = identity.customer_ids(known.tolist())
    items = identity.item_ids(rng.choices(columns.item_key.tolist(), k=2000))
    identity.close()
    made = []
    for number in range(count):
        new = rng.random() < NEW_CUSTOMERS
        body: dict[str, Any] = {
            "customer": f"new-{seed_}-{number}" if new else rng.choice(customers),
            "device": "phone",
            "k": PAGE,
        }
        surface = rng.choices(("browse", "home", "similar"), (load.browse, load.home, load.similar))[0]
        body["surface"] = surface
        if surface == "browse":
            body["category"] = columns.category_paths[int(asked[rng.randrange(len(asked))])]
        elif surface == "similar":
            body["seed_item"] = rng.choice(items)
        made.append(post("/v1/rank", json.dumps(body).encode()))
    return made


def _processor_ticks() -> list[int]:
    """Ticks of all processors by what they did (Linux); the eighth is what a hypervisor gave to others."""
    path = Path("/proc/stat")
    return [int(each) for each in path.read_text().splitlines()[0].split()[1:9]] if path.exists() else [0] * 8


def _share_stolen(before: list[int], after: list[int]) -> float:
    spent = [late - early for early, late in zip(before, after, strict=True)]
    return spent[7] / max(sum(spent), 1)


def measure(server: Server, shop: ShopDirectory, options: argparse.Namespace) -> list[Row]:
    """Rows of every load; first those of an answer without any work, which is what HTTP and this machine cost."""
    open_loop(
        server.port, questions(shop, MIXED, 500, seed_=99), options.rate
    )  # warm: pages of the memory maps
    count = int(options.rate * options.seconds)
    loads = [("HTTP, GET /health", "no-work", [get("/health")] * count)]
    loads += [
        (f"HTTP, {load.words()}, k={PAGE}", "two-tower", questions(shop, load, count, seed_=number))
        for number, load in enumerate(LOADS)
    ]
    rows = []
    for protocol, model, requests in loads:
        before = _processor_ticks()
        answers = open_loop(server.port, requests, options.rate)
        stolen = _share_stolen(before, _processor_ticks())
        most = saturated(server.port, requests, clients=8, seconds=options.seconds / 3)
        shown = Row(
            dataset=f"items-{options.items // 1_000_000}m"
            if options.items >= 1_000_000
            else f"items-{options.items}",
            protocol=protocol,
            model=model,
            metric="p50_ms",
            value=float(np.percentile(answers.latency, 50)),
            n=count,
            seconds=options.seconds,
            seed=1,
            command=command_line(),
            note=f"open loop at {options.rate:g} requests/s, latency from the due time; "
            f"{stolen:.1%} of the processors taken by others"
            + (
                f"; {answers.degraded} pages degraded; trained vectors copied with noise; policies on, every page logged to disk"
                if model == "two-tower"
                else "; what HTTP and this machine cost"
            ),
        )
        rows += [
            shown,
            replace(shown, metric="p99_ms", value=float(np.percentile(answers.latency, 99))),
            replace(
                shown,
                metric="requests_per_s",
                value=most,
                n=round(most * options.seconds / 3),
                seconds=options.seconds / 3,
            ),
        ]
        print(protocol, [f"{row.metric} {row.value:.2f}" for row in rows[-3:]], flush=True)
    peak = server.peak_mib()
    return [replace(row, peak_mib=peak) for row in rows]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", help="not used: the shop is simulated")
    arguments.add_argument("--items", type=int, default=1_000_000)
    arguments.add_argument("--rate", type=float, default=100.0, help="requests per second")
    arguments.add_argument("--seconds", type=float, default=60.0, help="of each load")
    arguments.add_argument(
        "--shop", type=Path, help="a shop with a release to copy from, instead of a new one"
    )
    arguments.add_argument("--keep", type=Path, help="folder to keep the large shop in, or to find it again")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        shop = ShopDirectory(folder / f"large-{options.items}")
        if not (shop.releases / "active").is_file():
            shutil.rmtree(shop.root, ignore_errors=True)
            large_shop(
                ShopDirectory(options.shop) if options.shop else base_shop(folder), shop, options.items
            )
        with serving(shop) as server:
            rows = measure(server, shop, options)
    write_results("page", rows)


if __name__ == "__main__":
    main()
