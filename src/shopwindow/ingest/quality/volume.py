"""Days without events, and days with suddenly many or few."""

from itertools import pairwise
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np

from shopwindow.ingest.quality.clean import DAY_MS, Clean, local, rows_of
from shopwindow.ingest.quality.examples import number
from shopwindow.ingest.quality.finding import Check, Found
from shopwindow.ingest.quality.thresholds import Thresholds

WEEK: Final = 7
MAX_DAYS: Final = 36_600  # a hundred years: one wrong time must not cost the report


def events_per_day(clean: Clean) -> dict[int, int]:
    """Day (since 1970, of the shop's zone) -> actions; days without any are not in it."""
    actions = clean.actions
    days = actions.mutate(day=day_of(actions)).group_by("day").aggregate(n=ibis._.count())
    return {int(row["day"]): int(row["n"]) for row in rows_of(days.order_by("day").limit(MAX_DAYS))}


def day_of(events: ir.Table) -> ir.IntegerValue:
    """The day since 1970 in the shop's zone."""
    return local(events.at_ms).truncate("D").epoch_seconds() // (DAY_MS // 1000)


def date_of(day: int) -> str:
    """The date of a day since 1970."""
    return str(np.datetime64(day, "D"))


def _silent(clean: Clean, thresholds: Thresholds) -> Found | None:
    if "actions" not in clean.given or not clean.has_clock:
        return None
    days = sorted(events_per_day(clean))
    gaps = [(after - before - 1, before + 1) for before, after in pairwise(days) if after - before > 1]
    silent, period = sum(length for length, _ in gaps), days[-1] - days[0] + 1
    return Found(
        count=silent,
        of=period,
        limits=thresholds.silent_days,
        words=f"{number(silent, 'day')} without any action, of {period:,} from {date_of(days[0])} to {date_of(days[-1])}",
        headings=("first silent day", "days"),
        examples=[[date_of(first), f"{length:,}"] for length, first in sorted(gaps, reverse=True)],
    )


SILENT_DAYS: Final = Check(
    name="gaps in time",
    looks_at="days without any action between the first and the last",
    needs="no actions with times were imported yet",
    rule=lambda limits: "days of the shop's time zone",
    remedy="Export the missing days and import them: order of import does not matter.",
    command="shopwindow import --shop SHOP FILE",
    find=_silent,
)


def _jumps(clean: Clean, thresholds: Thresholds) -> Found | None:
    if "actions" not in clean.given or not clean.has_clock:
        return None
    counts = events_per_day(clean)
    days = sorted(counts)
    odd = []
    for place in range(WEEK, len(days) - 1):  # the last day is often cut short
        usual = float(np.median([counts[day] for day in days[place - WEEK : place]]))
        factor = counts[days[place]] / usual
        if not 1 / thresholds.volume_factor <= factor <= thresholds.volume_factor:
            odd.append((abs(np.log(factor)), days[place], usual))
    odd.sort(reverse=True)
    judged = max(len(days) - WEEK - 1, 0)
    if not judged:
        return None
    return Found(
        count=len(odd),
        of=judged,
        limits=thresholds.volume,
        words=f"{number(len(odd), 'day')} of {judged:,} far from the week before",
        headings=("day", "actions", "usual"),
        examples=[[date_of(day), f"{counts[day]:,}", f"{usual:,.0f}"] for _, day, usual in odd],
    )


VOLUME: Final = Check(
    name="sudden volume",
    looks_at="days with many more or fewer actions than the week before",
    needs="actions of at least nine different days are needed",
    rule=lambda limits: (
        f"more than {limits.volume_factor:g} times, or less than 1/{limits.volume_factor:g} of the median "
        "of the seven days before; the last day is not judged"
    ),
    remedy="A sale, a new tracker, or a lost export: look at that day's file. Counters of popularity follow volume.",
    command="shopwindow validate --shop SHOP FILE",
    find=_jumps,
)
