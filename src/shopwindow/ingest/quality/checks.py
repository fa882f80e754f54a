"""All named checks, in the order in which a report shows them."""

from collections.abc import Callable, Iterator
from typing import Final

from shopwindow.ingest.quality.categories import CIRCLES, MOVED, SEVERAL_PARENTS
from shopwindow.ingest.quality.clean import Clean
from shopwindow.ingest.quality.clocks import BEFORE_PAGE, CLOCKS
from shopwindow.ingest.quality.duplicates import DUPLICATES, REPEATED_ROWS
from shopwindow.ingest.quality.finding import Check, Finding, finding_of
from shopwindow.ingest.quality.funnel import SKIPPED_STEPS
from shopwindow.ingest.quality.missing import MISSING
from shopwindow.ingest.quality.orphans import UNKNOWN_ITEMS, UNSEEN_ITEMS
from shopwindow.ingest.quality.page_faults import PAGE_FAULTS
from shopwindow.ingest.quality.prices import PRICES
from shopwindow.ingest.quality.programs import PROGRAMS
from shopwindow.ingest.quality.rejects import REJECTED, UNKNOWN_ACTIONS
from shopwindow.ingest.quality.sessions import LONG_SESSIONS
from shopwindow.ingest.quality.spread import COLD, TAIL
from shopwindow.ingest.quality.thresholds import Thresholds
from shopwindow.ingest.quality.times import DAY_STAMPS, IMPOSSIBLE_TIMES
from shopwindow.ingest.quality.volume import SILENT_DAYS, VOLUME

CHECKS: Final[tuple[Check, ...]] = (
    REJECTED, UNKNOWN_ACTIONS, DUPLICATES, REPEATED_ROWS, MISSING,
    IMPOSSIBLE_TIMES, DAY_STAMPS, SILENT_DAYS, VOLUME, CLOCKS, LONG_SESSIONS, PROGRAMS,
    UNKNOWN_ITEMS, UNSEEN_ITEMS, CIRCLES, SEVERAL_PARENTS, MOVED, PRICES,
    SKIPPED_STEPS, BEFORE_PAGE, PAGE_FAULTS, TAIL, COLD,
)  # fmt: skip


def findings(
    clean: Clean, thresholds: Thresholds, on_step: Callable[[str], None] = lambda name: None
) -> Iterator[Finding]:
    """What every check finds, one by one."""
    for check in CHECKS:
        on_step(check.name)
        yield finding_of(check, clean, thresholds)
