"""Counters: how often each kind of event touched each slot, per sliding window, decayed, and when last.

Legend: S slots, W windows, D decays, A kinds of events, n events, T slots that one event touches.

All sums are sums of whole numbers, so neither the order of events nor how they were cut into batches can show.
A decayed count is forward decay (Cormode, Shkapenyuk, Srivastava and Xu, "Forward Decay", ICDE 2009) in fixed point:
an event weighs 2^(half-lives since a landmark); the landmark moves on before a sum can overflow. An event leaves
a decayed count with the window named beside it, when next to nothing is left of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar, final

import numpy as np
from numpy.typing import NDArray

from shopwindow.schema.arrays import Float, Int32, Int64

_Number = TypeVar("_Number", np.int32, np.int64)

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
NEVER_MS: Final = -(2**62)


@dataclass(frozen=True, slots=True)
class Window:
    """The last `ms` milliseconds before a moment, which itself does not belong to it."""

    name: str
    ms: int


@dataclass(frozen=True, slots=True)
class Decay:
    """Half of an event's weight is left after `half_life_ms`; nothing once it has left window number `until`.

    `step`: half-lives by which the landmark moves on, all at once.
    """

    name: str
    half_life_ms: int
    until: int
    step: int


WINDOWS: Final = (
    Window("5m", 5 * MINUTE_MS),
    Window("1h", HOUR_MS),
    Window("1d", DAY_MS),
    Window("7d", 7 * DAY_MS),
    Window("30d", 30 * DAY_MS),
)
DECAYS: Final = (Decay("2h", 2 * HOUR_MS, 2, 12), Decay("2d", 2 * DAY_MS, 4, 4))  # let go at 2^-12 and 2^-15
_BITS: Final = 14  # of precision; 12 + 12 (15 + 4) for age and step: a sum may reach 2^24 (2^29) fresh events


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """n events as counters see them. `slots [n, T]`, 0 = nothing to count for; `kind [n, 1]`; `at_ms [n]`."""

    slots: NDArray[np.intp]
    kind: NDArray[np.intp]
    at_ms: Int64

    def places(self, width: int) -> NDArray[np.intp]:
        """[n, T] where each slot's first number of this kind stands if a slot has `width` numbers."""
        return self.slots * width + self.kind


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counted:
    """Counters of some slots, of shape [...]: `counts [..., W, A]`, `decayed [..., D, A]`, `last_ms [..., A]`."""

    counts: Int32
    decayed: Float
    last_ms: Int64


@final
class Counters:
    """The numbers; who calls decides which events are inside which window at which moment.

    Slot 0 reads as zero whatever is counted for it.
    """

    def __init__(self, num_kinds: int) -> None:
        self._kinds = num_kinds
        self._counts = np.zeros((1, len(WINDOWS), num_kinds), dtype=np.int32)
        self._decayed = np.zeros((1, len(DECAYS), num_kinds), dtype=np.int64)
        self._last_ms = np.full((1, num_kinds), NEVER_MS, dtype=np.int64)
        self._landmark = [NEVER_MS // each.half_life_ms for each in DECAYS]  # in half-lives

    @property
    def bytes_per_slot(self) -> int:
        return sum(each[0].nbytes for each in (self._counts, self._decayed, self._last_ms))

    def grow(self, num_slots: int) -> None:
        """Make room for slots 0 .. num_slots-1."""
        if num_slots > len(self._counts):
            size = max(num_slots, len(self._counts) * 3 // 2)
            self._counts = _grown(self._counts, size, 0)
            self._decayed = _grown(self._decayed, size, 0)
            self._last_ms = _grown(self._last_ms, size, NEVER_MS)

    def enter(self, block: Block, firsts: Sequence[int]) -> None:
        """These events have happened; in window w are those from number firsts[w] on."""
        places = block.places(self._kinds)
        np.maximum.at(self._last_ms.reshape(-1), places.ravel(), _each(block.at_ms, places))
        self._last_ms[0] = NEVER_MS
        places = block.places(self._counts[0].size)
        for window, first in enumerate(firsts):
            self._count(places[first:], window, 1)
        places = block.places(self._decayed[0].size)
        for d, decay in enumerate(DECAYS):
            first = firsts[decay.until]
            self._weigh(places[first:], d, self._weights(block.at_ms[first:], d))

    def leave(self, block: Block, window: int) -> None:
        """These events, which were inside the window, are no longer."""
        self._count(block.places(self._counts[0].size), window, -1)
        for d, decay in enumerate(DECAYS):
            if decay.until == window:
                self._weigh(block.places(self._decayed[0].size), d, -self._weights(block.at_ms, d))

    def last_ms(self, num_slots: int) -> Int64:
        """[num_slots, A] when each kind happened last, which no event that is still retained may tell."""
        return self._last_ms[:num_slots]

    def remember(self, last_ms: Int64) -> None:
        """Events of these kinds have happened at these moments, `[S, A]`, whatever else is counted of them."""
        self.grow(len(last_ms))
        known = self._last_ms[: len(last_ms)]
        np.maximum(known, last_ms, out=known)

    def move_landmarks(self, clock_ms: int) -> None:
        """Weigh against landmarks that suit this moment; exact once what has left the windows was taken out."""
        for d, decay in enumerate(DECAYS):
            oldest = (clock_ms - WINDOWS[decay.until].ms) // decay.half_life_ms
            landmark = oldest // decay.step * decay.step
            steps = landmark - self._landmark[d]
            if steps > 0:  # every weight left in the sums is a multiple of 2^steps
                self._decayed[:, d] >>= min(steps, 63)
                self._landmark[d] = landmark

    def read(self, slots: NDArray[np.integer], clock_ms: int) -> Counted:
        """What stands in these slots (any shape); decayed counts as of `clock_ms`."""
        decayed = np.take(self._decayed, slots, axis=0)
        scale = np.array(
            [
                2.0 ** (landmark - clock_ms / decay.half_life_ms - _BITS)
                for decay, landmark in zip(DECAYS, self._landmark, strict=True)
            ]
        )
        return Counted(
            counts=np.take(self._counts, slots, axis=0),
            decayed=(decayed * scale[:, None]).astype(np.float32),
            last_ms=np.take(self._last_ms, slots, axis=0),
        )

    def _count(self, places: NDArray[np.intp], window: int, sign: int) -> None:
        np.add.at(self._counts.reshape(-1), places.ravel() + window * self._kinds, np.int32(sign))
        self._counts[0] = 0

    def _weigh(self, places: NDArray[np.intp], d: int, weights: Int64) -> None:
        np.add.at(self._decayed.reshape(-1), places.ravel() + d * self._kinds, _each(weights, places))
        self._decayed[0] = 0

    def _weights(self, at_ms: Int64, d: int) -> Int64:
        """[n] 2^(half-lives since the landmark), in units of 2^-14 of it, whole numbers.

        Whole half-lives are a shift, so that moving the landmark on divides every weight without a rest.
        """
        half_life = DECAYS[d].half_life_ms
        whole, rest = at_ms // half_life, at_ms % half_life
        mantissa = np.rint(np.exp2(rest / half_life) * 2**_BITS).astype(np.int64)
        weights: Int64 = mantissa << (whole - self._landmark[d])
        return weights


def _each(values: Int64, places: NDArray[np.intp]) -> Int64:
    """[n T] each event's value once for each place that it touches."""
    return np.repeat(values, places.shape[1])


def _grown(array: NDArray[_Number], size: int, fill: int) -> NDArray[_Number]:
    larger = np.zeros((size, *array.shape[1:]), dtype=array.dtype)  # zeros take no memory until written to
    larger[: len(array)] = array
    if fill:
        larger[len(array) :] = fill
    return larger
