"""When customers come and what for: visits over the period, in bursts, by weekday, hour and season.

Legend: U customers, V visits, L leaves.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator

from shopwindow.simulation import vocabulary as words
from shopwindow.simulation.arrays import Bool, Real, Whole
from shopwindow.simulation.goods import Goods
from shopwindow.simulation.people import People
from shopwindow.simulation.spec import DAY_MS, HOUR_MS, WorldSpec

FOLLOW_UP: Final = 0.45  # share of visits that come back to the one before
SAME_INTENT: Final = 0.7  # of which this share is for the same thing
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


def plan_visits(spec: WorldSpec, people: People, goods: Goods, rng: Generator) -> Visits:
    """All visits of the period."""
    customer = np.repeat(np.arange(len(people), dtype=np.int32), people.visits)
    follows = (rng.random(len(customer)) < FOLLOW_UP) & np.r_[False, customer[1:] == customer[:-1]]
    start = _days(spec, people.joined_ms[customer], rng)
    start = _with_follow_ups(start, follows, rng)
    start += _hours(len(start), rng)
    leaf, colour = draw_intents(people, goods, customer, rng)
    repeats = follows & (rng.random(len(customer)) < SAME_INTENT)
    source = np.maximum.accumulate(np.where(repeats, 0, np.arange(len(customer))))
    leaf, colour = leaf[source], colour[source]

    order = np.lexsort((start, customer))
    customer, start, leaf, colour = customer[order], start[order], leaf[order], colour[order]
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


def draw_intents(people: People, goods: Goods, customer: Whole, rng: Generator) -> tuple[Whole, Whole]:
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


def _with_follow_ups(start: Whole, follows: Bool, rng: Generator) -> Whole:
    """Moves each follow-up to soon after the visit it follows: gaps are short in bursts, long between them."""
    gaps: Real = rng.exponential(1.1, len(start)) * DAY_MS
    anchor = np.maximum.accumulate(np.where(follows, 0, np.arange(len(start))))
    run = np.cumsum(np.where(follows, gaps, 0.0))
    moved: Whole = (start[anchor] + ((run - run[anchor]) // DAY_MS) * DAY_MS).astype(np.int64)
    return moved


def _hours(size: int, rng: Generator) -> Whole:
    hour = rng.choice(24, size, p=HOUR / HOUR.sum())
    return (hour * HOUR_MS + rng.integers(0, HOUR_MS, size)).astype(np.int64)
