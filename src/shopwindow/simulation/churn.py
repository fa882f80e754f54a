"""Churn: who does not come back, because of pages without anything to click or because the last visit is long ago."""

from typing import Final

import numpy as np

from shopwindow.simulation.arrays import Bool, Real, Whole
from shopwindow.simulation.chance import Chance, Draw
from shopwindow.simulation.memory import LONG_AGO, Memory
from shopwindow.simulation.spec import DAY_MS
from shopwindow.simulation.world import World

LEAVING: Final = 0.004  # per visit, for those who are pleased
DISAPPOINTED: Final = 0.05  # more, for those who found nothing on all pages of late
GRACE_DAYS: Final = 7.0
FORGETTING_DAYS: Final = 240.0  # after the days of grace a shop is forgotten at this pace


def p_leaves(mood: Real, gap_days: Real) -> Real:
    """[n] chance that a visit that was planned does not happen, and none after it.

    `mood`: share of the latest pages with something to click; `gap_days`: since the visit before.
    """
    stays = 1.0 - LEAVING - DISAPPOINTED * (1.0 - mood) ** 2
    stays = stays * np.exp(-np.maximum(gap_days - GRACE_DAYS, 0.0) / FORGETTING_DAYS)
    chance: Real = 1.0 - stays
    return chance


def comes(world: World, memory: Memory, visits: tuple[Whole, Whole, Whole], chance: Chance) -> Bool:
    """[n] which of these visits happen: `visits` = number, customer, start in ms; memory takes in who leaves."""
    number, customer, start_ms = visits
    day = ((start_ms - world.spec.start_ms) / DAY_MS).astype(np.float32)
    before = memory.last_day[customer]
    gap = np.where(before == LONG_AGO, 0.0, day - before)
    leaves = chance.at(number, 0).uniform(Draw.LEAVE) < p_leaves(memory.mood[customer], gap)
    leaves &= (before != LONG_AGO) & ~world.people.bot[customer]
    memory.gone[customer] |= leaves
    there = ~memory.gone[customer]
    memory.last_day[customer[there]] = day[there]
    return there
