"""Prices of one item that are far apart."""

from typing import Final

import ibis
import ibis.expr.types as ir

from shopwindow.ingest.quality.clean import DAY_MS, Clean, one
from shopwindow.ingest.quality.examples import cells, number, worst_named
from shopwindow.ingest.quality.finding import Check, Found
from shopwindow.ingest.quality.thresholds import Thresholds


def _paid(clean: Clean) -> ir.Table:
    """`item_key`, `market`, `price`, `at_ms`, `place` of each action with a value: value / quantity."""
    actions = clean.actions.filter(clean.actions.value > 0)
    pieces = actions.quantity.fill_null(1)
    return actions.filter(pieces > 0).select(
        "item_key",
        market=actions.market.fill_null(clean.shop.markets[0].code),
        price=actions.value / pieces,
        at_ms=actions.at_ms,
        place=actions.part * 2**32 + actions.line,
    )


def _offered(clean: Clean) -> ir.Table:
    """The same of each offer that a file made; the order of imports is the only time it has, so `at_ms` is 0."""
    rows = clean.item_rows.select("item_key", "part", "line", offer=clean.item_rows.offers).unnest("offer")
    return rows.filter(rows.offer.price_minor > 0).select(
        "item_key",
        market=rows.offer.market,
        price=rows.offer.price_minor.cast("float64"),
        at_ms=ibis.literal(0, "int64"),
        place=rows.part * 2**32 + rows.line,
    )


def jumps(prices: ir.Table, thresholds: Thresholds) -> ir.Table:
    """Each price with the one before it of the same item in the same market: `before`, `factor`, `jumps`."""
    order = ibis.window(group_by=("item_key", "market"), order_by=("at_ms", "place"))
    paired = prices.mutate(
        before=prices.price.lag().over(order), days=(prices.at_ms - prices.at_ms.lag().over(order)) / DAY_MS
    )
    paired = paired.filter(paired.before.notnull())
    ratio = paired.price / paired.before
    paired = paired.mutate(factor=(ratio >= 1).ifelse(ratio, 1 / ratio))
    return paired.mutate(
        jumps=(paired.factor > thresholds.price_factor) & (paired.days <= thresholds.price_days)
    )


def _jumps(clean: Clean, thresholds: Thresholds) -> Found | None:
    count = of = hundreds = 0
    examples: list[list[str]] = []
    for prices in (_paid(clean), _offered(clean)):
        paired = jumps(prices, thresholds)
        near_hundred = paired.jumps & paired.factor.between(90, 110)
        total = one(paired.aggregate(n=paired.jumps.sum(), pairs=paired.count(), hundreds=near_hundred.sum()))
        count, of = count + int(total["n"] or 0), of + int(total["pairs"])
        hundreds += int(total["hundreds"] or 0)
        far = worst_named(clean, paired.filter(paired.jumps), ibis.desc("factor"), "item_key", "place")
        examples += cells(far, ("item", "market", "before", "price", "factor"))
    if not of:
        return None
    decimals = f"; {hundreds:,} of about 100, as where decimals are lost" if hundreds else ""
    return Found(
        count=count,
        of=of,
        limits=thresholds.prices,
        words=f"{number(count, 'price')} far from the one before of the same item and market{decimals}",
        headings=("item", "market", "before", "after", "factor"),
        examples=examples,
    )


def _rule(limits: Thresholds) -> str:
    return (
        f"by more than a factor of {limits.price_factor:g} within {limits.price_days:g} days, in what was paid (value / "
        "quantity), or from one file's offer to the next's (smallest unit of the currency); share of pairs that follow "
        "one another"
    )


PRICES: Final = Check(
    name="price jumps",
    looks_at="prices of the same item in the same market that are far apart",
    needs="no item has two prices: neither values of actions nor offers of several files",
    rule=_rule,
    remedy="Look for lost decimals (a factor of 100), a wrong currency or a value that means the whole order. State the "
    "market of each row, and send value as the sum of the row.",
    command="shopwindow import --shop NEW-SHOP FILE --map value=COLUMN --map market=COLUMN",
    find=_jumps,
)
