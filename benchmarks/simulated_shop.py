"""A simulated shop for benchmarks, made and imported once, kept in benchmarks/work."""

import shutil
from collections.abc import Callable

from benchmarks.record import ROOT
from shopwindow.config import ShopDirectory
from shopwindow.ingest.importer import import_file
from shopwindow.ingest.source import Source
from shopwindow.schema.shop import read_shop
from shopwindow.simulation.generator import simulate
from shopwindow.simulation.life import Shop
from shopwindow.simulation.spec import WorldSpec

TABLES = ("items", "customers", "actions", "pages", "impressions")
WORK = ROOT / "benchmarks" / "work"


def simulated_shop(
    name: str, spec: WorldSpec, changed: Callable[[Shop], Shop] = lambda shop: shop
) -> ShopDirectory:
    """The shop of this world; one that is half made is made again. `changed`: see `simulate`."""
    folder = WORK / name
    done = folder / "imported"
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        report = simulate(spec, folder, changed=changed)
        print(
            f"{name}: {report.num_actions:,} actions, {report.num_pages:,} pages, {report.num_events:,} events"
        )
        import_all(ShopDirectory(folder), spec.seed)
        done.write_text(f"{report.num_actions} {report.num_pages} {report.num_events}\n", encoding="utf-8")
    return ShopDirectory(folder)


def import_all(shop_dir: ShopDirectory, seed: int) -> None:
    """Import the files that a world has written."""
    shop = read_shop(shop_dir.config)
    for table in TABLES:
        import_file(shop_dir, shop, Source(shop_dir.root / "files" / f"{table}.parquet", table), seed=seed)


def figures(name: str) -> tuple[int, int, int]:
    """Actions, pages and events of all kinds of the shop made before."""
    actions, pages, events = (WORK / name / "imported").read_text(encoding="utf-8").split()
    return int(actions), int(pages), int(events)
