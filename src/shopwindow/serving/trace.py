"""Trace: the one record of what happened to a request; metrics, explain and the page log read it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType

Clock = Callable[[], float]
"""Seconds on a steady clock; passed in, because no stage reads a clock by itself."""


@dataclass(slots=True, kw_only=True)
class Trace:
    """Times, counts and failures of one request.

    `deadline_s`: point on `clock` after which optional work is skipped; infinity = never.
    `stages`: (name, milliseconds) in the order they ended. `counts`: what sources proposed and policies removed.
    `degraded`: "part:reason" for everything that was left out; the page went on without it.
    """

    clock: Clock
    deadline_s: float = float("inf")
    stages: list[tuple[str, float]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    degraded: list[str] = field(default_factory=list)

    def stage(self, name: str) -> "_Stage":
        """Times a `with` block."""
        return _Stage(self, name)

    def degrade(self, part: str, reason: str) -> None:
        """Note that `part` was left out; once per part and reason."""
        if (flag := f"{part}:{reason}") not in self.degraded:
            self.degraded.append(flag)

    def late(self) -> bool:
        """Whether the deadline has passed."""
        return self.clock() > self.deadline_s


@dataclass(slots=True)
class _Stage:
    trace: Trace
    name: str
    began_s: float = 0.0

    def __enter__(self) -> None:
        self.began_s = self.trace.clock()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.trace.stages.append((self.name, (self.trace.clock() - self.began_s) * 1000.0))
