"""Chance: every random number of a visit is a function of the visit, the page, the thing and what it decides.

So two rankings that are tried on the same visits meet the same luck (common random numbers: their difference is less
noisy than their outcomes), and what happens does not depend on which visits are stepped together.
Counter-based random numbers: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011; the mixing steps are
those of Mueller's 32-bit integer hash.
"""

from dataclasses import dataclass
from enum import IntEnum, auto

import numpy as np
from numpy.random import Generator

from shopwindow.simulation.arrays import Bool, Real, Whole


class Draw(IntEnum):
    """What a random number decides; numbers of different draws are independent."""

    WALK = auto()
    GO_ON = auto()
    DEPTH = auto()
    NOTICE = auto()
    CLICK = auto()
    BOT = auto()
    HIDE = auto()
    DWELL = auto()
    WISHLIST = auto()
    CART = auto()
    PURCHASE = auto()
    REMOVE = auto()
    CUT = auto()
    RETURN = auto()
    RETURN_DAY = auto()
    LEAVE = auto()
    ORDER = auto()
    SAMPLE = auto()


@dataclass(frozen=True, slots=True)
class Chance:
    """Equal salts give equal luck."""

    salt: int

    @classmethod
    def of(cls, rng: Generator) -> "Chance":
        """Luck that follows from a stream of random numbers."""
        return cls(int(rng.integers(0, 1 << 32)))

    def at(self, who: Whole, step: Whole | int) -> "Luck":
        """The luck of P visits (or customers) `who` at their pages `step` (0 where there is but one)."""
        key = _mixed(who.astype(np.uint32) * np.uint32(0x85EBCA77) ^ np.uint32(self.salt))
        return Luck(_mixed(key + np.asarray(step).astype(np.uint32) * np.uint32(0xC2B2AE3D)))


@dataclass(frozen=True, slots=True, eq=False)
class Luck:
    """The random numbers of P visits at one page each, which follow from `key [P]`.

    Each method gives [P] without a `thing`, and one number per thing (items or places) of shape [P], [P,K] or [1,K].
    """

    key: Whole

    def take(self, places: Whole | Bool) -> "Luck":
        """The luck of the visits at these places."""
        return Luck(self.key[places])

    def uniform(self, draw: Draw, thing: Whole | None = None) -> Real:
        """Uniform on (0, 1)."""
        what = np.uint32(int(draw) * 0x27D4EB2F & 0xFFFFFFFF)
        if thing is None:
            bits = _mixed(self.key ^ what)
        else:
            key = self.key[:, None] if thing.ndim == 2 else self.key
            bits = _mixed((thing.astype(np.uint32) * np.uint32(0x9E3779B1) + what) ^ key)
        number: Real = (bits >> np.uint32(9)).astype(np.float32)
        number *= np.float32(2.0**-23)
        number += np.float32(2.0**-24)
        return number

    def logistic(self, draw: Draw, thing: Whole | None = None) -> Real:
        """Standard logistic noise."""
        u = self.uniform(draw, thing)
        noise: Real = np.log(u / (1.0 - u))
        return noise

    def gumbel(self, draw: Draw, thing: Whole | None = None) -> Real:
        """Standard Gumbel noise."""
        noise: Real = -np.log(-np.log(self.uniform(draw, thing)))
        return noise

    def normal(self, draw: Draw, thing: Whole) -> Real:
        """Standard normal noise [P] of `thing [P]`. Box and Muller 1958."""
        pairs = np.stack([2 * thing, 2 * thing + 1], axis=1)
        u = self.uniform(draw, pairs).astype(np.float64)
        noise: Real = np.sqrt(-2.0 * np.log(u[:, 0])) * np.cos(2.0 * np.pi * u[:, 1])
        return noise


def _mixed(x: Whole) -> Whole:
    """Each number scrambled, so that neighbours have nothing in common; changes `x`."""
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x7FEB352D)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x846CA68B)
    x ^= x >> np.uint32(16)
    return x
