"""Clocks that disagree: hours of the day that are shifted, events before the page that they answer."""

from typing import Final

import ibis
import numpy as np

from shopwindow.ingest.quality.clean import Clean, how_many, local, rows_of
from shopwindow.ingest.quality.examples import cells, number, worst_named
from shopwindow.ingest.quality.finding import Check, Found
from shopwindow.ingest.quality.thresholds import Thresholds
from shopwindow.schema.arrays import Int64

HOURS: Final = 24
SOURCES: Final = ("device", "market", "part")
MAX_GROUPS: Final = 50


def shift_of(profile: Int64, others: Int64) -> tuple[int, float]:
    """Hours by which `profile [24]` lies behind `others [24]` at the best fit, and what that gains in correlation."""
    fits = [float(np.corrcoef(np.roll(profile, -hours), others)[0, 1]) for hours in range(HOURS)]
    best = int(np.argmax(fits))
    return (best if best <= HOURS // 2 else best - HOURS), fits[best] - fits[0]


def profiles(clean: Clean, by: str) -> dict[str, Int64]:
    """Value of a column -> actions per hour of the shop's day [24], of the busiest values."""
    actions = clean.actions.filter(clean.actions[by].notnull())
    hours = actions.group_by(by, hour=local(actions.at_ms).hour()).aggregate(n=actions.count())
    found: dict[str, Int64] = {}
    for row in rows_of(hours):
        found.setdefault(str(row[by]), np.zeros(HOURS, dtype=np.int64))[row["hour"]] = row["n"]
    busiest = sorted(found, key=lambda value: (-int(found[value].sum()), value))
    return {value: found[value] for value in busiest[:MAX_GROUPS]}


def _shifted(clean: Clean, thresholds: Thresholds) -> Found | None:
    if "actions" not in clean.given or not clean.has_clock:
        return None
    files = {str(record.number): record.source for record in clean.imports}
    judged, shifted, events, skewed = 0, [], 0, 0
    for by in SOURCES:
        groups = profiles(clean, by)
        total = sum(groups.values(), np.zeros(HOURS, dtype=np.int64))
        for value, profile in groups.items():
            others = total - profile
            if min(profile.sum(), others.sum()) < thresholds.clock_min_events or not _varied(profile, others):
                continue
            judged += 1
            events = max(events, int(total.sum()))
            hours, gain = shift_of(profile, others)
            if abs(hours) >= thresholds.clock_hours and gain >= thresholds.clock_gain:
                skewed = max(skewed, int(profile.sum()))
                name = files.get(value, value) if by == "part" else value
                shifted.append(["file" if by == "part" else by, name, f"{profile.sum():,}", f"{hours:+d} h"])
    if not judged:
        return None
    return Found(
        count=skewed,
        of=events,
        limits=thresholds.clocks,
        words=f"{len(shifted)} of {judged} devices, markets and files live at other hours than the rest",
        headings=("of", "name", "actions", "later by"),
        examples=shifted,
    )


def _varied(*each: Int64) -> bool:
    """Whether hours differ at all, and most of the day is there: without that a correlation says nothing."""
    return all(np.count_nonzero(profile) >= HOURS // 2 and profile.std() > 0 for profile in each)


def _rule(limits: Thresholds) -> str:
    return (
        f"hours of the day fit the others better by {limits.clock_gain:g} in correlation when moved by {limits.clock_hours} hours "
        f"or more; from {limits.clock_min_events:,} actions on; share of actions in the largest such group"
    )


CLOCKS: Final = Check(
    name="clock skew",
    looks_at="devices, markets and files whose hours of the day are shifted against the others",
    needs="no two devices, markets or files have enough actions over the day to compare",
    rule=_rule,
    remedy="State the zone of times without one (time_zone in shop.toml) and export all in UTC. A market in another part of the "
    "world is rightly shifted.",
    command="shopwindow import --shop NEW-SHOP FILE --time iso",
    find=_shifted,
)


def _before_page(clean: Clean, thresholds: Thresholds) -> Found | None:
    if not {"actions", "pages"} <= clean.given:
        return None
    actions = clean.actions.filter(clean.actions.page_id.notnull())
    pages = clean.pages.select("page_id", page_at_ms=clean.pages.at_ms)
    joined = actions.inner_join(pages, "page_id")
    early = joined.mutate(early_ms=joined.page_at_ms - joined.at_ms)
    too_early = early.early_ms > thresholds.before_page_ms
    count, of = how_many(early, too_early)
    if not of:
        return None
    found = worst_named(clean, early.filter(too_early), ibis.desc("early_ms"), "part", "line")
    shown = [row | {"seconds": row["early_ms"] / 1000.0} for row in found]
    return Found(
        count=count,
        of=of,
        limits=thresholds.before_page,
        words=f"{number(count, 'action')} earlier than the page that they answer",
        headings=("page", "item", "action", "time", "seconds early"),
        examples=cells(shown, ("page_id", "item", "action", "at_ms", "seconds"), clean.shop.time_zone),
    )


BEFORE_PAGE: Final = Check(
    name="events before their page",
    looks_at="actions that come before the page that they answer",
    needs="no actions name a page that was imported",
    rule=lambda limits: f"earlier by more than {limits.before_page_ms / 1000:g} s",
    remedy="Stamp pages and actions with one clock, the server's; clocks of phones are wrong by minutes.",
    command="shopwindow validate --shop SHOP FILE",
    find=_before_page,
)
