"""Position bias measured from the outside: clicks by position on shuffled pages, beside the examination that is true.

On a page in random order every position shows the same goods on average, so its clicks are to those of the first position
as its examination is (Joachims, Swaminathan and Schnabel, WSDM 2017), if a click does not depend on the clicks above it.
Here it does: each click makes the next one harder. That pull is estimated too: clicks with c clicks above them count
pull**-c, with the pull at which what stands above (random, too) no longer tells anything about the clicks below:
g-estimation with the wantedness above as instrument (Robins, Communications in Statistics 1994).
Legend: R shuffled pages, K positions, G groups of customers, D draws.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from shopwindow.simulation import looking
from shopwindow.simulation import vocabulary as words
from shopwindow.simulation.arrays import Bool, Real, Whole
from shopwindow.simulation.behaviour import CLICK, Reaction
from shopwindow.simulation.life import Shown
from shopwindow.simulation.policies import PartlyShuffled
from shopwindow.simulation.walk import Asks, Walk
from shopwindow.simulation.world import World

GROUPS: Final = 200
DRAWS: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PositionCurve:
    """Examination of each position relative to the first, all [K].

    `plain`: by clicks as they are; `estimated` with its 95 % interval: freed of the pull of earlier clicks; `true`.
    `rates`: clicks per page by position, as they are. `pull`: factor that each click above puts on the next, as estimated. `pages`: how many of that surface and device.
    """

    plain: Real
    estimated: Real
    low: Real
    high: Real
    true: Real
    rates: Real
    pull: float
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClickSums:
    """What the curve needs of one world's shuffled pages; sums of several worlds may be added.

    `counted [G, K, C]`: clicks of the chosen pages with so many clicks above them. `surplus [G, C]`: over all clicks, of what stands
    above them. `examined [K]`: true examination of the chosen pages, summed. `pages`: how many those are.
    """

    counted: Real
    surplus: Real
    examined: Real
    pages: int

    def __add__(self, other: "ClickSums") -> "ClickSums":
        return ClickSums(
            counted=self.counted + other.counted,
            surplus=self.surplus + other.surplus,
            examined=self.examined + other.examined,
            pages=self.pages + other.pages,
        )


class PositionRecord:
    """Keeps the full shuffled pages of a policy: goods, clicks, true examination; programs are left out.

    The curve is that of one surface and device, as these differ in depth and in how well goods fit; the pull is that of all.
    """

    def __init__(self, world: World, policy: PartlyShuffled, surface: str, device: str) -> None:
        self._world, self._policy = world, policy
        self._surface, self._device = words.SURFACES.index(surface), words.DEVICES.index(device)
        self._parts: list[tuple[Whole, Whole, Bool, Bool]] = []
        self._examined = np.zeros(world.spec.page_size)

    def add(self, walk: Walk, asks: Asks, shown: Shown, reaction: Reaction) -> None:
        """Takes in one step."""
        people, places = self._world.people, np.arange(shown.items.shape[1])
        clicks = np.zeros(shown.items.shape, dtype=np.bool_)
        deeds = reaction.deeds
        clicked = deeds.action == CLICK
        clicks[deeds.page[clicked], deeds.position[clicked]] = True
        here = (asks.surface == self._surface) & (walk.device == self._device)
        kept = (
            self._policy.at_random(walk.number) & ~people.bot[walk.customer] & (shown.items >= 0).all(axis=1)
        )
        scale = looking.depth_scale(asks.surface, walk.device) * people.patience[walk.customer]
        examined = looking.p_in_view(scale[:, None], places) * looking.noticing(walk.device, places)
        self._examined += examined[kept & here].sum(axis=0)
        self._parts.append((walk.customer[kept], shown.items[kept], clicks[kept], here[kept]))

    def sums(self) -> ClickSums:
        """What was recorded so far."""
        customer, items, clicks, here = (np.concatenate(part) for part in zip(*self._parts, strict=True))
        wanted = np.zeros(items.shape)
        for half in (0, 1):  # what one half of the customers wants is told by the other half
            others = customer % 2 != half
            counts = np.bincount(items[others][clicks[others]], minlength=len(self._world.goods))
            wanted[~others] = np.log1p(counts)[items[~others]]
        above = np.cumsum(clicks, axis=1) - clicks
        page, position = np.nonzero(clicks)
        width = clicks.shape[1]
        counted, surplus = np.zeros((GROUPS, width, width)), np.zeros((GROUPS, width))
        group, earlier, kept = customer[page] % GROUPS, above[page, position], here[page]
        np.add.at(counted, (group[kept], position[kept], earlier[kept]), 1.0)
        np.add.at(surplus, (group, earlier), _surplus(wanted)[page, position] / clicks.mean(axis=0)[position])
        return ClickSums(counted=counted, surplus=surplus, examined=self._examined, pages=int(here.sum()))


def position_curve(sums: ClickSums, seed: int) -> PositionCurve:
    """The curve of these pages; intervals by a bootstrap over groups of customers, the pull with it."""
    weight = np.random.default_rng(seed).multinomial(GROUPS, np.full(GROUPS, 1.0 / GROUPS), DRAWS)
    weight = np.vstack([np.ones(GROUPS), weight])  # the first draw is the data as it is
    pull = _pull(weight @ sums.surplus)
    counts = np.tensordot(weight, sums.counted, axes=1)
    freed = np.einsum("dkc,dc->dk", counts, _powers(pull, counts.shape[2]))
    relative = freed / np.maximum(freed[:, :1], 1e-12)
    low, high = np.quantile(relative[1:], [0.025, 0.975], axis=0)
    plain = sums.counted.sum(axis=(0, 2))
    return PositionCurve(
        plain=plain / max(plain[0], 1.0),
        estimated=relative[0],
        low=low,
        high=high,
        true=sums.examined / max(sums.examined[0], 1e-12),
        rates=plain / max(sums.pages, 1),
        pull=float(pull[0]),
        pages=sums.pages,
    )


def _surplus(wanted: Real) -> Real:
    """[R,K] how much more wanted the goods above each position are than by chance, given the page's goods and its own."""
    width = wanted.shape[1]
    others = (wanted.sum(axis=1, keepdims=True) - wanted) / max(width - 1, 1)
    surplus: Real = np.cumsum(wanted, axis=1) - wanted - np.arange(width) * others
    return surplus


def _powers(pull: Real, count: int) -> Real:
    """[D,C] pull to the power of -c, for c from 0."""
    powers: Real = np.power(pull[:, None], -np.arange(count, dtype=np.float64))
    return powers


def _pull(left_over: Real) -> Real:
    """[D] the factor at which clicks, freed of it, do not vary with the surplus above them; by bisection.

    `left_over [D,C]`: sums of surplus over clicks with c clicks above them, for each draw.
    """
    low, high = np.full(len(left_over), 0.3), np.full(len(left_over), 1.3)
    for _ in range(30):
        middle = (low + high) / 2
        above = (left_over * _powers(middle, left_over.shape[1])).sum(axis=1) > 0
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    found: Real = (low + high) / 2
    return found
