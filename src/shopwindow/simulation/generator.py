"""simulate: a world's customers visit it for its whole period; what they do becomes files."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.random import Generator

from shopwindow.schema.shop import DEFAULT_ACTIONS, shop_toml
from shopwindow.simulation.arrays import Whole
from shopwindow.simulation.behaviour import react
from shopwindow.simulation.files import TableFile, customers_table, items_table
from shopwindow.simulation.log import Log
from shopwindow.simulation.logging_policy import LoggingPolicy
from shopwindow.simulation.memory import Memory
from shopwindow.simulation.schedule import Visits, plan_visits
from shopwindow.simulation.spec import DAY_MS, WorldSpec
from shopwindow.simulation.walk import Walk, goes_on, next_asks
from shopwindow.simulation.world import World, spawn, write_world

TOGETHER: Final = 2048  # visits stepped at once: larger batches fall out of the cache

Progress = Callable[[float], None]
"""Called with the share that is done, 0 to 1."""


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
    spec: WorldSpec, into: Path, *, table_format: str = "parquet", progress: Progress | None = None
) -> SimulationReport:
    """Writes shop.toml, world.json and files/{items,customers,actions,pages,impressions} under `into`.

    The same spec gives the same files, byte for byte.

    Raises:
        ConfigError: an unknown `table_format`.
    """
    folder = into / "files"
    folder.mkdir(parents=True, exist_ok=True)
    world = World.of(spec)
    log = Log(world, folder, table_format)
    for name, table in (("items", items_table(world)), ("customers", customers_table(world))):
        file = TableFile(folder / name, table_format)
        file.write(table)
        file.close()
    (into / "shop.toml").write_text(shop_toml(world.shop), encoding="utf-8")
    write_world(spec, into / "world.json")

    visits = plan_visits(spec, world.people, world.goods, spawn(spec, 5))
    _live(world, visits, log, progress)
    log.close()
    names = [action.name for action in DEFAULT_ACTIONS]
    return SimulationReport(
        folder=folder,
        num_items=len(world.goods),
        num_customers=len(world.people),
        num_visits=len(visits),
        num_pages=log.pages.num_rows,
        num_impressions=log.impressions.num_rows,
        actions=dict(zip(names, log.action_counts.tolist(), strict=True)),
    )


def _live(world: World, visits: Visits, log: Log, progress: Progress | None) -> None:
    """Day by day; visits of one customer on one day come one after the other, all others together."""
    rng = spawn(world.spec, 6)
    memory = Memory.empty(len(world.people))
    policy = LoggingPolicy(world, memory, spawn(world.spec, 7))
    day_of = (visits.start_ms - world.spec.start_ms) // DAY_MS
    edges = np.searchsorted(day_of, np.arange(world.spec.days + 1))
    for day in range(world.spec.days):
        policy.start_day(day)
        today = np.arange(edges[day], edges[day + 1])
        chosen = today[visits.first_today[today]]
        for first in range(0, len(chosen), TOGETHER):
            _visit(world, visits, chosen[first : first + TOGETHER], (policy, memory, log, rng))
        if progress is not None:
            progress((day + 1) / world.spec.days)


def _visit(
    world: World, visits: Visits, chosen: Whole, into: tuple[LoggingPolicy, Memory, Log, Generator]
) -> None:
    """Steps these visits together, one page each; a customer's next visit of the day starts when this one ends."""
    policy, memory, log, rng = into
    walk = Walk.start(visits, chosen)
    while len(walk):
        asks = next_asks(world, walk, rng)
        shown = policy.pages(asks, walk.number)
        reaction = react(world, memory, walk, asks.situation, shown.items, rng)
        log.add(walk, asks, shown, reaction)
        policy.learn(reaction.deeds)
        walk.cursor_ms = walk.cursor_ms + reaction.duration_ms
        walk.pages = walk.pages + 1
        on = goes_on(world, walk, reaction.bought, rng)
        following = visits.next_today[walk.number[~on]]
        walk = walk.take(on).joined_by(Walk.start(visits, following[following >= 0]))
