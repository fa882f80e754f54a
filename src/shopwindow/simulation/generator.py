"""simulate: a world's customers visit it for its whole period; what they do becomes files."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from shopwindow.schema.shop import DEFAULT_ACTIONS, shop_toml
from shopwindow.simulation.catalog_file import Catalog, write_catalog
from shopwindow.simulation.exports import customers_table, items_table
from shopwindow.simulation.life import Life, Progress, Shop
from shopwindow.simulation.log import Log
from shopwindow.simulation.logging_policy import LoggingPolicy
from shopwindow.simulation.schedule import plan_visits
from shopwindow.simulation.spec import WorldSpec
from shopwindow.simulation.table_file import TableFile
from shopwindow.simulation.world import CATALOG, Stream, World, spawn, write_world


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationReport:
    """What was written where."""

    folder: Path
    num_items: int
    num_customers: int
    num_visits: int
    num_pages: int
    num_impressions: int
    actions: dict[str, int]

    @property
    def num_actions(self) -> int:
        return sum(self.actions.values())

    @property
    def num_events(self) -> int:
        """Actions, impressions and pages."""
        return self.num_actions + self.num_impressions + self.num_pages


def simulate(
    spec: WorldSpec,
    into: Path,
    *,
    catalog: Catalog | None = None,
    table_format: str = "parquet",
    progress: Progress | None = None,
    changed: Callable[[Shop], Shop] = lambda shop: shop,
) -> SimulationReport:
    """Writes shop.toml, world.json and files/{items,customers,actions,pages,impressions} under `into`.

    `changed`: another shop made from the one that shows the pages.
    The same spec (and catalogue, which is kept beside them) gives the same files, byte for byte.

    Raises:
        ConfigError: an unknown `table_format`, or a catalogue that the spec does not name.
    """
    world = World.of(spec, catalog=catalog)
    folder = write_shop(world, into, table_format)
    log = Log(world, folder, table_format)
    write_world(spec, into / "world.json")
    if catalog is not None:
        write_catalog(catalog, into / CATALOG)

    life = Life.begin(world)
    shop = LoggingPolicy(world, life.memory, spawn(spec, Stream.LOGGING_POLICY))
    life.live(plan_visits(world, spawn(spec, Stream.VISITS)), changed(shop), log, progress)
    log.close()
    names = [action.name for action in DEFAULT_ACTIONS]
    return SimulationReport(
        folder=folder,
        num_items=len(world.goods),
        num_customers=len(world.people),
        num_visits=log.num_visits,
        num_pages=log.pages.num_rows,
        num_impressions=log.impressions.num_rows,
        actions=dict(zip(names, log.action_counts.tolist(), strict=True)),
    )


def write_shop(world: World, into: Path, table_format: str = "parquet") -> Path:
    """Writes shop.toml and files/{items,customers} under `into`: what a shop has before its first visit; returns files/."""
    folder = into / "files"
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in (("items", items_table(world)), ("customers", customers_table(world))):
        file = TableFile(folder / name, table_format)
        file.write(table)
        file.close()
    (into / "shop.toml").write_text(shop_toml(world.shop), encoding="utf-8")
    return folder
