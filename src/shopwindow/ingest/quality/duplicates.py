"""Events that are there twice."""

from typing import Final

import ibis

from shopwindow.ingest.quality.clean import Clean, local, one
from shopwindow.ingest.quality.examples import cells, number, worst_named
from shopwindow.ingest.quality.finding import Check, Found
from shopwindow.ingest.quality.thresholds import Thresholds


def _same_content(clean: Clean, thresholds: Thresholds) -> Found | None:
    if "actions" not in clean.given or not clean.has_clock:
        return None
    moment = local(clean.actions.at_ms)
    actions = clean.actions.filter(moment != moment.truncate("D"))  # a day's stamp says nothing of the moment
    alike = actions.group_by("customer_key", "item_key", "action", "at_ms").aggregate(times=actions.count())
    total = one(alike.aggregate(rows=alike.times.sum(), extra=(alike.times - 1).sum()))
    if not total["rows"]:
        return None
    several = alike.filter(alike.times > 1)
    found = worst_named(clean, several, ibis.desc("times"), "at_ms", "customer_key", "item_key")
    names = ("customer_key", "item", "action", "at_ms", "times")
    extra = int(total["extra"] or 0)
    return Found(
        count=extra,
        of=int(total["rows"]),
        limits=thresholds.duplicates,
        words=f"{number(extra, 'action')} repeat another one: same customer, item, action and time",
        headings=("customer key", "item", "action", "time", "times"),
        examples=cells(found, names, clean.shop.time_zone),
    )


DUPLICATES: Final = Check(
    name="duplicates",
    looks_at="actions with the same content and another id",
    needs="no actions with times finer than a day were imported yet",
    rule=lambda limits: "same customer, item, action and millisecond, which is not midnight",
    remedy="Look whether the source sends an event twice (a retry, two trackers). Give every event a stable event_id: "
    "rows with the same id are taken once.",
    command="shopwindow import --shop SHOP FILE --map event_id=COLUMN",
    find=_same_content,
)


def _repeated_rows(clean: Clean, thresholds: Thresholds) -> Found | None:
    if not clean.imports:
        return None
    repeated, rows = sum(each.duplicates for each in clean.imports), sum(each.rows for each in clean.imports)
    overlapping = sorted(
        (each for each in clean.imports if each.duplicates), key=lambda each: -each.duplicates
    )
    return Found(
        count=repeated,
        of=rows,
        limits=thresholds.repeated_rows,
        words=f"{number(repeated, 'row')} of {rows:,} were there already and were left out",
        headings=("file", "table", "rows", "left out"),
        examples=[
            [each.source, each.table, f"{each.rows:,}", f"{each.duplicates:,}"] for each in overlapping
        ],
    )


REPEATED_ROWS: Final = Check(
    name="repeated rows",
    looks_at="rows that imports left out because they were there already",
    needs="nothing was imported yet",
    rule=lambda limits: "share of all rows read",
    remedy="Nothing is counted twice. If exports overlap by more than you intend, export a shorter period.",
    command="shopwindow import --shop SHOP FILE",
    find=_repeated_rows,
)
