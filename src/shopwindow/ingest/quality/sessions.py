"""Visits of absurd length."""

from typing import Final

import ibis

from shopwindow.ingest.quality.clean import HOUR_MS, Clean, how_many
from shopwindow.ingest.quality.examples import cells, number, worst
from shopwindow.ingest.quality.finding import Check, Found
from shopwindow.ingest.quality.thresholds import Thresholds
from shopwindow.ingest.tables import with_sessions


def _long(clean: Clean, thresholds: Thresholds) -> Found | None:
    if "actions" not in clean.given or not clean.has_clock:
        return None
    actions = with_sessions(clean.actions, clean.shop)
    visits = actions.group_by("customer_key", "session").aggregate(
        actions=actions.count(),
        at_ms=actions.at_ms.min(),
        hours=(actions.at_ms.max() - actions.at_ms.min()) / HOUR_MS,
    )
    visits = clean.kept(visits)
    long = (visits.hours > thresholds.session_hours) | (visits.actions > thresholds.session_actions)
    count, of = how_many(visits, long)
    longest = worst(visits.filter(long), ibis.desc("hours"), ibis.desc("actions"), "customer_key")
    return Found(
        count=count,
        of=of,
        limits=thresholds.sessions,
        words=f"{number(count, 'visit')} of {of:,} of absurd length",
        headings=("customer key", "began", "hours", "actions"),
        examples=cells(longest, ("customer_key", "at_ms", "hours", "actions"), clean.shop.time_zone),
    )


LONG_SESSIONS: Final = Check(
    name="long sessions",
    looks_at="visits of absurd length",
    needs="no actions with times were imported yet",
    rule=lambda limits: (
        f"over {limits.session_hours:g} hours or {limits.session_actions} actions without a pause longer than the shop's "
        "session_gap_minutes"
    ),
    remedy="Look whether several people share an id (0, guest, a kiosk), or a program does. Give people without an id one per "
    "visit.",
    command="shopwindow quality --shop SHOP --list-programs",
    find=_long,
)
