"""Thresholds: every number that a check goes by, in one place; docs/decisions/0011 says where each comes from."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Limits:
    """A share up to `look` is good, up to `bad` worth a look, above it bad."""

    look: float
    bad: float

    def verdict(self, share: float) -> Literal["good", "look", "bad"]:
        if share > self.bad:
            return "bad"
        return "look" if share > self.look else "good"

    def words(self) -> str:
        """The limits as a report says them."""
        if self.bad >= 1.0:
            return f"worth a look above {self.look:.2%}"
        return f"worth a look above {self.look:.2%}, bad above {self.bad:.2%}"


NEVER_BAD = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramRules:
    """Signs that a customer is a program; `signs` of them, over at least `min_actions`, are enough.

    rate: `per_minute` actions within one minute. pace: half of the pauses within a visit shorter than
    `median_gap_ms`. day: `per_day` actions on one day. breadth: nothing but the first step (clicks), on
    `only_first` or more. regular: standard deviation of the log of the pauses below `log_gap_deviation`.
    clock: active in `hours` hours of one day. Pace and regular need `min_gaps` pauses of at most half an hour.
    """

    signs: int = 2
    min_actions: int = 50
    min_gaps: int = 30
    per_minute: int = 20
    median_gap_ms: int = 4_000
    per_day: int = 200
    only_first: int = 200
    log_gap_deviation: float = 0.25
    hours: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Limits are shares of what the check counts; change them with dataclasses.replace."""

    rejected: Limits = Limits(0.001, 0.05)
    unknown_actions: Limits = Limits(0.0, 0.05)
    duplicates: Limits = Limits(0.005, 0.05)
    repeated_rows: Limits = Limits(0.05, 0.5)
    missing: Limits = Limits(0.05, 0.5)
    impossible_times: Limits = Limits(0.0, 0.001)
    earliest_year: int = 1995
    day_stamps: Limits = Limits(0.5, NEVER_BAD)  # of all rows; a clock gives 1 in 86,400 at midnight
    silent_days: Limits = Limits(0.0, 0.2)
    volume_factor: float = 5.0  # against the median of the seven days before
    volume: Limits = Limits(0.0, 0.1)
    clock_hours: int = 2  # a profile that fits better when moved by so many hours
    clock_min_events: int = 2_000
    clock_gain: float = 0.2  # in correlation
    clocks: Limits = Limits(0.0, 0.2)
    before_page_ms: int = 1_000
    before_page: Limits = Limits(0.001, 0.02)
    unknown_items: Limits = Limits(0.01, 0.1)
    unseen_items: Limits = Limits(0.5, NEVER_BAD)
    programs: ProgramRules = ProgramRules()
    program_share: Limits = Limits(0.005, 0.1)
    skipped_steps: Limits = Limits(0.3, 0.9)
    price_factor: float = 5.0
    price_days: float = 7.0
    prices: Limits = Limits(0.0005, 0.01)
    circles: Limits = Limits(0.0, 0.01)
    several_parents: Limits = Limits(0.1, NEVER_BAD)
    moved_items: Limits = Limits(0.02, 0.2)
    session_hours: float = 6.0
    session_actions: int = 500
    sessions: Limits = Limits(0.001, 0.02)
    few_events: int = 5
    tail: Limits = Limits(0.5, 0.9)  # share of events on the busiest 1 % of items
    cold_customers: Limits = Limits(0.7, 0.95)
    page_faults: Limits = Limits(0.001, 0.02)
