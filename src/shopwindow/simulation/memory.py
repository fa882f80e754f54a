"""Memory: what customers did before, as far as it changes what they want next."""

from dataclasses import dataclass, fields
from typing import Final, Self

import numpy as np

from shopwindow.simulation.arrays import Bool, Real, Whole

NUM_RECENT: Final = 12
NUM_OWNED: Final = 8
LONG_AGO: Final = -1e6
MOOD_FADE: Final = 0.85
SPENDING_DAYS: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Memory:
    """Mutable arrays of U customers; days count from the world's start.

    `bought_day [U,L]`: last purchase in each leaf. `recent [U,12]`: items clicked, oldest overwritten, -1 empty.
    `owned [U,8]`: items bought. `spent [U]`: EUR, fading over a month, as of `spent_day [U]`. `last_leaf [U]`: of the
    last click, -1. `mood [U]`: share of the latest pages with something to click, 0 to 1. `last_day [U]`: of the last
    visit. `gone [U]`: who left the shop for good.
    """

    bought_day: Real
    recent: Whole
    num_clicks: Whole
    owned: Whole
    num_bought: Whole
    spent: Real
    spent_day: Real
    last_leaf: Whole
    mood: Real
    last_day: Real
    gone: Bool

    @classmethod
    def empty(cls, customers: int, leaves: int) -> Self:
        """Nobody did anything yet."""
        return cls(
            bought_day=np.full((customers, leaves), LONG_AGO, dtype=np.float32),
            recent=np.full((customers, NUM_RECENT), -1, dtype=np.int32),
            num_clicks=np.zeros(customers, dtype=np.int32),
            owned=np.full((customers, NUM_OWNED), -1, dtype=np.int32),
            num_bought=np.zeros(customers, dtype=np.int32),
            spent=np.zeros(customers, dtype=np.float32),
            spent_day=np.full(customers, LONG_AGO, dtype=np.float32),
            last_leaf=np.full(customers, -1, dtype=np.int32),
            mood=np.ones(customers, dtype=np.float32),
            last_day=np.full(customers, LONG_AGO, dtype=np.float32),
            gone=np.zeros(customers, dtype=np.bool_),
        )

    def copy(self) -> Self:
        """The same memory, to be changed on its own."""
        return type(self)(**{each.name: getattr(self, each.name).copy() for each in fields(self)})

    def saw_page(self, customer: Whole, clicked: Bool) -> None:
        """Takes in one page each: whether there was anything to click."""
        self.mood[customer] = MOOD_FADE * self.mood[customer] + (1.0 - MOOD_FADE) * clicked

    def spent_lately(self, customer: Whole, day: Real) -> Real:
        """[n] EUR spent, faded to `day [n]`."""
        faded: Real = self.spent[customer] * np.exp(
            -np.maximum(day - self.spent_day[customer], 0.0) / SPENDING_DAYS
        )
        return faded

    def clicked(self, customer: Whole, item: Whole, leaf: Whole) -> None:
        """Takes in clicks in order; a customer may occur more than once."""
        nth = _nth_of_its_kind(customer)
        self.recent[customer, (self.num_clicks[customer] + nth) % NUM_RECENT] = item
        self.last_leaf[customer] = leaf
        np.add.at(self.num_clicks, customer, 1)

    def bought(self, customer: Whole, item: Whole, leaf: Whole, *, price: Real, day: Real) -> None:
        """Takes in purchases in order; `price [n]` in EUR."""
        nth = _nth_of_its_kind(customer)
        self.owned[customer, (self.num_bought[customer] + nth) % NUM_OWNED] = item
        np.add.at(self.num_bought, customer, 1)
        self.bought_day[customer, leaf] = day
        self.spent[customer] = self.spent_lately(customer, day)
        self.spent_day[customer] = day
        np.add.at(self.spent, customer, price)


def _nth_of_its_kind(values: Whole) -> Whole:
    """0 for the first occurrence of each value, 1 for its second, ..."""
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    starts = np.r_[True, ranked[1:] != ranked[:-1]] if len(values) else np.zeros(0, dtype=np.bool_)
    first = np.maximum.accumulate(np.where(starts, np.arange(len(values)), 0))
    nth = np.empty(len(values), dtype=np.int32)
    nth[order] = np.arange(len(values)) - first
    return nth
