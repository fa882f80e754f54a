"""Programs among the customers: told by rate, pace, breadth and regularity."""

from typing import Final

import ibis
import ibis.expr.types as ir

from shopwindow.ingest.quality.clean import DAY_MS, HOUR_MS, Clean, one
from shopwindow.ingest.quality.examples import cells, number, worst
from shopwindow.ingest.quality.finding import Check, Found
from shopwindow.ingest.quality.thresholds import ProgramRules, Thresholds

MINUTE_MS: Final = 60_000
VISIT_GAP_MS: Final = 30 * MINUTE_MS
SIGNS: Final = ("rate", "pace", "day", "breadth", "regular", "clock")


def programs(clean: Clean, rules: ProgramRules) -> ir.Table:
    """`customer_key`, `actions`, one flag per sign and `signs`, their number, of each customer who looks like a program."""
    signs = _signs(clean, rules)
    number_of = sum((signs[sign].cast("int64") for sign in SIGNS), ibis.literal(0))
    counted = signs.mutate(signs=number_of)
    return counted.filter((counted.signs >= rules.signs) & (counted.actions >= rules.min_actions))


def _signs(clean: Clean, rules: ProgramRules) -> ir.Table:
    """The signs of every customer with `min_actions`. Times that are only days (or an order) give no pace or rate."""
    busy = clean.actions.group_by("customer_key").aggregate(actions=clean.actions.count())
    busy = busy.filter(busy.actions >= rules.min_actions)
    actions = clean.actions.semi_join(busy, "customer_key")
    journey = ibis.window(group_by="customer_key", order_by=("at_ms", "part", "line"))
    pause = actions.at_ms - actions.at_ms.lag().over(journey)
    paused = actions.mutate(
        pause=((pause > 0) & (pause < VISIT_GAP_MS)).ifelse(pause, ibis.null("int64")),
        timed=(actions.at_ms % MINUTE_MS != 0).cast("int64"),
    )
    first = clean.steps()[0]
    several = len(clean.steps()) > 1
    by_customer = paused.group_by("customer_key").aggregate(
        actions=paused.count(),
        pauses=paused.pause.count(),
        median_pause=paused.pause.quantile(0.5),
        spread=paused.pause.cast("float64").ln().std(),
        beyond_first=(paused.action != first).sum(),
        timed=paused.timed.mean(),
    )
    days = paused.group_by("customer_key", day=paused.at_ms // DAY_MS).aggregate(
        n=paused.count(), hours=(paused.at_ms // HOUR_MS).nunique()
    )
    days = days.group_by("customer_key").aggregate(per_day=days.n.max(), hours=days.hours.max())
    minutes = paused.group_by("customer_key", minute=paused.at_ms // MINUTE_MS).aggregate(n=paused.count())
    minutes = minutes.group_by("customer_key").aggregate(per_minute=minutes.n.max())
    joined = by_customer.inner_join(days, "customer_key").inner_join(minutes, "customer_key")
    clocked, paced = joined.timed > 0.5, joined.pauses >= rules.min_gaps
    return joined.select(
        "customer_key",
        "actions",
        "per_minute",
        "per_day",
        "median_pause",
        rate=clocked & (joined.per_minute >= rules.per_minute),
        pace=paced & (joined.median_pause < rules.median_gap_ms),
        day=joined.per_day >= rules.per_day,
        breadth=ibis.literal(several) & (joined.beyond_first == 0) & (joined.actions >= rules.only_first),
        regular=paced & (joined.spread < rules.log_gap_deviation),
        clock=joined.hours >= rules.hours,
    )


def _programs(clean: Clean, thresholds: Thresholds) -> Found | None:
    if "actions" not in clean.given or not clean.has_clock:
        return None
    rules = thresholds.programs
    found = clean.kept(programs(clean, rules))
    total = one(found.aggregate(n=found.count(), actions=found.actions.sum()))
    rows = int(one(clean.actions.aggregate(n=clean.actions.count()))["n"])
    busiest = worst(found, ibis.desc("actions"), "customer_key")
    shown = [row | {"why": ", ".join(sign for sign in SIGNS if row[sign])} for row in busiest]
    names = ("customer_key", "actions", "per_minute", "per_day", "why")
    count = int(total["actions"] or 0)
    return Found(
        count=count,
        of=rows,
        limits=thresholds.program_share,
        words=f"{number(int(total['n']), 'customer')} with {number(count, 'action')} behave like programs",
        headings=("customer key", "actions", "in a minute", "on a day", "signs"),
        examples=cells(shown, names),
    )


def _rule(limits: Thresholds) -> str:
    rules = limits.programs
    return (
        f"{rules.signs} signs of: rate ({rules.per_minute} actions in a minute), pace (half of the pauses under "
        f"{rules.median_gap_ms / 1000:g} s), day ({rules.per_day} actions on one), breadth ({rules.only_first} actions, none "
        f"beyond the first step), regular (log of pauses deviates less than {rules.log_gap_deviation:g}), clock "
        f"({rules.hours} hours of one day); from {rules.min_actions} actions on; share of all actions"
    )


PROGRAMS: Final = Check(
    name="programs",
    looks_at="customers who behave like programs: crawlers, monitors, scrapers",
    needs="no actions with times were imported yet",
    rule=_rule,
    remedy="List them, and mark their events with test = true in the export: test events are kept out of training, "
    "counters and this report. Where people really act in bursts (rating films, scanning lists), leave them.",
    command="shopwindow quality --shop SHOP --list-programs",
    find=_programs,
)
