"""Later steps without the first one: purchases of what was never viewed, carts without a click."""

from collections.abc import Sequence
from typing import Final

import ibis.expr.types as ir

from shopwindow.ingest.quality.clean import Clean, rows_of
from shopwindow.ingest.quality.examples import cells, number, worst_named
from shopwindow.ingest.quality.finding import Check, Found
from shopwindow.ingest.quality.thresholds import Thresholds
from shopwindow.ingest.targets import ACTION_WORDS

VIEWS: Final = frozenset({"click", *ACTION_WORDS["click"]})


def is_funnel(steps: Sequence[str]) -> bool:
    """Whether actions follow one another from a view on; ratings of 1 to 5 do not, they exclude one another."""
    return len(steps) > 1 and steps[0] in VIEWS


def later_steps(clean: Clean) -> ir.Table:
    """Actions beyond the first step, each with `known`: the customer did the first step on the item, then or before."""
    actions, steps = clean.actions, clean.steps()
    firsts = actions.filter(actions.action == steps[0])
    begun = firsts.group_by("customer_key", "item_key").aggregate(begun_ms=firsts.at_ms.min())
    later = actions.filter(actions.action.isin(steps[1:]))
    joined = later.left_join(begun, ["customer_key", "item_key"])
    return joined.mutate(known=(joined.begun_ms <= joined.at_ms).fill_null(False))


def _skipped(clean: Clean, thresholds: Thresholds) -> Found | None:
    if "actions" not in clean.given or not is_funnel(clean.steps()):
        return None
    later = later_steps(clean)
    by_step = later.group_by("action").aggregate(n=later.count(), skipped=(~later.known).sum())
    counted = {row["action"]: row for row in rows_of(by_step)}
    if not counted:
        return None
    steps = [step for step in clean.steps()[1:] if step in counted]
    skipped, of = (sum(int(each[name]) for each in counted.values()) for name in ("skipped", "n"))
    found = worst_named(clean, later.filter(~later.known), "at_ms", "part", "line")
    each = ", ".join(f"{step} {counted[step]['skipped'] / counted[step]['n']:.0%}" for step in steps)
    return Found(
        count=skipped,
        of=of,
        limits=thresholds.skipped_steps,
        words=f"{number(skipped, 'action')} without a {clean.steps()[0]} by that customer on that item before: {each}",
        headings=("customer key", "item", "action", "time"),
        examples=cells(found, ("customer_key", "item", "action", "at_ms"), clean.shop.time_zone),
    )


SKIPPED_STEPS: Final = Check(
    name="funnel gaps",
    looks_at="later steps without the first: purchases never viewed, carts without a click",
    needs="the weakest wanted action is no click or view, or no later steps were imported",
    rule=lambda limits: (
        "actions beyond the weakest wanted one, without it by the same customer on the same item at that "
        "time or before"
    ),
    remedy="Import the views and clicks of the same period, with the same customer and item ids. A log that begins in the "
    "middle of visits, or purchases under another id after sign-in, shows here, too.",
    command="shopwindow import --shop SHOP CLICKS-FILE --set action=click",
    find=_skipped,
)


def funnel(clean: Clean) -> list[tuple[str, int, int]]:
    """(step, actions, customers with it), the weakest step first."""
    actions = clean.actions.filter(clean.actions.action.isin(clean.steps()))
    counted = actions.group_by("action").aggregate(n=actions.count(), people=actions.customer_key.nunique())
    rows = {row["action"]: row for row in rows_of(counted)}
    return [(step, rows[step]["n"], rows[step]["people"]) for step in clean.steps() if step in rows]
