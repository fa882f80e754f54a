"""When customers come and what for: visits over the period, in bursts, by weekday, hour and season.

Legend: U customers, V visits, L leaves.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator

from shopwindow.simulation import vocabulary as words
from shopwindow.simulation.arrays import Bool, Real, Whole
from shopwindow.simulation.people import People
from shopwindow.simulation.spec import DAY_MS, HOUR_MS, WorldSpec
from shopwindow.simulation.world import World

SAME_INTENT: Final = 0.55  # share of visits right after another that are for the same thing
INTENT_DAYS: Final = 2.5  # gap after which that share has fallen to 1/e
MIN_GAP_MS: Final = 45 * 60_000
WEEKDAY: Final = np.array([1.0, 0.97, 0.98, 0.98, 0.9, 1.02, 1.3])
HOUR: Final = np.array(
    [4, 2, 1, 1, 1, 2, 5, 9, 12, 14, 15, 15, 17, 16, 14, 14, 15, 17, 20, 25, 28, 26, 18, 9], dtype=np.float64
)
ROAMING: Final = 0.33  # share of visits for nothing in particular
COLOUR_WANTED: Final = 0.3  # of the others, share with a colour in mind


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visits:
    """V visits in order of `start_ms`.

    `leaf`, `colour [V]`: what it is for, -1 for nothing in particular. `device [V]`. `next_today [V]`: place of
    the same customer's next visit on the same day, -1; `first_today [V]`: whether it is the day's first.
    """

    customer: Whole
    start_ms: Whole
    leaf: Whole
    colour: Whole
    device: Whole
    next_today: Whole
    first_today: Bool

    def __len__(self) -> int:
        return len(self.customer)

    def between(self, start_ms: int, end_ms: int) -> "Visits":
        """Those that start in a span of whole days, renumbered."""
        first, last = np.searchsorted(self.start_ms, [start_ms, end_ms])
        part = slice(first, last)
        following = self.next_today[part]
        return Visits(
            customer=self.customer[part],
            start_ms=self.start_ms[part],
            leaf=self.leaf[part],
            colour=self.colour[part],
            device=self.device[part],
            next_today=np.where(following >= 0, following - first, -1).astype(np.int32),
            first_today=self.first_today[part],
        )


def plan_visits(world: World, rng: Generator) -> Visits:
    """All visits of the period, if nobody leaves the shop before."""
    spec, people, parameters = world.spec, world.people, world.parameters
    customer = np.repeat(np.arange(len(people), dtype=np.int32), people.visits)
    follows = (rng.random(len(customer)) < parameters.follow_up) & np.r_[False, customer[1:] == customer[:-1]]
    start = _days(spec, people.joined_ms[customer], rng)
    start = _with_follow_ups(start, follows, parameters.follow_up_days, rng)
    start += _hours(len(start), rng)
    order = np.lexsort((start, customer))
    customer, start = customer[order], start[order]
    leaf, colour = draw_intents(people, customer, rng)
    gap_days = np.diff(start, prepend=start[:1]) / DAY_MS
    repeats = rng.random(len(customer)) < SAME_INTENT * np.exp(-np.maximum(gap_days, 0.0) / INTENT_DAYS)
    repeats &= np.r_[False, customer[1:] == customer[:-1]]
    source = np.maximum.accumulate(np.where(repeats, 0, np.arange(len(customer))))
    leaf, colour = leaf[source], colour[source]
    close = np.r_[False, (customer[1:] == customer[:-1]) & (np.diff(start) < MIN_GAP_MS)]
    kept = ~close & (start < spec.end_ms - HOUR_MS) & (start >= people.joined_ms[customer])
    kept |= (
        np.r_[True, customer[1:] != customer[:-1]] & people.guest[customer] & (start < spec.end_ms - HOUR_MS)
    )
    customer, start, leaf, colour = customer[kept], start[kept], leaf[kept], colour[kept]
    device = np.where(
        rng.random(len(customer)) < 0.85,
        people.device[customer],
        rng.choice(3, len(customer), p=[0.6, 0.32, 0.08]),
    )
    same_day = np.r_[False, (customer[1:] == customer[:-1]) & (np.diff(start // DAY_MS) == 0)]
    by_time = np.argsort(start, kind="stable")
    place = np.empty(len(start), dtype=np.int32)
    place[by_time] = np.arange(len(start))
    following = np.where(np.r_[same_day[1:], False], np.r_[place[1:], -1], -1)
    return Visits(
        customer=customer[by_time],
        start_ms=start[by_time],
        leaf=leaf[by_time],
        colour=colour[by_time],
        device=device.astype(np.int16)[by_time],
        next_today=following[by_time].astype(np.int32),
        first_today=~same_day[by_time],
    )


def draw_intents(people: People, customer: Whole, rng: Generator) -> tuple[Whole, Whole]:
    """A leaf and a colour wanted by each visit, -1 where it is for nothing in particular."""
    edges = np.cumsum(people.interest, axis=1)
    u = rng.random(len(customer), dtype=np.float32) * edges[customer, -1] * 0.99999
    leaf = np.empty(len(customer), dtype=np.int16)
    for first in range(0, len(customer), 65_536):
        part = slice(first, first + 65_536)
        leaf[part] = (edges[customer[part]] <= u[part, None]).sum(axis=1)
    roaming = rng.random(len(customer)) < ROAMING
    whims = rng.integers(0, len(words.COLOUR_NAMES), (len(customer), 3))
    best = people.colours[customer[:, None], whims].argmax(axis=1)  # the dearest of three that come to mind
    colour = whims[np.arange(len(customer)), best].astype(np.int16)
    colour[roaming | (rng.random(len(customer)) >= COLOUR_WANTED)] = -1
    return np.where(roaming, -1, leaf).astype(np.int16), colour


def _days(spec: WorldSpec, joined_ms: Whole, rng: Generator) -> Whole:
    """Midnight of a day for each visit, not before the customer joined; weekends and pay days are busier."""
    days = np.arange(spec.days)
    of_month = (spec.start_ms // DAY_MS + days) % 30
    weight = WEEKDAY[(spec.start_ms // DAY_MS + days + 3) % 7] * np.where(of_month < 4, 1.15, 1.0)
    edges = np.r_[0.0, np.cumsum(weight)]
    first = edges[np.clip((joined_ms - spec.start_ms) // DAY_MS, 0, spec.days - 1)]
    u = first + rng.random(len(joined_ms)) * (edges[-1] - first)
    day = np.clip(np.searchsorted(edges, u, side="right") - 1, 0, spec.days - 1)
    midnight: Whole = (spec.start_ms + day * DAY_MS).astype(np.int64)
    return midnight


def _with_follow_ups(start: Whole, follows: Bool, mean_days: float, rng: Generator) -> Whole:
    """Moves each follow-up to soon after the visit it follows: gaps are short in bursts, long between them."""
    gaps: Real = rng.exponential(mean_days, len(start)) * DAY_MS
    anchor = np.maximum.accumulate(np.where(follows, 0, np.arange(len(start))))
    run = np.cumsum(np.where(follows, gaps, 0.0))
    moved: Whole = (start[anchor] + ((run - run[anchor]) // DAY_MS) * DAY_MS).astype(np.int64)
    return moved


def _hours(size: int, rng: Generator) -> Whole:
    hour = rng.choice(24, size, p=HOUR / HOUR.sum())
    return (hour * HOUR_MS + rng.integers(0, HOUR_MS, size)).astype(np.int64)
