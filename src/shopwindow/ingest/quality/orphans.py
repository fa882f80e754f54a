"""Events of items that the catalogue lacks, and items that no event names."""

from typing import Final

import ibis

from shopwindow.ingest.quality.clean import Clean, one
from shopwindow.ingest.quality.examples import cells, number, worst, worst_named
from shopwindow.ingest.quality.finding import Check, Found
from shopwindow.ingest.quality.thresholds import Thresholds


def _unknown(clean: Clean, thresholds: Thresholds) -> Found | None:
    if not {"actions", "items"} <= clean.given:
        return None
    actions, items = clean.actions, clean.items
    orphans = actions.anti_join(items.filter(items.described), "item_key")
    by_item = orphans.group_by("item_key").aggregate(actions=orphans.count(), at_ms=orphans.at_ms.max())
    total = one(by_item.aggregate(n=by_item.actions.sum(), num_items=by_item.count()))
    rows = one(actions.aggregate(n=actions.count()))["n"]
    busiest = worst_named(clean, by_item, ibis.desc("actions"), "item_key")
    count = int(total["n"] or 0)
    return Found(
        count=count,
        of=int(rows),
        limits=thresholds.unknown_items,
        words=f"{number(count, 'action')} on {number(int(total['num_items']), 'item')} that no items file describes",
        headings=("item", "actions", "last action"),
        examples=cells(busiest, ("item", "actions", "at_ms"), clean.shop.time_zone),
    )


UNKNOWN_ITEMS: Final = Check(
    name="unknown items",
    looks_at="actions on items that the catalogue lacks",
    needs="no items file was imported, so that all items are known from events alone",
    rule=lambda limits: "items without a row in an items file, weighed by their actions",
    remedy="Export the catalogue with items that are no longer sold, or look whether events and catalogue use the same ids.",
    command="shopwindow import --shop SHOP --table items FILE",
    find=_unknown,
)


def _unseen(clean: Clean, thresholds: Thresholds) -> Found | None:
    if not {"actions", "items"} <= clean.given:
        return None
    described = clean.items.filter(clean.items.described)
    unseen = described.anti_join(clean.actions, "item_key")
    count = int(one(unseen.aggregate(n=unseen.count()))["n"])
    of = int(one(described.aggregate(n=described.count()))["n"])
    return Found(
        count=count,
        of=of,
        limits=thresholds.unseen_items,
        words=f"{number(count, 'item')} of {of:,} in the catalogue without a single action",
        headings=("item", "title"),
        examples=cells(
            worst(unseen.select("item_key", "item_id", "title"), "item_key"), ("item_id", "title")
        ),
    )


UNSEEN_ITEMS: Final = Check(
    name="items never seen",
    looks_at="items of the catalogue without any action",
    needs="no items file was imported",
    rule=lambda limits: "share of the items that items files describe",
    remedy="They are ranked by content and category alone: give them titles, texts and categories. If nearly all are "
    "unseen, events and catalogue may use different ids.",
    command="shopwindow import --shop SHOP --table items FILE",
    find=_unseen,
)
