"""Readers: a file of any form -> one table of texts, its lines numbered, broken lines kept and named.

Every reader returns an Ibis table with `line` (int64, from 1), `raw` (the line as it came), `broken` (what
the form expected where a line does not follow it, else null), and one text column per field of the plan.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from shopwindow.errors import IngestError
from shopwindow.ingest.delimited import records_of
from shopwindow.ingest.plan import Plan

NO_DELIMITER: Final = "\x1f\x1e\x1d\x1c"  # in no text file: each line is one field
LINE_BYTES: Final = 2_000_000  # DuckDB's limit; longer lines are set aside
FAULTS: Final = {
    "INVALID ENCODING": "text in the stated --encoding",
    "LINE SIZE OVER MAXIMUM": f"at most {LINE_BYTES} bytes in a line",
}


@ibis.udf.scalar.builtin(name="json_extract_string", signature=(("string", "array<string>"), "array<string>"))  # type: ignore[untyped-decorator]
def _json_texts(text: ir.Value, paths: list[str]) -> ir.ArrayValue: ...


@ibis.udf.scalar.builtin(name="trim", signature=(("string",), "string"))  # type: ignore[untyped-decorator]
def _trim(text: ir.Value) -> ir.StringValue: ...


@ibis.udf.scalar.builtin(name="json_valid", signature=(("string",), "boolean"))  # type: ignore[untyped-decorator]
def _json_valid(text: ir.Value) -> ir.BooleanValue: ...


@ibis.udf.scalar.builtin(name="to_json")  # type: ignore[untyped-decorator]
def _to_json(value) -> str: ...  # type: ignore[no-untyped-def,empty-body]


def read(connection: Backend, path: Path, plan: Plan) -> ir.Table:
    """The records of the file as texts.

    Raises:
        IngestError: the file as a whole is damaged.
    """
    if plan.sample.form == "parquet":
        return _parquet(connection, path, plan)
    lines = _lines(connection, path, plan.encoding)
    match plan.sample.form:
        case "jsonl":
            return _jsonl(lines, plan)
        case "sequences":
            return _sequences(lines)
        case _:
            records = records_of(connection, lines, plan.sample)
            places = {name: place for place, name in enumerate(plan.sample.columns)}
            return _filled(records, plan, lambda column: records.fields[places[column]])


def _lines(connection: Backend, path: Path, encoding: str) -> ir.Table:
    """`line`, `raw`, `broken` of each line that is not blank."""
    file = connection.read_csv(
        str(path), header=False, auto_detect=False, delim=NO_DELIMITER, quote="", escape="", encoding=encoding,
        columns={"raw": "string"}, store_rejects=True, rejects_limit=0, strict_mode=False,
    )  # fmt: skip
    try:
        connection.create_table("read_lines", file.mutate(place=ibis.row_number() + 1), temp=True)
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise IngestError(f"{path}: expected {encoding} text, came {reason}; the file is damaged") from error
    lines = connection.table("read_lines")
    faults = connection.raw_sql(
        "SELECT line, error_type, csv_line FROM reject_errors ORDER BY line"
    ).fetchall()
    lines = lines.mutate(broken=ibis.null("string"))
    lines = _with_faults(lines, faults) if faults else lines.rename(line="place")
    return lines.filter(_trim(lines.raw) != "").select("line", "raw", "broken")


def _with_faults(lines: ir.Table, faults: Sequence[tuple[int, str, str]]) -> ir.Table:
    """Puts lines that DuckDB refused back among the others, which it numbered as if those were not there."""
    shifts = ibis.memtable(
        pa.table(
            {
                "from_place": [line - before for before, (line, _, _) in enumerate(faults)],
                "shift": list(range(1, len(faults) + 1)),
            }
        )
    )
    shifts = shifts.group_by("from_place").aggregate(shift=shifts["shift"].max())
    shifted = lines.asof_join(shifts, on=lines.place >= shifts.from_place)
    good = shifted.mutate(line=shifted.place + shifted["shift"].fill_null(0)).select("line", "raw", "broken")
    bad = ibis.memtable(
        pa.table(
            {
                "line": [line for line, _, _ in faults],
                "raw": [raw.strip("\r\n") for _, _, raw in faults],
                "broken": [FAULTS.get(fault, fault.lower()) for _, fault, _ in faults],
            }
        )
    )
    return good.union(bad.mutate(line=bad.line.cast(good.line.type())))


def _filled(records: ir.Table, plan: Plan, text_of: ir.Value) -> ir.Table:
    """One column per field of the plan: its first non-empty column, without spaces at the ends."""

    def first(columns: Sequence[str]) -> ir.Value:
        return ibis.coalesce(*(_trim(text_of(column)).nullif("") for column in columns))

    fields = {name: first(columns) for name, columns in plan.columns.items()}
    return records.select("line", "raw", "broken", **fields)


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


def _parquet(connection: Backend, path: Path, plan: Plan) -> ir.Table:
    file = connection.read_parquet(str(path))
    records = file.mutate(line=ibis.row_number() + 1, broken=ibis.null("string"))

    def text_of(column: str) -> ir.Value:
        value = file[column]
        if value.type().is_nested():
            return _to_json(value)
        text = value.cast("string")
        return text.re_replace(r"\.0$", "") if column in plan.sample.decimals else text

    raw = _to_json(ibis.struct({name: file[name] for name in file.columns}))
    return _filled(records.mutate(raw=raw), plan, text_of)
