"""World: one simulated shop, complete and frozen, that can be asked the truth."""

import json
from dataclasses import dataclass, fields
from enum import IntEnum
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from numpy.random import Generator

from shopwindow.errors import ConfigError
from shopwindow.schema.shop import Attribute, Market, ShopConfig
from shopwindow.simulation import choice, looking
from shopwindow.simulation import vocabulary as words
from shopwindow.simulation.arrays import Real, Whole
from shopwindow.simulation.catalog_file import Catalog, load_catalog
from shopwindow.simulation.catalog_goods import goods_of
from shopwindow.simulation.chance import Chance, Draw
from shopwindow.simulation.choice import Situation, Tables
from shopwindow.simulation.goods import NUM_STYLES, Goods, make_goods
from shopwindow.simulation.memory import Memory
from shopwindow.simulation.parameters import CLICK_AT, Parameters
from shopwindow.simulation.people import People, make_people
from shopwindow.simulation.spec import DAY_MS, WORLD_VERSION, WorldSpec

CATALOG = "catalog.parquet"
ATTRIBUTES = ("colour", "material", "pattern", "audience", "season")
CUT_MATTERS = ("fabric", "denim", "knit", "shoe")
"""Materials of what is worn, so that a brand's cut fits or does not."""


class Stream(IntEnum):
    """Which part of a world random numbers are for; a part's number is never given to another."""

    GOODS = 1
    PEOPLE = 2
    APPEAL = 3
    TEXTS = 4
    VISITS = 5
    LUCK = 6
    LOGGING_POLICY = 7
    CUTS = 9
    TRIAL = 10


@dataclass(frozen=True, eq=False)
class World:
    """Goods and people made from a spec; equal specs make equal worlds."""

    spec: WorldSpec
    goods: Goods
    people: People
    tables: Tables
    parameters: Parameters

    @classmethod
    def of(
        cls, spec: WorldSpec, parameters: Parameters | None = None, catalog: Catalog | None = None
    ) -> Self:
        """The world that follows from the spec; other `parameters` than the fitted ones make one that is not frozen.

        Raises:
            ConfigError: `catalog` is not the one that the spec names.
        """
        parameters = parameters or Parameters()
        given = catalog.fingerprint if catalog is not None else ""
        if given != spec.catalog:
            raise ConfigError(f"world: expected catalogue {spec.catalog or 'none'}, came {given or 'none'}")
        rng = spawn(spec, Stream.GOODS)
        goods = make_goods(spec, rng) if catalog is None else goods_of(spec, catalog, rng)
        people = make_people(spec, goods, parameters, spawn(spec, Stream.PEOPLE))
        tables = Tables(
            goods=goods,
            people=people,
            first_seen_day=((goods.first_seen_ms - spec.start_ms) / DAY_MS).astype(np.float32),
            appeal=_appeal(spec, goods, parameters.appeal_sd, spawn(spec, Stream.APPEAL)),
        )
        return cls(spec, goods, people, tables, parameters)

    def situation(self, customer: Whole, at_ms: Whole, surface: Whole, leaf: Whole) -> Situation:
        """P customers at these times on these surfaces (places in the vocabulary), each on the own usual device.

        `leaf [P]`: the category that the visit is for, -1 for none; no colour in mind, no seed item.
        """
        none = np.full(len(customer), -1, dtype=np.int32)
        return Situation(
            customer=customer,
            day=((at_ms - self.spec.start_ms) / DAY_MS).astype(np.float32),
            surface=surface,
            device=self.people.device[customer],
            leaf=leaf,
            colour=none,
            seed=none,
        )

    def utility(self, situation: Situation, items: Whole, memory: Memory | None = None) -> Real:
        """[P,K] true value of having each item, without noise. `memory`: what was done before (default: nothing)."""
        return choice.utility(self.tables, memory or self.no_memory, situation, items)

    def attraction(self, situation: Situation, items: Whole, memory: Memory | None = None) -> Real:
        """[P,K] true value of each item as a tile shows it, without noise."""
        return choice.attraction(self.tables, memory or self.no_memory, situation, items)

    def examination(self, surface: str, device: str, positions: Whole) -> Real:
        """[K] probability that a position is noticed, whatever it shows."""
        return looking.examination(words.SURFACES.index(surface), words.DEVICES.index(device), positions)

    def expected_gain(self, situation: Situation, items: Whole, memory: Memory | None = None) -> Real:
        """[P,K] gain to expect of an item once noticed: click 1, wishlist 2, cart 3, purchase 5, each with its chance."""
        seen = self.attraction(situation, items, memory)
        value, at = self.utility(situation, items, memory), self.parameters
        cart = choice.sigmoid(value - at.cart_at)
        tempted = 0.6  # at least, on average, who puts it into the cart
        buy = choice.sigmoid(value - at.buy_at + tempted)
        after = 1.0 + 2.0 * choice.sigmoid(value - at.wish_at) + cart * (3.0 + 5.0 * buy)
        gain: Real = (choice.sigmoid(seen - CLICK_AT) * after).astype(np.float32)
        return gain

    def oracle(self, situation: Situation, items: Whole, memory: Memory | None = None) -> Whole:
        """[P,K] places of `items` in the best order, by expected gain."""
        order: Whole = np.argsort(
            -self.expected_gain(situation, items, memory), axis=1, kind="stable"
        ).astype(np.int32)
        return order

    def disappointment(self, customer: Whole, items: Whole) -> Real:
        """[n] log odds that `customer [n]` sends a bought item `items [n]` back: poor quality, a cut that does not fit.

        How a brand's cut fits a customer is fixed, so it can be learned from earlier returns.
        """
        worn = np.array([leaf.materials in CUT_MATTERS for leaf in self.goods.leaves])[self.goods.leaf[items]]
        cut = self._cut.at(customer, 0).normal(Draw.CUT, self.goods.brand[items])
        odds: Real = (
            -2.6 - 0.9 * self.goods.quality[items] + np.where(worn, 1.2 * np.maximum(cut, -0.5), -0.6)
        )
        return odds

    @cached_property
    def _cut(self) -> Chance:
        return Chance.of(spawn(self.spec, Stream.CUTS))

    def new_memory(self) -> Memory:
        """Nothing done before, to be written to."""
        return Memory.empty(len(self.people), len(self.goods.leaves))

    @cached_property
    def no_memory(self) -> Memory:
        """Nothing done before; never written to."""
        return self.new_memory()

    @property
    def shop(self) -> ShopConfig:
        """The shop.toml of this world."""
        return ShopConfig(
            name="Shopwindow & Daughters",
            time_zone="Europe/Berlin",
            attributes=tuple(Attribute(name=name) for name in ATTRIBUTES),
            markets=tuple(Market(code=code, currency=currency) for code, currency, _ in words.MARKETS),
        )


def spawn(spec: WorldSpec, stream: Stream) -> Generator:
    """The random numbers of one part of a world, independent of the other parts."""
    return np.random.default_rng([spec.seed, WORLD_VERSION, int(stream)])


def _appeal(spec: WorldSpec, goods: Goods, spread: float, rng: Generator) -> Real:
    """[days + 60, N]: seasons swing by the calendar, styles come and go, quality shows a little on a tile."""
    days = np.arange(spec.days + 60)
    of_year = (spec.start_ms / DAY_MS + days) % 365.25
    summer = np.cos((of_year - 196.0) / 365.25 * 2.0 * np.pi)
    period, phase = rng.uniform(25.0, 80.0, NUM_STYLES), rng.uniform(0.0, 2.0 * np.pi, NUM_STYLES)
    trend = 0.55 * np.sin(days[:, None] / period * 2.0 * np.pi + phase)
    still = 0.45 * goods.quality + rng.normal(0.0, spread, len(goods))
    appeal = still[None, :] + 0.9 * summer[:, None] * goods.season[None, :] + trend @ goods.style.T
    daily: Real = appeal.astype(np.float32)
    return daily


def write_world(spec: WorldSpec, path: Path) -> None:
    """Writes world.json, from which `read_world` makes the same world again (with the catalogue beside it, if it has one)."""
    path.write_text(
        json.dumps({"version": WORLD_VERSION, "spec": spec.to_dict()}, indent=2) + "\n", encoding="utf-8"
    )


def read_world(path: Path) -> World:
    """The world of a world.json.

    Raises:
        ConfigError: no such file, or it was written by another version of the world.
    """
    if not path.is_file():
        raise ConfigError(
            f"{path}: expected a world.json, came no file; make one with `shopwindow simulate --out DIR`"
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        version, said = content["version"], content["spec"]
        lacking = {each.name for each in fields(WorldSpec)} - set(said)
        spec = WorldSpec(**said)
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{path}: expected the world.json that `shopwindow simulate` writes, came {error}"
        ) from error
    if version != WORLD_VERSION or lacking:
        came = version if version != WORLD_VERSION else f"a draft of it without {', '.join(sorted(lacking))}"
        raise ConfigError(
            f"{path}: expected world version {WORLD_VERSION}, came {came}; simulate the shop again"
        )
    return World.of(spec, catalog=load_catalog(path.parent / CATALOG) if spec.catalog else None)
