"""People: the simulated customers as columns, with tastes and means that only the truth knows.

Legend: U customers, S styles, L leaves, C colours, P patterns, Q materials, F favourite brands.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator

from shopwindow.simulation import vocabulary as words
from shopwindow.simulation.arrays import Bool, Real, Whole
from shopwindow.simulation.goods import LEAF_DEPARTMENT, NUM_STYLES, Goods, draw, style_table
from shopwindow.simulation.spec import DAY_MS, WorldSpec

NUM_FAVOURITES: Final = 4


@dataclass(frozen=True, kw_only=True, eq=False)
class People:
    """U customers.

    `taste [U,S]`: shares of styles. `colours [U,C]`, `patterns [U,P]`, `materials [U,Q]`: liking, 0 to 1.
    `favourites [U,F]`: brands, the dearest first; `loyalty [U]`: what a favourite adds.
    `interest [U,L]`: shares of leaves. `budget [U]`: log of the price level at ease, relative to a category's
    usual price. `sensitivity [U]`: pain per price. `wallet [U]`: EUR that may go at once; `curiosity [U]`.
    `country`, `device`, `age`, `department [U]`: places in the vocabulary. `joined_ms [U]`, `visits [U]`:
    number of visits over the period before bursts are clipped. `patience [U]`: scales pages and depth.
    """

    taste: Real
    colours: Real
    patterns: Real
    materials: Real
    favourites: Whole
    loyalty: Real
    interest: Real
    budget: Real
    sensitivity: Real
    wallet: Real
    curiosity: Real
    patience: Real
    country: Whole
    device: Whole
    age: Whole
    department: Whole
    guest: Bool
    bot: Bool
    consent: Bool
    joined_ms: Whole
    visits: Whole

    def __len__(self) -> int:
        return len(self.budget)

    def customer_id(self, customer: int) -> str:
        """The id that the shop's files and server use."""
        if self.guest[customer]:
            return f"guest-{customer}"
        return f"{words.FIRST_NAMES[customer % len(words.FIRST_NAMES)]}-{customer}"


def _likings(taste: Real, table: Real, rng: Generator) -> Real:
    """Liking of each colour or pattern, 0 to 1: what the styles ask for, bent by one's own whims."""
    asked = table / table.sum(axis=1, keepdims=True)
    pull = np.log(taste @ asked + 0.01)
    pull = (pull - pull.mean(axis=1, keepdims=True)) / (pull.std(axis=1, keepdims=True) + 1e-6)
    own = rng.normal(0.0, 0.8, pull.shape)
    likings: Real = (1.0 / (1.0 + np.exp(-1.3 * (pull + own)))).astype(np.float32)
    return likings


def _interests(department: Whole, rng: Generator) -> Real:
    size = len(department)
    for_department = np.full((size, len(words.DEPARTMENTS)), 0.03)
    for_department[np.arange(size), department] = 1.0
    for_department[:, 2] = np.where(rng.random(size) < 0.24, rng.uniform(0.3, 1.0, size), 0.02)
    for_department[:, 3] = np.exp(rng.normal(-1.2, 0.9, size))
    shares = np.array([leaf.share for leaf in words.LEAVES]) ** 0.7
    weight = np.exp(rng.normal(0.0, 1.25, (size, len(shares)))) * shares * for_department[:, LEAF_DEPARTMENT]
    interest: Real = (weight / weight.sum(axis=1, keepdims=True)).astype(np.float32)
    return interest


def make_people(spec: WorldSpec, goods: Goods, rng: Generator) -> People:
    """All customers of a world."""
    size = spec.customers
    taste = rng.dirichlet(np.full(NUM_STYLES, 0.3), size=size).astype(np.float32)
    department = (rng.random(size) < 0.42).astype(np.int32)  # 0 women, 1 men
    loved = np.log(taste @ goods.brands.style.T + 0.02) * 1.6 + np.log(goods.brands.fame)
    loved += np.where(goods.brands.department == department[:, None], 1.0, 0.0)
    loved += rng.gumbel(0.0, 1.0, loved.shape)
    favourites = np.argsort(-loved, axis=1)[:, :NUM_FAVOURITES].astype(np.int32)
    budget = rng.normal(0.0, 0.42, size)
    guest = rng.random(size) < spec.guests
    bot = np.zeros(size, dtype=np.bool_)
    bot[rng.permutation(np.flatnonzero(~guest))[: int(np.ceil(spec.bots * size))]] = spec.bots > 0
    late = rng.random(size) < 0.3
    joined = spec.start_ms + np.where(late, rng.random(size) * 0.9 * spec.days * DAY_MS, 0.0)
    eager = np.exp(rng.normal(-0.5, 1.0, size))  # mean 1, heavy tail
    here = (spec.end_ms - joined) / (spec.days * DAY_MS)
    visits = np.where(guest, 1, np.maximum(rng.poisson(spec.visits * eager * here), 1))
    return People(
        taste=taste,
        colours=_likings(taste, style_table("colour"), rng),
        patterns=_likings(taste, style_table("pattern"), rng),
        materials=rng.beta(1.4, 1.2, (size, len(words.MATERIAL_NAMES))).astype(np.float32),
        favourites=favourites,
        loyalty=rng.gamma(2.0, 0.45, size).astype(np.float32),
        interest=_interests(department, rng),
        budget=budget.astype(np.float32),
        sensitivity=np.exp(rng.normal(0.0, 0.45, size)).astype(np.float32),
        wallet=np.exp(5.4 + 0.8 * budget + rng.normal(0.0, 0.4, size)).astype(np.float32),
        curiosity=rng.gamma(1.5, 0.4, size).astype(np.float32),
        patience=np.exp(rng.normal(-0.08, 0.4, size)).astype(np.float32),
        country=rng.choice(5, size, p=[share for _, _, share in words.COUNTRIES]).astype(np.int16),
        device=rng.choice(3, size, p=[0.6, 0.32, 0.08]).astype(np.int16),
        age=draw(np.tile(np.array([[18, 30, 24, 16, 12]], dtype=np.float32), (size, 1)), rng).astype(
            np.int16
        ),
        department=department.astype(np.int16),
        guest=guest,
        bot=bot,
        consent=rng.random(size) >= 0.02,
        joined_ms=joined.astype(np.int64),
        visits=np.where(bot, spec.days // 3 + 1, visits).astype(np.int32),
    )
