"""Counters: how often each kind of event touched each slot, per sliding window, decayed, and when last.

Legend: S slots, W windows, D decays, A kinds of events, n events, T slots that one event touches.

All sums are sums of whole numbers, so neither the order of events nor how they were cut into batches can show.
A decayed count is forward decay (Cormode, Shkapenyuk, Srivastava and Xu, "Forward Decay", ICDE 2009) in fixed point:
an event weighs 2^(half-lives since a landmark); the landmark moves on before a sum can overflow. An event leaves
a decayed count with the window named beside it, when next to nothing is left of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

import numpy as np
from numpy.typing import NDArray

from shopwindow.schema.arrays import Int64

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
BITS: Final = 14  # of precision; 12 + 12 (15 + 4) for age and step: a sum may reach 2^24 (2^29) fresh events


@dataclass(frozen=True, slots=True)
class Layout:
    """A slot's row of 64-bit words: counts [W, A] as 32-bit numbers, decayed sums [D, A], last times [A].

    One row, so that reading or counting for a slot touches few cache lines. Times are kept as at_ms - NEVER_MS, so
    that an empty row is all zeros.
    """

    num_kinds: int

    @property
    def decayed(self) -> int:
        """The word at which decayed sums begin."""
        return (len(WINDOWS) * self.num_kinds + 1) // 2

    @property
    def last(self) -> int:
        """The word at which last times begin."""
        return self.decayed + len(DECAYS) * self.num_kinds

    @property
    def words(self) -> int:
        return self.last + self.num_kinds


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """n events as counters see them. `slots [n, T]`, 0 = nothing to count for; `kind [n]`; `at_ms [n]`."""

    slots: NDArray[np.intp]
    kind: NDArray[np.intp]
    at_ms: Int64

    def places(self, width: int, first: int | NDArray[np.intp]) -> NDArray[np.intp]:
        """[n, T] place of the number `first` + kind of each slot, where a slot has `width` numbers."""
        return self.slots * width + (self.kind + first)[:, None]


@final
class Counters:
    """The numbers; who calls decides which events are inside which window at which moment.

    Slot 0 reads as zero whatever is counted for it.
    """

    def __init__(self, num_kinds: int) -> None:
        self.layout: Final = Layout(num_kinds)
        self._rows = np.zeros((1, self.layout.words), dtype=np.int64)
        self._used = 1
        self._landmark = [NEVER_MS // each.half_life_ms for each in DECAYS]  # in half-lives

    def grow(self, num_slots: int) -> None:
        """Make room for slots 0 .. num_slots-1."""
        self._used = max(self._used, num_slots)
        if num_slots > len(self._rows):
            size = max(num_slots, len(self._rows) * 3 // 2)
            # zeros take no memory until they are written to
            larger = np.zeros((size, self.layout.words), dtype=np.int64)
            larger[: len(self._rows)] = self._rows
            self._rows = larger

    def enter(self, block: Block, firsts: Sequence[int]) -> None:
        """These events have happened; in window w are those from number firsts[w] on."""
        kinds, words = self.layout.num_kinds, self.layout.words
        places = block.places(2 * words, 0)
        inside = [places[first:].ravel() + window * kinds for window, first in enumerate(firsts)]
        np.add.at(self._rows.view(np.int32).reshape(-1), np.concatenate(inside), np.int32(1))
        places, numbers = block.places(words, self.layout.last), self._rows.reshape(-1)
        np.maximum.at(numbers, places.ravel(), _each(block.at_ms - NEVER_MS, places))
        for d, decay in enumerate(DECAYS):
            first = firsts[decay.until]
            there = places[first:] + (self.layout.decayed - self.layout.last + d * kinds)
            np.add.at(numbers, there.ravel(), _each(self._weights(block.at_ms[first:], d), there))
        self._rows[0] = 0

    def leave(self, block: Block, window: NDArray[np.intp]) -> None:
        """Each of these events, which was inside its `window [n]`, is so no longer."""
        kinds, words = self.layout.num_kinds, self.layout.words
        places = block.places(2 * words, window * kinds)
        np.subtract.at(self._rows.view(np.int32).reshape(-1), places.ravel(), np.int32(1))
        places = block.places(words, self.layout.decayed)
        for d, decay in enumerate(DECAYS):
            those = np.flatnonzero(window == decay.until)
            there = places[those] + d * kinds
            weights = _each(self._weights(block.at_ms[those], d), there)
            np.subtract.at(self._rows.reshape(-1), there.ravel(), weights)
        self._rows[0] = 0

    def move_landmarks(self, clock_ms: int) -> None:
        """Weigh against landmarks that suit this moment; exact once what has left the windows was taken out."""
        kinds = self.layout.num_kinds
        for d, decay in enumerate(DECAYS):
            oldest = (clock_ms - WINDOWS[decay.until].ms) // decay.half_life_ms
            landmark = oldest // decay.step * decay.step
            steps = landmark - self._landmark[d]
            if steps > 0:  # every weight left in the sums is a multiple of 2^steps
                first = self.layout.decayed + d * kinds
                self._rows[: self._used, first : first + kinds] >>= min(steps, 63)
                self._landmark[d] = landmark

    def read(self, slots: NDArray[np.intp], into: Int64) -> None:
        """Copy the rows of these slots, `[...]`, to `into [..., words]`."""
        np.take(self._rows, slots, axis=0, out=into, mode="clip")

    def scale(self, clock_ms: int) -> list[float]:
        """[D] what a decayed sum has to be multiplied with at this moment."""
        return [
            2.0 ** (landmark - clock_ms / decay.half_life_ms - BITS)
            for decay, landmark in zip(DECAYS, self._landmark, strict=True)
        ]

    def last_times(self, num_slots: int) -> Int64:
        """[num_slots, A] when each kind happened last, as rows hold it; the retained events may not tell any more."""
        return self._rows[:num_slots, self.layout.last :]

    def remember(self, last_times: Int64) -> None:
        """What `last_times` gave was so, whatever else is counted."""
        self.grow(len(last_times))
        known = self._rows[: len(last_times), self.layout.last :]
        np.maximum(known, last_times, out=known)

    def _weights(self, at_ms: Int64, d: int) -> Int64:
        """[n] 2^(half-lives since the landmark), in units of 2^-14 of it, whole numbers.

        Whole half-lives are a shift, so that moving the landmark on divides every weight without a rest.
        """
        half_life = DECAYS[d].half_life_ms
        whole, rest = np.divmod(at_ms, half_life)
        mantissa = np.rint(np.exp2(rest / half_life) * 2**BITS).astype(np.int64)
        weights: Int64 = mantissa << (whole - self._landmark[d])
        return weights


def _each(values: Int64, places: NDArray[np.intp]) -> Int64:
    """[n T] each event's value once for each place that it touches."""
    return np.repeat(values, places.shape[1])
