"""Figures: what a shop's tables hold, as small aggregates; the advice and the charts are made of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import ibis
import ibis.expr.types as ir

from shopwindow.ingest.quality.clean import Clean, how_many, local, one, rows_of
from shopwindow.ingest.quality.funnel import funnel
from shopwindow.ingest.quality.volume import MAX_DAYS, WEEK, day_of

MAX_GROUPS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Share of items (0 to 1) that have each thing; `levels`: of the deepest category path."""

    title: float = 0.0
    text: float = 0.0
    brand: float = 0.0
    picture: float = 0.0
    category: float = 0.0
    price: float = 0.0
    stock: float = 0.0
    attributes: float = 0.0
    levels: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the tables hold.

    `returning`: customers with actions in several visits; where there is no clock, with several actions.
    `median_returning`: actions of the median one. `queries`, `paged`, `placed`: actions with a query, a page,
    a position; `request_categories`: with the category of the request. `certain`: pages without propensities.
    `acted_items`: with any action. `declined`: customers without consent. `repeats`: share of first-step actions
    that repeat one of the same customer on the same item. `days`: with any action. `steps`: (action, how many,
    customers with it), the weakest first.
    `per_customer`, `per_item`: number of actions -> how many have so many. `per_day`: action -> day since
    1970 -> actions. `hours`: market -> actions per [weekday * 24 + hour], Monday first. `weeks`: first day of
    a week -> (actions, by customers first seen that week, on items first seen that week).
    """

    shop: str
    zone: str
    has_clock: bool = False
    only_days: bool = False
    actions: int = 0
    customers: int = 0
    items: int = 0
    acted_items: int = 0
    returning: int = 0
    median_returning: int = 0
    repeats: float = 0.0
    days: int = 0
    by_action: Mapping[str, int] = field(default_factory=dict)
    queries: int = 0
    paged: int = 0
    placed: int = 0
    request_categories: int = 0
    pages: int = 0
    certain: int = 0
    impressions: int = 0
    declined: int = 0
    markets: tuple[str, ...] = ()
    contents: Contents = Contents()
    steps: tuple[tuple[str, int, int], ...] = ()
    per_customer: Mapping[int, int] = field(default_factory=dict)
    per_item: Mapping[int, int] = field(default_factory=dict)
    per_day: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    hours: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    weeks: Mapping[int, tuple[int, int, int]] = field(default_factory=dict)


def figures_of(clean: Clean) -> Figures:
    """Count what the tables hold."""
    actions = clean.actions
    counted = _counted(actions)
    certain, pages = how_many(clean.pages, clean.pages.propensities.isnull())
    by_action = rows_of(actions.group_by("action").aggregate(n=actions.count()).order_by("action"))
    returning, median = _returning(clean)
    per_day = _per_day(clean) if clean.has_clock else {}
    return Figures(
        shop=clean.shop.name,
        zone=clean.shop.time_zone,
        has_clock=clean.has_clock,
        only_days=clean.has_clock and counted["midnight"] > counted["actions"] / 2,
        actions=counted["actions"],
        customers=counted["customers"],
        items=int(one(clean.items.aggregate(n=clean.items.count()))["n"]),
        acted_items=counted["acted"],
        returning=returning,
        median_returning=median,
        repeats=_repeats(clean),
        days=len({day for days in per_day.values() for day in days}),
        by_action={each["action"]: each["n"] for each in by_action},
        queries=counted["queries"],
        paged=counted["paged"],
        placed=counted["placed"],
        request_categories=counted["categories"],
        pages=pages,
        certain=certain,
        impressions=int(one(clean.impressions.aggregate(n=clean.impressions.count()))["n"]),
        declined=how_many(clean.customers, ~clean.customers.consent)[0],
        markets=clean.shop.market_codes,
        contents=_contents(clean),
        steps=tuple(funnel(clean)),
        per_customer=_sizes(actions, "customer_key"),
        per_item=_sizes(actions, "item_key"),
        per_day=per_day,
        hours=_hours(clean) if clean.has_clock else {},
        weeks=_weeks(clean) if clean.has_clock else {},
    )


def _counted(actions: ir.Table) -> dict[str, int]:
    """Actions, their customers and items, and how many of them know what."""
    moment = local(actions.at_ms)
    row = one(
        actions.aggregate(
            actions=actions.count(),
            customers=actions.customer_key.nunique(),
            acted=actions.item_key.nunique(),
            queries=(actions["query"].notnull() & (actions["query"] != "")).sum(),
            paged=actions.page_id.notnull().sum(),
            placed=actions.position.notnull().sum(),
            categories=actions.category.notnull().sum(),
            midnight=(moment == moment.truncate("D")).sum(),
        )
    )
    return {name: int(value or 0) for name, value in row.items()}


def _returning(clean: Clean) -> tuple[int, int]:
    """How many customers come back (on another day; without a clock: act again), and actions of the median one."""
    actions = clean.actions
    day = day_of(actions) if clean.has_clock else actions.at_ms
    people = actions.group_by("customer_key").aggregate(n=actions.count(), days=day.nunique())
    back = people.filter(people.days > 1)
    row = one(back.aggregate(n=back.count(), median=back.n.quantile(0.5)))
    return int(row["n"]), int(row["median"] or 0)


def _repeats(clean: Clean) -> float:
    """Share of first-step actions on an item that the customer had done it on before."""
    first = clean.actions.filter(clean.actions.action == clean.steps()[0])
    pairs = first.group_by("customer_key", "item_key").aggregate(n=first.count())
    row = one(pairs.aggregate(n=pairs.n.sum(), again=(pairs.n - 1).sum()))
    return float(row["again"]) / float(row["n"]) if row["n"] else 0.0


def _contents(clean: Clean) -> Contents:
    items = clean.items
    depth = items.categories.map(lambda path: path.split(clean.shop.category_separator).length())
    counted = items.aggregate(
        n=items.count(),
        **{name: items[name].notnull().sum() for name in ("title", "text", "brand", "picture")},
        category=(items.categories.length() > 0).sum(),
        price=(items.offers.filter(lambda offer: offer.price_minor.notnull()).length() > 0).sum(),
        stock=(items.offers.filter(lambda offer: offer.stock.notnull()).length() > 0).sum(),
        attributes=(items.attributes.length() > 0).sum(),
        levels=depth.maxs().max(),
    )
    row = one(counted)
    num = int(row["n"])
    shares = {name: float(row[name] or 0) / num for name in row if name not in ("n", "levels")} if num else {}
    return Contents(levels=int(row["levels"] or 0), **shares)


def _sizes(actions: ir.Table, key: str) -> dict[int, int]:
    counts = actions.group_by(key).aggregate(n=actions.count())
    sizes = counts.group_by("n").aggregate(things=counts.count()).order_by("n").limit(MAX_DAYS)
    return {row["n"]: row["things"] for row in rows_of(sizes)}


def _per_day(clean: Clean) -> dict[str, dict[int, int]]:
    actions = clean.actions.mutate(day=day_of(clean.actions))
    counts = actions.group_by("action", "day").aggregate(n=ibis._.count()).order_by("day").limit(MAX_DAYS)
    found: dict[str, dict[int, int]] = {}
    for row in rows_of(counts):
        found.setdefault(row["action"], {})[row["day"]] = row["n"]
    order = [each.name for each in clean.shop.actions]
    return {name: found[name] for name in order if name in found}


def _hours(clean: Clean) -> dict[str, dict[int, int]]:
    moment = local(clean.actions.at_ms)
    name = clean.actions.market.fill_null(clean.shop.markets[0].code)
    timed = clean.actions.mutate(place=moment.day_of_week.index() * 24 + moment.hour(), of=name)
    counts = timed.group_by("of", "place").aggregate(n=ibis._.count())
    found: dict[str, dict[int, int]] = {}
    for row in rows_of(counts):
        found.setdefault(row["of"], {})[row["place"]] = row["n"]
    busiest = sorted(found, key=lambda market: (-sum(found[market].values()), market))
    return {market: found[market] for market in busiest[:MAX_GROUPS]}


def _weeks(clean: Clean) -> dict[int, tuple[int, int, int]]:
    actions = clean.actions.mutate(day=day_of(clean.actions))
    started = one(actions.aggregate(first=actions.day.min()))["first"] or 0
    actions = actions.mutate(week=(actions.day - started) // WEEK)
    new = {
        key: actions.week.min().over(ibis.window(group_by=key)) == actions.week
        for key in ("customer_key", "item_key")
    }
    marked = actions.mutate(new_customer=new["customer_key"], new_item=new["item_key"])
    counts = marked.group_by("week").aggregate(
        n=marked.count(), customers=marked.new_customer.sum(), items=marked.new_item.sum()
    )
    return {
        started + WEEK * row["week"]: (row["n"], row["customers"], row["items"])
        for row in rows_of(counts.order_by("week").limit(MAX_DAYS))
    }
