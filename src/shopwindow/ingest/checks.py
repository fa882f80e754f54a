"""Checks: texts -> typed values; a row that does not hold is named by field, what was expected and what came."""

from dataclasses import dataclass
from typing import Final

import ibis
import ibis.expr.types as ir

from shopwindow.ingest.plan import Plan
from shopwindow.ingest.source import SKIP
from shopwindow.ingest.targets import TARGETS, Target, target_of
from shopwindow.ingest.times import at_ms, expected_time
from shopwindow.schema.shop import ShopConfig

MAX_ID: Final = 256  # characters
KEY_FIRST: Final = {"customer": 0, "item": 1, "page_id": 2, "at": 3, "action": 4}
OFFERS: Final = "array<struct<market:string, price_minor:int64, stock:int32>>"
TYPES: Final = {
    "id": "string", "word": "string", "path": "string", "text": "string", "time": "int64", "whole": "int64",
    "number": "float64", "money": "float64", "flag": "boolean", "ids": "array<string>",
    "numbers": "array<float32>", "paths": "array<string>", "offers": OFFERS, "map": "map<string, string>",
}  # fmt: skip
YES: Final = ("true", "t", "yes", "y", "1")
NO: Final = ("false", "f", "no", "n", "0")


@dataclass(frozen=True, slots=True)
class Check:
    """A field's value, null where the text does not hold, and what should have been there."""

    target: Target
    text: ir.StringValue
    value: ir.Value
    expected: str

    @property
    def fails(self) -> ir.BooleanValue:
        """Whether a row is set aside for this field."""
        wrong = self.text.notnull() & self.value.isnull()
        return wrong | self.text.isnull() if self.target.required else wrong


def checked(records: ir.Table, plan: Plan, shop: ShopConfig) -> tuple[ir.Table, dict[str, str]]:
    """Typed fields of every record, and for each field what is expected of it.

    The table has `line`, one typed column per target of the plan's table, and `field`, `came`, `raw`, which
    are null for a row that holds; a row dropped on purpose has `field` = "-".
    """
    names = {**dict.fromkeys(plan.columns), **dict.fromkeys(plan.constants)}
    targets = [each for each in TARGETS[plan.table] if each.name in names]
    targets += [target for name in names if "." in name and (target := target_of(plan.table, name))]
    targets += [each for each in TARGETS[plan.table] if each.required and each.name not in names]
    checks = [_check(each, records, plan, shop) for each in sorted(targets, key=_order)]
    failures = [(check.fails, check.target.name, check.text) for check in checks]
    field = ibis.cases(
        (records.broken.notnull(), ""),
        *((check.text == SKIP, SKIP) for check in checks if check.target.kind == "word"),
        *((fails, name) for fails, name, _ in failures),
        else_=ibis.null("string"),
    )
    came = ibis.cases(
        (records.broken.notnull(), records.broken), *((fails, text) for fails, _, text in failures),
        else_=ibis.null("string"),
    )  # fmt: skip
    values = {check.target.name: check.value for check in checks}
    absent = {
        each.name: ibis.null(TYPES[each.kind]) for each in TARGETS[plan.table] if each.name not in values
    }
    table = records.select("line", field=field, came=came, raw=records.raw, **values, **absent)
    table = table.mutate(raw=table.field.notnull().ifelse(table.raw, ibis.null("string")))
    return table, {check.target.name: check.expected for check in checks}


def _order(target: Target) -> int:
    return KEY_FIRST.get(target.name, len(KEY_FIRST))


def _check(target: Target, records: ir.Table, plan: Plan, shop: ShopConfig) -> Check:
    text: ir.StringValue = records[target.name] if target.name in plan.columns else ibis.null("string")
    if target.name in plan.constants:
        text = ibis.coalesce(text, ibis.literal(plan.constants[target.name]))
    renamed = plan.values.get(target.name)
    if renamed:
        known = list(renamed.items())
        text = text.lower().cases(*known, else_=text)
    if target.kind == "time":
        if plan.time == "order" and target.name not in plan.columns:
            in_order = ibis.window(group_by=records.customer, order_by=records.line)
            text = (ibis.row_number().over(in_order) + 1).cast("string")
        return Check(target, text, at_ms(text, plan.time, plan.year), expected_time(plan.time, plan.year))
    value, expected = _value(target, text, plan, shop)
    return Check(target, text, value, expected)


def _value(target: Target, text: ir.StringValue, plan: Plan, shop: ShopConfig) -> tuple[ir.Value, str]:
    match target.kind:
        case "id":
            return _only(text.length() <= MAX_ID, text), f"an id of at most {MAX_ID} characters"
        case "word":
            words = _words(target.name, shop)
            return _only(text.isin((*words, SKIP)), text), f"one of {', '.join(words)}"
        case "path":
            return _clean_path(text, plan, shop), "a category path"
        case "paths":
            several = ibis.coalesce(_json(text, "paths"), text.split("|"))
            return several.map(lambda path: _clean_path(path, plan, shop)), "category paths"
        case "whole":
            number = text.try_cast("float64")
            whole = (number == number.round()) & (number.abs() < 2**31)
            limit = 2**63 if target.name in ("seed", "log_offset", "config_version", "dwell_ms") else 2**31
            exact = (
                text.try_cast("int64") if limit > 2**31 else _only(whole, number.round().try_cast("int64"))
            )
            return exact, "a whole number"
        case "number" | "money":
            number = text.try_cast("float64")
            usable = ~number.isnan() & ~number.isinf() & ((number >= 0) | (target.kind == "number"))
            return _only(usable, number), "a number" if target.kind == "number" else "a price, 0 or more"
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
        case "ids" | "numbers" | "map" as kind:
            names = {"ids": "a JSON list of ids", "numbers": "a JSON list of numbers", "map": "a JSON object"}
            return _json(text, kind), names[kind]
        case _:
            return text, "a text"


def _only(holds: ir.BooleanValue, value: ir.Value) -> ir.Value:
    return holds.ifelse(value, ibis.null(value.type()))


def _json(text: ir.StringValue, kind: str) -> ir.Value:
    return text.try_cast("json").try_cast(TYPES[kind])


def _words(name: str, shop: ShopConfig) -> tuple[str, ...]:
    match name:
        case "action":
            return shop.action_names
        case "surface":
            return shop.surface_names
        case _:
            return shop.market_codes


def _clean_path(path: ir.StringValue, plan: Plan, shop: ShopConfig) -> ir.StringValue:
    """The path with the shop's separator, without empty parts."""
    parts = path.split(plan.category_separator).map(lambda part: part.strip())
    return parts.filter(lambda part: part != "").join(shop.category_separator)
