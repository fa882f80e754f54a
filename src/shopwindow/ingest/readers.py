"""Readers: a file of any form -> one table of texts, its lines numbered, broken lines kept and named.

Every reader returns an Ibis table with `line` (int64, from 1), `raw` (the line as it came; of a Parquet file the
row as a struct), `broken` (what the form expected where a line does not follow it, else null), and one column per
field of the plan: a text, or, where a Parquet file has it, a value of a type that fits the field.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from shopwindow.ingest.delimited import records_of
from shopwindow.ingest.engine import COLUMN, Engine
from shopwindow.ingest.plan import Plan
from shopwindow.ingest.targets import target_of
from shopwindow.ingest.times import UNIX

NONE: Final[Mapping[str, ir.Value]] = MappingProxyType({})


@ibis.udf.scalar.builtin(name="json_extract_string", signature=(("string", "array<string>"), "array<string>"))  # type: ignore[untyped-decorator]
def _json_texts(text: ir.Value, paths: list[str]) -> ir.ArrayValue: ...


@ibis.udf.scalar.builtin(name="trim", signature=(("string",), "string"))  # type: ignore[untyped-decorator]
def _trim(text: ir.Value) -> ir.StringValue: ...


@ibis.udf.scalar.builtin(name="bit_length", signature=(("string",), "int64"))  # type: ignore[untyped-decorator]
def _bit_length(text: ir.Value) -> ir.IntegerValue: ...


@ibis.udf.scalar.builtin(name="json_valid", signature=(("string",), "boolean"))  # type: ignore[untyped-decorator]
def _json_valid(text: ir.Value) -> ir.BooleanValue: ...


@ibis.udf.scalar.builtin(name="json_keys", signature=(("string",), "array<string>"))  # type: ignore[untyped-decorator]
def _json_keys(text: ir.Value) -> ir.ArrayValue: ...


@ibis.udf.scalar.builtin(name="to_json")  # type: ignore[untyped-decorator]
def _to_json(value) -> dt.JSON: ...  # type: ignore[no-untyped-def]


def lines_of(engine: Engine, path: Path, plan: Plan) -> ir.Table:
    """The lines of the file; of a Parquet file its rows.

    Raises:
        IngestError: the file as a whole is damaged.
    """
    return engine.numbered(path, None if plan.sample.form == "parquet" else plan.encoding)


def later_keys(lines: ir.Table, plan: Plan) -> tuple[str, ...]:
    """Keys of JSON lines that the sample did not show: what is rare, a purchase's value say, may come late."""
    if plan.sample.form != "jsonl":
        return ()
    whole = lines.raw.strip().startswith("{") & _json_valid(lines.raw)
    keys = whole.ifelse(_json_keys(lines.raw), ibis.null("array<string>"))
    lists = lines.select(keys=keys).distinct().to_pyarrow()["keys"].to_pylist()
    found = {key for each in lists for key in each or ()}
    return tuple(sorted(key for key in found.difference(plan.sample.columns) if '"' not in key))


def read(engine: Engine, lines: ir.Table, plan: Plan) -> ir.Table:
    """The records of the file that `lines_of` opened."""
    match plan.sample.form:
        case "parquet":
            return _parquet(lines, plan)
        case "jsonl":
            return _jsonl(lines, plan)
        case "sequences":
            return _sequences(lines)
        case _:
            records = records_of(engine, lines, plan.sample)
            places = {name: place for place, name in enumerate(plan.sample.columns)}
            return _filled(records, plan, lambda column: records.fields[places[column]])


def _filled(
    records: ir.Table, plan: Plan, text_of: Callable[[str], ir.Value], fitting: Mapping[str, ir.Value] = NONE
) -> ir.Table:
    """One column per field of the plan: `fitting`, or its first non-empty column, without spaces at the ends."""

    def first(columns: Sequence[str]) -> ir.Value:
        return ibis.coalesce(*(_bare(text_of(column)) for column in columns))

    fields = {name: first(columns) for name, columns in plan.columns.items() if name not in fitting}
    return records.select("line", "raw", "broken", **fitting, **fields)


def _bare(text: ir.StringValue) -> ir.StringValue:
    """Without spaces at the ends; null if nothing is left."""
    # nearly always tidy, and to trim all takes three times as long; only ASCII has but one space
    tidy = (text >= "!") & ~text.endswith(" ") & (_bit_length(text) == 8 * text.length())
    return tidy.ifelse(text, _trim(text).nullif(""))


def _jsonl(lines: ir.Table, plan: Plan) -> ir.Table:
    names = sorted({column for columns in plan.columns.values() for column in columns})
    paths = ibis.array([f'$."{name}"' for name in names])
    whole = lines.raw.strip().startswith("{") & _json_valid(lines.raw)
    nothing = ibis.null("array<string>")
    records = lines.mutate(
        fields=whole.ifelse(_json_texts(lines.raw, paths), nothing),
        broken=ibis.coalesce(lines.broken, whole.ifelse(ibis.null("string"), "one JSON object")),
    )
    places = {name: place for place, name in enumerate(names)}
    return _filled(records, plan, lambda column: records.fields[places[column]])


def _sequences(lines: ir.Table) -> ir.Table:
    """One record per item of a line "customer item item ..."; `at` is the item's place in it."""
    records = lines.mutate(fields=lines.raw.strip().re_split(r"\s+"))
    short = records.filter(records.fields.length() < 2).mutate(
        broken=ibis.literal("a customer and at least one item"),
        customer=ibis.null("string"), item=ibis.null("string"), at=ibis.null("string"),
    )  # fmt: skip
    long = records.filter(records.fields.length() >= 2)
    long = long.mutate(customer=long.fields[0], items=long.fields[1:]).unnest("items", offset="place")
    long = long.mutate(item=long["items"], at=(long.place + 1).cast("string"))
    names = ("line", "raw", "broken", "customer", "item", "at")
    return long.select(*names).union(short.select(*names))


def _parquet(file: ir.Table, plan: Plan) -> ir.Table:
    def text_of(column: str) -> ir.Value:
        value = file[COLUMN + column]
        if value.type().is_nested():
            return _to_json(value).cast("string")
        text = value.cast("string")
        if column not in plan.sample.decimals:
            return text
        return value.isnan().ifelse(ibis.null("string"), text.re_replace(r"\.0$", ""))

    told = {name: file[name] for name in file.columns if name != "line"}
    told |= {name: each.cast("string") for name, each in told.items() if each.type().is_temporal()}
    raw = ibis.struct({name.removeprefix(COLUMN): each for name, each in told.items()})
    records = file.mutate(raw=raw, broken=ibis.null("string"))
    fitting = {
        name: records[COLUMN + columns[0]]
        for name, columns in plan.columns.items()
        if len(columns) == 1 and _fits(name, file[COLUMN + columns[0]].type(), plan)
    }
    return _filled(records, plan, text_of, fitting)


def _fits(name: str, kind: dt.DataType, plan: Plan) -> bool:
    """Whether values of this type can fill the field as they are, without becoming texts."""
    target = target_of(plan.table, name)
    match target.kind if target else "":
        case "time":
            return kind.is_numeric() if plan.time in UNIX else kind.is_timestamp() and plan.time == "iso"
        case "number" | "money":
            return kind.is_numeric() and not kind.is_decimal()
        case _:
            return False
