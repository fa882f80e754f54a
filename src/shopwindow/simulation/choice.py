"""What makes a customer want an item: the truth of the simulated shop, random utility without the random part.

It is no dot product of vectors: looks are a weakest-link (harmonic) mean of four likings, price hurts only above a
reference and hits a wall at the wallet, loyalty counts only for goods of some quality, purchases satiate and raise
complements, a visit's intent outweighs taste. Values are in units of the noise (standard logistic or Gumbel).

Legend: P pages (situations), K items of each.
Train, "Discrete Choice Methods with Simulation", 2009, for the form; kinked price response: Kahneman and Tversky 1979.
"""

from dataclasses import dataclass

import numpy as np

from shopwindow.simulation.arrays import Bool, Real, Whole
from shopwindow.simulation.goods import Goods
from shopwindow.simulation.memory import Memory
from shopwindow.simulation.people import People


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Situation:
    """P customers looking at a page each.

    `day [P]`: days since the world's start. `surface`, `device [P]`: places in the vocabulary.
    `leaf`, `colour [P]`: what the visit is for, -1 for nothing in particular. `seed [P]`: item of a similar page, -1.
    """

    customer: Whole
    day: Real
    surface: Whole
    device: Whole
    leaf: Whole
    colour: Whole
    seed: Whole

    def __len__(self) -> int:
        return len(self.customer)

    def take(self, places: Whole | Bool) -> "Situation":
        """The situations at these places."""
        return Situation(
            customer=self.customer[places],
            day=self.day[places],
            surface=self.surface[places],
            device=self.device[places],
            leaf=self.leaf[places],
            colour=self.colour[places],
            seed=self.seed[places],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tables:
    """The truth's tables: who there is, what there is, and how much each item appeals to everyone on each day."""

    goods: Goods
    people: People
    first_seen_day: Real
    appeal: Real
    """[days, N] season and trend of the day, and what quality shows on a tile."""

    def appeal_of(self, day: Real, items: Whole) -> Real:
        """[P,K] appeal on each page's day; days outside the table use its first or last day."""
        row = np.clip(day.astype(np.int32), 0, len(self.appeal) - 1)
        return self.appeal[row[:, None], items]


def sigmoid(x: Real) -> Real:
    """1 / (1 + exp(-x)): the chance that standard logistic noise stays below x."""
    y: Real = 1.0 / (1.0 + np.exp(-x))
    return y


def looks(tables: Tables, customer: Whole, items: Whole, *, with_material: bool) -> Real:
    """[P,K] how much the customer likes the item's looks, 0 to 1: a harmonic mean, so one dislike spoils it."""
    people, goods = tables.people, tables.goods
    who = customer[:, None]
    style = np.einsum("ps,pks->pk", people.taste[customer], goods.style[items])
    style = 1.0 - np.exp(-3.0 * style)
    bad = 0.5 / (style + 0.05)
    bad += 0.3 / (people.colours[who, goods.colour[items]] + 0.05)
    bad += 0.2 / (people.patterns[who, goods.pattern[items]] + 0.05)
    if with_material:
        bad += 0.35 / (people.materials[who, goods.material[items]] + 0.05)
    liked: Real = ((1.35 if with_material else 1.0) / bad).astype(np.float32)
    return liked


def price_pain(tables: Tables, memory: Memory, situation: Situation, items: Whole) -> Real:
    """[P,K] what the price takes away: nothing much below the reference, ever more above it, a wall at the wallet."""
    people, goods, who = tables.people, tables.goods, situation.customer
    over = goods.relative_price[items] - people.budget[who][:, None]
    pain = 0.55 * people.sensitivity[who][:, None] * np.logaddexp(0.0, over / 0.22)
    pain += 0.5 * np.maximum(-over - 0.9, 0.0)  # suspiciously cheap
    left = people.wallet[who] - 0.5 * memory.spent_lately(who, situation.day)
    share = goods.price[items] / np.maximum(left, 15.0)[:, None]
    return (pain + 3.0 * sigmoid((share - 1.0) / 0.12)).astype(np.float32)


def wish(tables: Tables, situation: Situation, items: Whole) -> Real:
    """[P,K] how well the item answers what this visit is for."""
    people, goods = tables.people, tables.goods
    leaf = goods.leaf[items]
    target = situation.leaf[:, None]
    same = (leaf == target) | (goods.second[items] == target)
    kin = goods.leaf_group[leaf] == goods.leaf_group[target]
    aimed = np.where(same, 2.1, np.where(kin, 0.5, -0.7))
    interest = people.interest[situation.customer[:, None], leaf]
    roaming = np.clip(0.6 * np.log(interest * len(goods.leaves) + 0.02), -2.0, 1.5)
    found = np.where(target >= 0, aimed + 0.25 * roaming, roaming)
    colour = situation.colour[:, None]
    found += np.where(colour < 0, 0.0, np.where(goods.colour[items] == colour, 1.2, -0.5))
    seeded = situation.seed >= 0
    if seeded.any():
        seed = situation.seed[seeded]
        kindred = np.einsum("ps,pks->pk", goods.style[seed], goods.style[items[seeded]])
        found[seeded] += 1.2 * (1.0 - np.exp(-3.0 * kindred)) + 0.4 * (
            goods.colour[items[seeded]] == goods.colour[seed][:, None]
        )
    value: Real = found.astype(np.float32)
    return value


def habit(tables: Tables, memory: Memory, situation: Situation, items: Whole) -> Real:
    """[P,K] loyalty, satiation after purchases, complements, novelty."""
    people, goods, who = tables.people, tables.goods, situation.customer[:, None]
    leaf, brand = goods.leaf[items], goods.brand[items]
    favourites = people.favourites[situation.customer]
    fond = np.zeros(items.shape, dtype=np.float32)
    for rank in range(favourites.shape[1]):
        fond += np.where(brand == favourites[:, rank, None], 1.0 - 0.18 * rank, 0.0)
    value = fond * people.loyalty[who] * sigmoid(2.0 * goods.quality[items] + 1.5)
    day = situation.day[:, None]
    value -= 2.6 * np.exp(-(day - memory.bought_day[who, leaf]) / 16.0)
    partner = goods.complement_of[leaf]
    lately = np.exp(-(day - memory.bought_day[who, np.maximum(partner, 0)]) / 9.0)
    value += np.where(partner >= 0, 1.1 * lately, 0.0)
    value += people.curiosity[who] * np.exp(-np.maximum(day - tables.first_seen_day[items], 0.0) / 12.0)
    return value.astype(np.float32)


def _among(kept: Whole, items: Whole) -> Bool:
    """[P,K] whether each item is among the kept ones [P,R] of its page's customer."""
    found = np.zeros(items.shape, dtype=np.bool_)
    for place in range(kept.shape[1]):
        found |= items == kept[:, place, None]
    return found


def attraction(tables: Tables, memory: Memory, situation: Situation, items: Whole) -> Real:
    """[P,K] value of an item as a tile shows it: what a click is decided on."""
    value = 5.0 * looks(tables, situation.customer, items, with_material=False)
    value += wish(tables, situation, items) + habit(tables, memory, situation, items)
    value -= price_pain(tables, memory, situation, items)
    value += tables.appeal_of(situation.day, items)
    value += 0.8 * _among(memory.recent[situation.customer], items)
    value -= 3.0 * _among(memory.owned[situation.customer], items)
    return value


def utility(tables: Tables, memory: Memory, situation: Situation, items: Whole) -> Real:
    """[P,K] value of having an item, known after looking closely: material, quality, familiarity, price in full."""
    value = 5.0 * looks(tables, situation.customer, items, with_material=True)
    value += wish(tables, situation, items) + habit(tables, memory, situation, items)
    value -= 1.4 * price_pain(tables, memory, situation, items)
    value += tables.appeal_of(situation.day, items) + 0.6 * tables.goods.quality[items]
    value += 0.8 * _among(memory.recent[situation.customer], items)
    value -= 4.0 * _among(memory.owned[situation.customer], items)
    return value
