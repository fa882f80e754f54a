"""Space: what may be tried of a baseline. Declared beside each baseline, searched by `evaluation.tuning`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Protocol, TypeVar

import numpy as np

from shopwindow.baselines.baseline import Baseline

Value = float | int | str | bool
GRID_POINTS: Final = 4  # of a range, where a grid is asked for


@dataclass(frozen=True, slots=True)
class Choice:
    """One of these."""

    of: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A number from `low` to `high`, both included; log: drawn evenly by its logarithm."""

    low: float
    high: float
    log: bool = False

    def grid(self) -> tuple[float, ...]:
        """A few points from end to end."""
        spaced = np.geomspace if self.log else np.linspace
        points = [float(f"{point:.4g}") for point in spaced(self.low, self.high, GRID_POINTS)]
        return (self.low, *points[1:-1], self.high)


Parameter = Choice | Range


class Named(Protocol):
    """A setting of something that can be fitted."""

    @property
    def name(self) -> str:
        """How tables call it."""
        ...


S = TypeVar("S", bound=Named)


@dataclass(frozen=True, kw_only=True)  # a generic alias that is called marks what it makes: no slots
class SpaceOf(Generic[S]):
    """Settings of one thing to be fitted: `make` with a value for each of `parameters` (names of its fields).

    `starts`: settings known to be good somewhere; they are tried first.
    """

    make: Callable[..., S]
    starts: tuple[S, ...]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """That of its settings."""
        return self.starts[0].name

    def setting(self, values: Mapping[str, Value]) -> S:
        """The setting with these values."""
        return self.make(**values)

    def values_of(self, setting: S) -> dict[str, Value]:
        """What `setting` has for each parameter."""
        found: dict[str, Any] = {name: getattr(setting, name) for name in self.parameters}
        return found


Space = SpaceOf[Baseline]

READING: Final[Mapping[str, Parameter]] = {
    "last": Choice((1, 3, 5, 10, 20, 50, 100)),
    "decay": Choice((0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0)),
}
"""How much of a history is read, and how fast its weight falls with every step back."""
