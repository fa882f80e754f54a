"""Columns that the shop fills only in part."""

from typing import Final

import ibis.expr.types as ir

from shopwindow.ingest.quality.clean import Clean, one
from shopwindow.ingest.quality.finding import Check, Found
from shopwindow.ingest.quality.thresholds import Thresholds

ACTIONS: Final = ("surface", "page_id", "market", "device")
ITEMS: Final = ("title", "text", "brand", "categories", "offers", "picture", "seller")
CUSTOMERS: Final = ("country", "consent")


def _missing(clean: Clean, thresholds: Thresholds) -> Found | None:
    if not clean.given:
        return None
    shares: list[tuple[str, int, int]] = []
    for table, name, filled, of in [*_of_actions(clean), *_of_items(clean), *_of_customers(clean)]:
        if filled and of:
            shares.append((f"{table}.{name}", of - filled, of))
    shares.sort(key=lambda each: -each[1] / each[2])
    holes = [each for each in shares if each[1]]
    worst = shares[0] if shares else ("", 0, 0)
    said = (
        f"{worst[0]} is empty in {worst[1]:,} of {worst[2]:,} rows where it is expected"
        if holes
        else "every column that is given is filled"
    )
    return Found(
        count=worst[1],
        of=worst[2],
        limits=thresholds.missing,
        words=said,
        headings=("column", "empty", "rows where expected", "share"),
        examples=[[name, f"{n:,}", f"{of:,}", f"{n / of:.1%}"] for name, n, of in holes],
    )


def _of_actions(clean: Clean) -> list[tuple[str, str, int, int]]:
    """(table, column, filled, expected) of each column where it means something."""
    actions, shop = clean.actions, clean.shop
    kinds = {
        kind: [each.name for each in shop.surfaces if each.kind == kind] for kind in ("browse", "search")
    }
    conditions: dict[str, ir.BooleanValue] = {name: actions.action.notnull() for name in ACTIONS}
    conditions |= {"position": actions.page_id.notnull(), "value": actions.action == clean.steps()[-1]}
    for name, kind in (("category", "browse"), ("query", "search")):
        if kinds[kind]:
            conditions[name] = actions.surface.isin(kinds[kind])
    return _filled(actions, "actions", conditions)


def _of_items(clean: Clean) -> list[tuple[str, str, int, int]]:
    items = clean.items
    if "items" in clean.given:
        items = items.filter(items.described)
    conditions = {name: items.item_key.notnull() for name in ITEMS}
    with_attributes = items.mutate(
        **{f"attribute {each.name}": items.attributes[each.name] for each in clean.shop.attributes}
    )
    conditions |= {f"attribute {each.name}": items.item_key.notnull() for each in clean.shop.attributes}
    return _filled(with_attributes, "items", conditions)


def _of_customers(clean: Clean) -> list[tuple[str, str, int, int]]:
    customers = clean.customers
    return _filled(customers, "customers", {name: customers.customer_key.notnull() for name in CUSTOMERS})


def _filled(
    rows: ir.Table, table: str, conditions: dict[str, ir.BooleanValue]
) -> list[tuple[str, str, int, int]]:
    counts: dict[str, ir.Value] = {}
    for place, (name, expected) in enumerate(conditions.items()):
        there = rows[name].notnull()
        if rows[name].type().is_array():
            there = there & (rows[name].length() > 0)
        counts[f"filled_{place}"] = (expected & there).sum()
        counts[f"of_{place}"] = expected.sum()
    row = one(rows.aggregate(**counts))
    return [
        (table, name, int(row[f"filled_{place}"] or 0), int(row[f"of_{place}"] or 0))
        for place, name in enumerate(conditions)
    ]


MISSING: Final = Check(
    name="missing values",
    looks_at="columns that are given, but not in every row where they mean something",
    needs="nothing was imported yet",
    rule=lambda limits: (
        "the column with the largest empty share; categories are expected of browse pages, queries of "
        "search, values of the last step"
    ),
    remedy="Fill the column at its source, or import a file that has it: later rows of an item replace earlier ones.",
    command="shopwindow import --shop SHOP --table items FILE",
    find=_missing,
)
