"""People: the simulated customers as columns, with tastes and means that only the truth knows.

Legend: U customers, S styles, L leaves, C colours, P patterns, Q materials, F favourite brands.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator

from shopwindow.simulation import vocabulary as words
from shopwindow.simulation.arrays import Bool, Real, Whole
from shopwindow.simulation.goods import Brands, Goods, colour_table, draw, pattern_table
from shopwindow.simulation.parameters import Parameters
from shopwindow.simulation.spec import DAY_MS, WorldSpec

NUM_FAVOURITES: Final = 4
PARENTS: Final = np.array([0.04, 0.26, 0.42, 0.22, 0.12])
"""Share of each age that buys for children."""
AGE_BUDGET: Final = np.array([-0.24, -0.04, 0.08, 0.14, 0.1])
COUNTRY_BUDGET: Final = np.array([0.0, 0.03, 0.06, 0.04, -0.2])
AGE_STYLE: Final = np.array(  # [age, style]: what the young like is not what the old like
    [
        [0.9, 0.4, 1.6, 0.9, 0.9, 2.4, 1.1, 0.5],
        [1.1, 0.7, 1.3, 1.0, 1.2, 1.4, 1.1, 0.7],
        [1.1, 1.1, 1.0, 1.0, 1.2, 0.7, 0.9, 1.1],
        [1.0, 1.6, 0.7, 1.0, 0.9, 0.4, 0.8, 1.4],
        [0.9, 2.2, 0.5, 1.1, 0.6, 0.2, 0.7, 1.7],
    ],
    dtype=np.float64,
)
COUNTRY_STYLE: Final = np.array(  # [country, style]
    [
        [1.2, 1.0, 1.1, 0.8, 1.0, 1.0, 0.8, 1.0],
        [0.9, 1.2, 1.0, 0.9, 0.9, 0.8, 0.9, 1.5],
        [0.9, 1.2, 0.9, 1.1, 0.9, 1.3, 1.2, 0.7],
        [0.8, 1.1, 1.1, 1.1, 1.1, 1.0, 1.0, 1.1],
        [0.8, 0.9, 1.1, 1.3, 0.9, 1.1, 1.4, 0.9],
    ],
    dtype=np.float64,
)


@dataclass(frozen=True, kw_only=True, eq=False)
class People:
    """U customers.

    `taste [U,S]`: shares of styles. `colours [U,C]`, `patterns [U,P]`, `materials [U,Q]`: liking, 0 to 1.
    `favourites [U,F]`: brands, the dearest first, -1 where there are fewer; `loyalty [U]`: what a favourite adds.
    `interest [U,L]`: shares of leaves. `budget [U]`: log of the price level at ease, relative to a category's
    usual price. `sensitivity [U]`: pain per price. `wallet [U]`: EUR that may go at once; `curiosity [U]`.
    `country`, `device`, `age`, `gender`, `department [U]`: places in the vocabulary; the first three and gender shift
    tastes and means (a shop may know them, so its models can be audited by them). `joined_ms [U]`, `visits [U]`:
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
    gender: Whole
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


def _interests(goods: Goods, department: Whole, age: Whole, rng: Generator) -> Real:
    size = len(department)
    for_department = np.full((size, len(words.DEPARTMENTS)), 0.03)
    for_department[np.arange(size), department] = 1.0
    for_department[:, 2] = np.where(rng.random(size) < PARENTS[age], rng.uniform(0.3, 1.0, size), 0.02)
    for_department[:, 3] = np.exp(rng.normal(-1.4, 0.9, size) + 0.12 * age)
    shares = np.array([leaf.share for leaf in goods.leaves]) ** 0.7
    weight = (
        np.exp(rng.normal(0.0, 1.25, (size, len(shares)))) * shares * for_department[:, goods.leaf_department]
    )
    interest: Real = (weight / weight.sum(axis=1, keepdims=True)).astype(np.float32)
    return interest


def _favourites(brands: Brands, taste: Real, department: Whole, rng: Generator) -> Whole:
    """[U,F] brands of one's style and department, famous ones above all; -1 where there are too few."""
    loved = np.log(taste @ brands.style.T + 0.02) * 1.6 + np.log(brands.fame)
    loved += np.where(brands.department == department[:, None], 1.0, 0.0)
    loved += rng.gumbel(0.0, 1.0, loved.shape)
    favourites = np.argsort(-loved, axis=1)[:, :NUM_FAVOURITES].astype(np.int32)
    few = max(NUM_FAVOURITES - favourites.shape[1], 0)
    return np.pad(favourites, ((0, 0), (0, few)), constant_values=-1)


def _num_visits(spec: WorldSpec, joined_ms: Real, spread: float, rng: Generator) -> Whole:
    """[U] visits over what is left of the period, one at least."""
    eager = np.exp(rng.normal(-0.5 * spread**2, spread, len(joined_ms)))  # mean 1, heavy tail
    here = (spec.end_ms - joined_ms) / (spec.days * DAY_MS)
    visits: Whole = np.maximum(rng.poisson(spec.visits * eager * here), 1)
    return visits


def make_people(spec: WorldSpec, goods: Goods, parameters: Parameters, rng: Generator) -> People:
    """All customers of a world."""
    size = spec.customers
    age = draw(np.tile(np.array([[18, 30, 24, 16, 12]], dtype=np.float32), (size, 1)), rng)
    country = rng.choice(5, size, p=[share for _, _, share in words.COUNTRIES]).astype(np.int16)
    gender = rng.choice(3, size, p=[0.56, 0.41, 0.03])
    swapped = rng.random(size) < np.array([0.06, 0.06, 0.5])[gender]  # who shops for others mostly
    department = np.where(swapped, 1 - np.minimum(gender, 1), np.minimum(gender, 1)).astype(np.int32)
    shares = rng.standard_gamma(0.3 * AGE_STYLE[age] * COUNTRY_STYLE[country]) + 1e-9  # Dirichlet
    taste = (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)
    favourites = _favourites(goods.brands, taste, department, rng)
    budget = rng.normal(0.0, 0.40, size) + AGE_BUDGET[age] + COUNTRY_BUDGET[country]
    guest = rng.random(size) < spec.guests
    bot = np.zeros(size, dtype=np.bool_)
    bot[rng.permutation(np.flatnonzero(~guest))[: int(np.ceil(spec.bots * size))]] = spec.bots > 0
    late = rng.random(size) < 0.3
    joined = spec.start_ms + np.where(late, rng.random(size) * 0.9 * spec.days * DAY_MS, 0.0)
    visits = np.where(guest, 1, _num_visits(spec, joined, parameters.eagerness_sd, rng))
    return People(
        taste=taste,
        colours=_likings(taste, colour_table(), rng),
        patterns=_likings(taste, pattern_table(), rng),
        materials=rng.beta(1.4, 1.2, (size, len(words.MATERIAL_NAMES))).astype(np.float32),
        favourites=favourites,
        loyalty=rng.gamma(2.0, 0.45, size).astype(np.float32),
        interest=_interests(goods, department, age, rng),
        budget=budget.astype(np.float32),
        sensitivity=np.exp(rng.normal(0.0, 0.45, size)).astype(np.float32),
        wallet=np.exp(5.4 + 0.8 * budget + rng.normal(0.0, 0.4, size)).astype(np.float32),
        curiosity=rng.gamma(1.5, 0.4, size).astype(np.float32),
        patience=np.exp(rng.normal(-0.08, parameters.patience_sd, size)).astype(np.float32),
        country=country,
        device=rng.choice(3, size, p=[0.6, 0.32, 0.08]).astype(np.int16),
        age=age.astype(np.int16),
        gender=gender.astype(np.int16),
        department=department.astype(np.int16),
        guest=guest,
        bot=bot,
        consent=rng.random(size) >= 0.02,
        joined_ms=joined.astype(np.int64),
        visits=np.where(bot, spec.days // 3 + 1, visits).astype(np.int32),
    )
