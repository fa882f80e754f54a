"""Marginals: what any shop's log of actions tells about how people come, look and choose; real logs and simulated ones alike.

Legend: n actions, in any order.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from shopwindow.simulation.arrays import Bool, Real, Whole
from shopwindow.simulation.spec import DAY_MS

CLICK, WISHLIST, CART, PURCHASE = range(4)
SESSION_GAP_MS: Final = 30 * 60_000
QUANTILES: Final = (np.arange(400) + 0.5) / 400


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Actions:
    """n actions: `customer`, `item`, `action` (0 click, 1 wishlist, 2 cart, 3 purchase), `at_ms [n]`."""

    customer: Whole
    item: Whole
    action: Whole
    at_ms: Whole

    def __len__(self) -> int:
        return len(self.item)

    def take(self, kept: Bool | Whole) -> Self:
        """The actions at these places."""
        return type(self)(
            customer=self.customer[kept],
            item=self.item[kept],
            action=self.action[kept],
            at_ms=self.at_ms[kept],
        )

    def of(self, action: int) -> Self:
        """Those of one kind."""
        return self.take(self.action == action)

    def within(self, start_ms: int, days: float) -> Self:
        """Those of a window that is `days` long."""
        return self.take((self.at_ms >= start_ms) & (self.at_ms < start_ms + days * DAY_MS))

    def by_customer(self) -> Self:
        """Sorted by customer, then time."""
        return self.take(np.lexsort((self.at_ms, self.customer)))


def sessions(actions: Actions) -> Whole:
    """[n] session of each action, which are sorted by customer and time: a new one after half an hour without any."""
    new = np.r_[True, (np.diff(actions.customer) != 0) | (np.diff(actions.at_ms) > SESSION_GAP_MS)]
    numbers: Whole = np.cumsum(new[: len(actions)]) - 1
    return numbers


def clicks_per_session(actions: Actions) -> Real:
    """Clicks of each session."""
    clicks = actions.of(CLICK).by_customer()
    return np.bincount(sessions(clicks)).astype(np.float64)


def seconds_between_clicks(actions: Actions) -> Real:
    """Seconds from one click to the next of the same session, at least one."""
    clicks = actions.of(CLICK).by_customer()
    same = np.diff(sessions(clicks)) == 0
    seconds: Real = np.maximum(np.diff(clicks.at_ms)[same] / 1000.0, 1.0)
    return seconds


def actions_per_customer(actions: Actions) -> Real:
    """Actions of each customer who did anything."""
    counts = np.bincount(np.unique(actions.customer, return_inverse=True)[1])
    return counts.astype(np.float64)


def days_between_visits(actions: Actions) -> Real:
    """Days from one day with any action to the next, of the same customer."""
    days = np.unique(np.stack([actions.customer, actions.at_ms // DAY_MS], axis=1), axis=0)
    same = np.diff(days[:, 0]) == 0
    gaps: Real = np.diff(days[:, 1])[same].astype(np.float64)
    return gaps


def clicks_per_item(actions: Actions) -> Real:
    """Clicks of each item that has any, the most clicked first."""
    counts = np.unique(actions.of(CLICK).item, return_counts=True)[1]
    return np.sort(counts)[::-1].astype(np.float64)


def repeats_in_session(actions: Actions) -> float:
    """Share of clicks on an item that was clicked before in the same session."""
    clicks = actions.of(CLICK).by_customer()
    pairs = np.unique(np.stack([sessions(clicks), clicks.item], axis=1), axis=0)
    return 1.0 - len(pairs) / max(len(clicks), 1)


def repeats(actions: Actions) -> float:
    """Share of actions on an item that the customer acted on before in the log."""
    pairs = np.unique(np.stack([actions.customer, actions.item], axis=1), axis=0)
    return 1.0 - len(pairs) / max(len(actions), 1)


def per_click(actions: Actions, action: int) -> float:
    """Actions of a kind per click."""
    return float((actions.action == action).sum() / max((actions.action == CLICK).sum(), 1))


def gini(counts: Real) -> float:
    """Inequality of counts, 0 (all equal) to 1. Gini 1912, by the sorted-sum formula."""
    ordered = np.sort(counts)
    place = np.arange(1, len(ordered) + 1)
    return float((2 * place - len(ordered) - 1) @ ordered / (len(ordered) * ordered.sum()))


def zipf(counts: Real) -> float:
    """Exponent of the tail: slope of log count on log rank over the upper half of the ranks, sign turned."""
    top = np.sort(counts)[::-1][: max(len(counts) // 2, 2)]
    return float(-np.polyfit(np.log(np.arange(1, len(top) + 1)), np.log(top), 1)[0])


def share_by_rank(counts: Real) -> tuple[Real, Real]:
    """Share of items, the most wanted first, and the share of all actions that they have."""
    ordered = np.sort(counts)[::-1]
    return np.arange(1, len(ordered) + 1) / len(ordered), np.cumsum(ordered) / ordered.sum()


def equally_dense(one: Actions, other: Actions) -> tuple[Actions, Actions]:
    """Both logs with equally many clicks per clicked item: the denser one is thinned, as shares by rank depend on it."""
    density = [_density(each, 1.0) for each in (one, other)]
    if density[0] > density[1]:
        return _thinned(one, density[1]), other
    return one, _thinned(other, density[0])


def _thinned(actions: Actions, density: float) -> Actions:
    low, high = 0.0, 1.0
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if _density(actions, middle) < density else (low, middle)
    return actions.take(_sampled(actions, high))


def _density(actions: Actions, share: float) -> float:
    counts = clicks_per_item(actions.take(_sampled(actions, share)))
    return float(counts.mean()) if len(counts) else 0.0


def _sampled(actions: Actions, share: float) -> Bool:
    return np.random.default_rng(0).random(len(actions)) < share


def ks(one: Real, other: Real) -> float:
    """Largest difference of the two distribution functions. Kolmogorov 1933, Smirnov 1948."""
    at = np.union1d(one, other)
    below = [np.searchsorted(np.sort(each), at, side="right") / len(each) for each in (one, other)]
    return float(np.abs(below[0] - below[1]).max())


def wasserstein_log(one: Real, other: Real) -> float:
    """Mean distance of equal quantiles in powers of ten: 0.3 means a factor of two. Values are above 0."""
    quantiles = [np.quantile(np.log10(each), QUANTILES) for each in (one, other)]
    return float(np.abs(quantiles[0] - quantiles[1]).mean())
