"""Pages and impressions that do not fit together."""

from typing import Final

import ibis
import ibis.expr.types as ir

from shopwindow.ingest.quality.clean import Clean, rows_of
from shopwindow.ingest.quality.examples import cells, number, worst_named
from shopwindow.ingest.quality.finding import Check, Found
from shopwindow.ingest.quality.thresholds import Thresholds

NO_PAGE: Final = "no such page"
BEYOND: Final = "position beyond the page"
OTHER_ITEM: Final = "another item stands there"


def _faults(events: ir.Table, pages: ir.Table, what: str) -> ir.Table:
    """Each event that names a page, with `fault`: null where it fits that page. Positions count from 0."""
    known = pages.select(known_page=pages.page_id, shown=pages["items"])
    named = events.filter(events.page_id.notnull()).select(
        "page_id", "item_key", "position", "at_ms", "part", "line"
    )
    joined = named.left_join(known, named.page_id == known.known_page)
    inside = (joined.position >= 0) & (joined.position < joined.shown.length())
    slot = (joined.shown.length() == 1) & (joined.shown[0] == joined.item_key)  # a log of slots, not of pages
    fault = ibis.cases(
        (joined.known_page.isnull(), NO_PAGE),
        (joined.position.isnull() | slot, ibis.null("string")),
        (~inside, BEYOND),
        (joined.shown[joined.position] != joined.item_key, OTHER_ITEM),
        else_=ibis.null("string"),
    )
    return joined.mutate(fault=fault, what=ibis.literal(what)).drop("shown", "known_page")


def _inconsistent(clean: Clean, thresholds: Thresholds) -> Found | None:
    if "pages" not in clean.given or not clean.given & {"impressions", "actions"}:
        return None
    seen = _faults(clean.impressions, clean.pages, "impression")
    done = _faults(clean.actions, clean.pages, "action")
    rows = clean.kept(seen.union(done))
    counts = {
        row["fault"]: int(row["n"]) for row in rows_of(rows.group_by("fault").aggregate(n=rows.count()))
    }
    of = sum(counts.values())
    if not of:
        return None
    count = of - counts.pop(None, 0)
    faulty = worst_named(clean, rows.filter(rows.fault.notnull()), "fault", "at_ms", "part", "line")
    each = ", ".join(f"{fault}: {n:,}" for fault, n in sorted(counts.items()))
    return Found(
        count=count,
        of=of,
        limits=thresholds.page_faults,
        words=f"{number(count, 'event')} of {of:,} do not fit the page that they name"
        + (f" ({each})" if each else ""),
        headings=("event", "page", "item", "position", "fault"),
        examples=cells(faulty, ("what", "page_id", "item", "position", "fault")),
    )


PAGE_FAULTS: Final = Check(
    name="pages and impressions",
    looks_at="impressions and actions that name a page: is it there, is the item at that position",
    needs="no pages were imported, or no event names one",
    rule=lambda limits: (
        "no such page, a position beyond the page (from 0), or another item there; a page of one item stands for one slot, wherever that "
        "is"
    ),
    remedy="Import the pages of the whole period, count positions from 0, and send the page_id of the page that was shown.",
    command="shopwindow import --shop SHOP --table pages FILE",
    find=_inconsistent,
)
