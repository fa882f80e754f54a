"""Checks: texts -> typed values; a row that does not hold is named by field, what was expected and what came."""

import math
import operator
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

import ibis
import ibis.expr.types as ir

from shopwindow.ingest.engine import Engine
from shopwindow.ingest.plan import Plan, words_of
from shopwindow.ingest.source import SKIP
from shopwindow.ingest.targets import TARGETS, Target, target_of
from shopwindow.ingest.times import at_ms, expected_time
from shopwindow.schema.shop import ShopConfig

MAX_ID: Final = 256  # characters
MAX_PRICE: Final = 1e12
LONG: Final = ("seed", "log_offset", "config_version", "dwell_ms")  # whole numbers of 64 bits
KEY_FIRST: Final = {"customer": 0, "item": 1, "page_id": 2, "at": 3, "action": 4}
OFFERS: Final = "array<struct<market:string, price_minor:int64, stock:int32>>"
TYPES: Final = {
    "id": "string", "word": "string", "path": "string", "text": "string", "time": "int64", "whole": "int64",
    "number": "float64", "money": "float64", "flag": "boolean", "ids": "array<string>",
    "numbers": "array<float32>", "paths": "array<string>", "offers": OFFERS, "map": "map<string, string>",
}  # fmt: skip
YES: Final = ("true", "t", "yes", "y", "1")
TEXT_OF: Final = "text of "
NO: Final = ("false", "f", "no", "n", "0")


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a file's records.

    `rows`: all of them. `good`: `line` and one typed column per target that the plan fills. `bad`: line, field and came
    of those that do not hold; of one dropped on purpose `field` is "-". `expected`: what is expected of each field.
    """

    rows: ir.Table
    good: ir.Table
    bad: ir.Table
    expected: Mapping[str, str]


def checked(engine: Engine, records: ir.Table, plan: Plan, shop: ShopConfig) -> Checked:
    """The records told apart by whether all their fields hold."""
    targets = _targets(plan)
    texts = {TEXT_OF + each.name: _text(each, records, plan) for each in targets}
    rows = records.select("line", "broken", **texts)
    values: dict[str, ir.Value] = {}
    expected: dict[str, str] = {}
    for target in targets:
        text = rows[TEXT_OF + target.name]
        values[target.name], expected[target.name] = _value(target, text, plan, shop)
    if "propensities" in values:
        chances, items = values["propensities"], values["items"]
        values["propensities"] = _only(chances.length() == items.length(), chances)
    rows = engine.kept("typed", _judged(rows.mutate(**values), targets))
    bad = engine.kept("bad", rows.filter(rows.field.notnull()).select("line", "field", "came"))
    return Checked(rows, rows.filter(rows.field.isnull()).drop("field", "came"), bad, expected)


def raw_of(records: ir.Table, bad: ir.Table) -> ir.Table:
    """Adds `raw`, the line as it came, to the rows set aside: read again, since what holds needs no copy."""
    lines = records.select("line", "raw").semi_join(bad, "line")
    return bad.inner_join(lines.distinct(), "line")  # a line of a sequence is many rows


def _targets(plan: Plan) -> list[Target]:
    """The targets that the plan fills, and those it should: the telling ones first."""
    names = {**dict.fromkeys(plan.columns), **dict.fromkeys(plan.constants)}
    targets = [each for each in TARGETS[plan.table] if each.name in names or each.required]
    targets += [target for name in names if "." in name and (target := target_of(plan.table, name))]
    return sorted(targets, key=lambda each: KEY_FIRST.get(each.name, len(KEY_FIRST)))


def _text(target: Target, records: ir.Table, plan: Plan) -> ir.Value:
    text = records[target.name] if target.name in plan.columns else ibis.null("string")
    if target.name in plan.constants:
        return ibis.coalesce(text.cast("string"), ibis.literal(plan.constants[target.name]))
    if target.kind == "time" and plan.time == "order" and target.name not in plan.columns:
        in_order = ibis.window(group_by=records.customer, order_by=records.line)
        return (ibis.row_number().over(in_order) + 1).cast("string")
    return text


def _judged(typed: ir.Table, targets: Sequence[Target]) -> ir.Table:
    nothing = ibis.null("string")
    faults = []
    for target in targets:
        text, value = typed[TEXT_OF + target.name], typed[target.name]
        wrong = value.isnull() if target.required else text.notnull() & value.isnull()
        faults.append((wrong, target.name, text.cast("string")))
    skips = [(typed[each.name] == SKIP, SKIP) for each in targets if each.kind == "word"]
    field = ibis.cases((typed.broken.notnull(), ""), *skips, *((w, n) for w, n, _ in faults), else_=nothing)
    came = ibis.cases((typed.broken.notnull(), typed.broken), *((w, t) for w, _, t in faults), else_=nothing)
    judged = typed.mutate(field=field, came=came)
    return judged.drop("broken", *(TEXT_OF + target.name for target in targets))


def _value(target: Target, text: ir.StringValue, plan: Plan, shop: ShopConfig) -> tuple[ir.Value, str]:
    match target.kind:
        case "time":
            return at_ms(text, plan.time, plan.year), expected_time(plan.time, plan.year)
        case "id":
            return _only(text.length() <= MAX_ID, text), f"an id of at most {MAX_ID} characters"
        case "word":
            words = words_of(target.name, shop)
            ours = {word.lower(): word for word in words} | plan.values.get(target.name, {})
            return text.lower().cases(*ours.items(), else_=ibis.null("string")), f"one of {', '.join(words)}"
        case "path":
            return _clean_path(text, plan, shop), "a category path"
        case "paths":
            return _paths(text, plan, shop), "category paths"
        case "whole":
            return _whole(text, 2**63 if target.name in LONG else 2**31), "a whole number"
        case "number":
            number = text.try_cast("float64")
            return _only(number.abs() < math.inf, number), "a number"
        case "money":
            price = text.try_cast("float64")
            return _only((price >= 0) & (price < MAX_PRICE), price), f"a price from 0 to {MAX_PRICE:,.0f}"
        case "flag":
            low = text.lower()
            flag = ibis.cases((low.isin(YES), True), (low.isin(NO), False), else_=ibis.null("boolean"))
            return flag, "true or false"
        case "offers":
            offers = _json(text, "offers")
            markets = shop.market_codes
            wrong = offers.filter(
                lambda each: each.market.isnull() | each.market.notin(markets) | (each.price_minor < 0)
            )
            expected = f"a list of {{market: {'|'.join(markets)}, price_minor, stock}}"
            return _only(wrong.length() == 0, offers), expected
        case "ids":
            ids = _json(text, "ids")
            wrong = ids.filter(lambda each: each.isnull() | (each == "") | (each.length() > MAX_ID))
            return _only(wrong.length() == 0, ids), f"a JSON list of ids of 1 to {MAX_ID} characters"
        case "numbers":
            chances = _json(text, "numbers")
            wrong = chances.filter(lambda each: each.isnull() | ~((each >= 0) & (each <= 1)))
            return _only(wrong.length() == 0, chances), "a JSON list of numbers from 0 to 1, one per item"
        case "map":
            return _json(text, "map"), "a JSON object"
        case _:
            return text, "a text"


def _whole(text: ir.StringValue, limit: int) -> ir.IntegerValue:
    """Whole numbers below `limit`, also written as 3.0."""
    bare = text.re_replace(r"\.0*$", "")
    whole = _only(bare.re_search(r"^[+-]?[0-9]{1,19}$"), bare).try_cast("int64")
    return whole if limit > 2**31 else _only((whole < limit) & (whole >= -limit), whole)


def _only(holds: ir.BooleanValue, value: ir.Value) -> ir.Value:
    return holds.ifelse(value, ibis.null(value.type()))


def _json(text: ir.StringValue, kind: str) -> ir.Value:
    return text.try_cast("json").try_cast(TYPES[kind])


def _paths(text: ir.StringValue, plan: Plan, shop: ShopConfig) -> ir.ArrayValue:
    """A JSON list of paths, paths with | between them, or one path: without empty ones."""
    several = text.startswith("[").ifelse(_json(text, "paths"), text.split("|"))
    clean = several.map(lambda path: _clean_path(path, plan, shop)).filter(lambda path: path != "")
    one = ibis.array([_clean_path(text, plan, shop)]).filter(lambda path: path != "")
    return (text.startswith("[") | text.contains("|")).ifelse(clean, one)


def _clean_path(path: ir.StringValue, plan: Plan, shop: ShopConfig) -> ir.StringValue:
    """The path with the shop's separator, without empty parts."""
    theirs, ours = plan.category_separator, shop.category_separator
    parts = path.split(theirs).map(lambda part: part.strip()).filter(lambda part: part != "")
    ends = path.startswith(theirs) | path.endswith(theirs)
    within = (path.contains(each) for each in (*string.whitespace, theirs + theirs))
    untidy = reduce(operator.or_, within, ends)  # rare, and dear to tidy; no regex: 10 times the time
    return untidy.ifelse(parts.join(ours), path.replace(theirs, ours))
