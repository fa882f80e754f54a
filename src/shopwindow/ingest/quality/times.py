"""Times that cannot be, and times that are only days."""

from datetime import UTC, datetime
from typing import Final

import ibis

from shopwindow.ingest.quality.clean import Clean, how_many, local
from shopwindow.ingest.quality.examples import cells, number, worst, worst_named
from shopwindow.ingest.quality.finding import Check, Found
from shopwindow.ingest.quality.thresholds import Thresholds


def _impossible(clean: Clean, thresholds: Thresholds) -> Found | None:
    if "actions" not in clean.given or not clean.has_clock:
        return None
    actions = clean.actions
    first_ms = int(datetime(thresholds.earliest_year, 1, 1, tzinfo=UTC).timestamp() * 1000)
    odd = (actions.at_ms > clean.now_ms) | (actions.at_ms < first_ms)
    count, of = how_many(actions, odd)
    latest = worst_named(clean, actions.filter(odd), ibis.desc("at_ms"), "part", "line")
    names = ("at_ms", "item", "action", "part", "line")
    return Found(
        count=count,
        of=of,
        limits=thresholds.impossible_times,
        words=f"{number(count, 'action')} later than now or before {thresholds.earliest_year}",
        headings=("time", "item", "action", "import", "line"),
        examples=cells(latest, names, clean.shop.time_zone),
    )


IMPOSSIBLE_TIMES: Final = Check(
    name="impossible times",
    looks_at="actions in the future or long ago",
    needs="no actions with times were imported yet (a file that gives only the order has none)",
    rule=lambda limits: f"later than the moment of this report, or before {limits.earliest_year}",
    remedy="Correct the clock at the source, or state how times are written (unit, pattern, zone in shop.toml). One event "
    "in the future moves the test period of every evaluation: import into a new shop without such rows.",
    command="shopwindow import --shop NEW-SHOP FILE --time ms",
    find=_impossible,
)


def _day_stamps(clean: Clean, thresholds: Thresholds) -> Found | None:
    if "actions" not in clean.given or not clean.has_clock:
        return None
    actions = clean.actions
    moment = local(actions.at_ms)
    midnight = moment == moment.truncate("D")
    count, of = how_many(actions, midnight)
    per_part = (
        actions.mutate(midnight=midnight)
        .group_by("part")
        .aggregate(rows=ibis._.count(), at_midnight=ibis._.midnight.sum())
    )
    sources = {record.number: record.source for record in clean.imports}
    return Found(
        count=count,
        of=of,
        limits=thresholds.day_stamps,
        words=f"{number(count, 'action')} of {of:,} exactly at midnight in {clean.shop.time_zone}",
        headings=("file", "rows", "at midnight"),
        examples=[
            [sources.get(row["part"], ""), f"{row['rows']:,}", f"{row['at_midnight']:,}"]
            for row in worst(per_part, ibis.desc("at_midnight"), "part")
            if row["at_midnight"]
        ],
    )


DAY_STAMPS: Final = Check(
    name="only days known",
    looks_at="actions exactly at midnight",
    needs="no actions with times were imported yet (a file that gives only the order has none)",
    rule=lambda limits: "at 00:00:00.000 in the shop's time zone",
    remedy="Export the time of day, too: without it, the order within a day, sessions and hours mean nothing. "
    "If all hours are there but shifted, the shop's time_zone is wrong.",
    command="shopwindow import --shop NEW-SHOP FILE --map at=TIMESTAMP_COLUMN",
    find=_day_stamps,
)
