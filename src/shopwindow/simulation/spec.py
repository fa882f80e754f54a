"""WorldSpec: the few numbers that a whole simulated world follows from."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from shopwindow.errors import ConfigError

DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000
WORLD_VERSION: Final = 1
"""Raised whenever the same spec would give another world; results name it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldSpec:
    """Everything about a world that is chosen; the rest follows from it and the seed.

    `start_ms`: UTC start of the first day. `new_items`: share of items that arrive within the period.
    `guests`: share of customers who come once, unknown. `bots`: share of customers that are programs.
    `visits`: mean number of visits of a customer who is no guest, over the whole period.
    `page_size`: positions on a page. `catalog`: fingerprint of the real catalogue that the goods come from, "" where they
    are made up.
    """

    seed: int = 1
    items: int = 4_000
    customers: int = 4_000
    days: int = 60
    start_ms: int = 1_772_409_600_000  # Monday, 2 March 2026
    visits: float = 36.0
    new_items: float = 0.3
    guests: float = 0.25
    bots: float = 0.0015
    page_size: int = 24
    catalog: str = ""

    def __post_init__(self) -> None:
        for name, low in (("items", 1), ("customers", 1), ("days", 1), ("page_size", 1), ("seed", 0)):
            if getattr(self, name) < low:
                raise ConfigError(f"world: {name} is {getattr(self, name)}, expected at least {low}")
        for name in ("new_items", "guests", "bots"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ConfigError(f"world: {name} is {getattr(self, name)}, expected a share from 0 to 1")
        if self.visits <= 0:
            raise ConfigError(f"world: visits is {self.visits}, expected a mean above 0")

    @property
    def end_ms(self) -> int:
        return self.start_ms + self.days * DAY_MS

    def to_dict(self) -> dict[str, Any]:
        """The spec as plain values, for world.json."""
        return asdict(self)


def tiny() -> WorldSpec:
    """For tests: generated in well under a second."""
    return WorldSpec(items=240, customers=100, days=10, visits=6.0, bots=0.01)


def demo() -> WorldSpec:
    """The demo's shop: about 150,000 actions, trained on within minutes on two cores."""
    return WorldSpec()


def large() -> WorldSpec:
    """For load and scale: millions of actions."""
    return WorldSpec(items=50_000, customers=60_000, days=90, visits=20.0)


PRESETS: Final = {"tiny": tiny, "demo": demo, "large": large}
"""What the command line offers, by name."""
