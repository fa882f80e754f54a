"""How events spread over items and customers: the head, the tail, and what is cold."""

from dataclasses import dataclass
from typing import Final

import ibis
import ibis.expr.types as ir

from shopwindow.ingest.quality.clean import Clean, one
from shopwindow.ingest.quality.examples import cells, number, worst, worst_named
from shopwindow.ingest.quality.finding import Check, Found
from shopwindow.ingest.quality.thresholds import Thresholds


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """`gini` of events over things with at least one (0: all alike); `top_share` of events on the busiest 1 %."""

    things: int
    events: int
    few: int
    gini: float
    top_share: float


def spread(actions: ir.Table, key: str, few: int) -> Spread:
    """How actions spread over a key; `few`: things with fewer than that.

    Gini by ranks: 2 sum(rank * n) / (N sum(n)) - (N + 1) / N, ranks from the smallest.
    """
    counts = actions.group_by(key).aggregate(n=actions.count())
    ranked = counts.mutate(rank=ibis.row_number().over(order_by=("n", key)) + 1, things=counts.count().over())
    weighted = (ranked.rank.cast("float64") * ranked.n).sum()
    in_top = ranked.rank > ranked.things - ibis.greatest(ranked.things // 100, ibis.literal(1))
    row = one(
        ranked.aggregate(
            things=ranked.count(),
            events=ranked.n.sum(),
            weighted=weighted,
            few=(ranked.n < few).sum(),
            top=(in_top.ifelse(ranked.n, 0)).sum(),
        )
    )
    things, events = int(row["things"]), int(row["events"] or 0)
    if not things:
        return Spread(things=0, events=0, few=0, gini=0.0, top_share=0.0)
    gini = 2.0 * float(row["weighted"]) / (things * events) - (things + 1) / things
    return Spread(
        things=things, events=events, few=int(row["few"]), gini=gini, top_share=int(row["top"]) / events
    )


def _tail(clean: Clean, thresholds: Thresholds) -> Found | None:
    if "actions" not in clean.given:
        return None
    items = spread(clean.actions, "item_key", thresholds.few_events)
    if not items.things:  # nothing but test events
        return None
    by_item = clean.actions.group_by("item_key").aggregate(n=clean.actions.count())
    by_item = by_item.mutate(share=by_item.n / items.events)
    busiest = worst_named(clean, by_item, ibis.desc("n"), "item_key")
    top = max(items.things // 100, 1)
    return Found(
        count=round(items.top_share * items.events),
        of=items.events,
        limits=thresholds.tail,
        words=f"{number(top, 'item')} (the busiest 1 %) have {items.top_share:.0%} of actions; Gini {items.gini:.2f}; "
        f"{items.few / items.things:.0%} of items have fewer than {thresholds.few_events}",
        headings=("item", "actions", "share"),
        examples=cells(busiest, ("item", "n", "share")),
    )


TAIL: Final = Check(
    name="long tail",
    looks_at="how actions spread over items",
    needs="no actions were imported yet",
    rule=lambda limits: (
        "share of all actions on the busiest 1 % of the items with any action (at least one item)"
    ),
    remedy="Look at the first items: a gift, a bag, a placeholder id? Leave out what is not for sale. Otherwise compare every "
    "model with popularity, and look at its long-tail share.",
    command="shopwindow evaluate --shop SHOP",
    find=_tail,
)


def _cold(clean: Clean, thresholds: Thresholds) -> Found | None:
    if "actions" not in clean.given:
        return None
    few = thresholds.few_events
    people = spread(clean.actions, "customer_key", few)
    items = spread(clean.actions, "item_key", few)
    if not items.things:  # nothing but test events
        return None
    counts = clean.actions.group_by("customer_key").aggregate(n=clean.actions.count())
    sizes = counts.group_by(actions=counts.n).aggregate(customers=counts.count())
    return Found(
        count=people.few,
        of=people.things,
        limits=thresholds.cold_customers,
        words=f"{people.few / people.things:.0%} of customers and {items.few / items.things:.0%} of items have fewer than "
        f"{few} actions",
        headings=("actions", "customers with so many"),
        examples=cells(worst(sizes, "actions"), ("actions", "customers")),
    )


COLD: Final = Check(
    name="cold customers",
    looks_at="customers and items with few actions",
    needs="no actions were imported yet",
    rule=lambda limits: f"customers with fewer than {limits.few_events} actions",
    remedy="Import a longer period, and recognise visitors again between visits. Until then pages live on the present visit, "
    "category and popularity; content of items helps the cold ones.",
    command="shopwindow import --shop SHOP EARLIER-FILE",
    find=_cold,
)
