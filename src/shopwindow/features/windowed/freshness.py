"""Freshness: how old the counters are that a page is ranked with; the same at serving and in training."""

from dataclasses import dataclass

from shopwindow.schema.arrays import Int64


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """Counters are those of `stale_ms` ago, rounded down to a whole interval `every_ms` (1: not rounded).

    Freshness(every_ms=300_000): what a cache shows that is renewed every five minutes. A customer's own history is
    never cached: it is read with the request.
    """

    stale_ms: int = 0
    every_ms: int = 1

    def as_of(self, at_ms: Int64) -> Int64:
        """The moments whose counters are read at these moments."""
        return (at_ms - self.stale_ms) // self.every_ms * self.every_ms
