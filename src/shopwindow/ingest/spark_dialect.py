"""What the expressions of an import mean on Spark, where Ibis or Spark say it otherwise than DuckDB.

A dialect is the translation (`SparkDialect`) and the functions that it calls (`FUNCTIONS`). What is known to differ
still is listed in docs/decisions/0013-spark.md.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, final

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir
import sqlglot.expressions as sge
from ibis.backends.pyspark import Backend
from ibis.backends.sql.compilers.pyspark import PySparkCompiler
from ibis.formats.pyarrow import PyArrowData
from ibis.util import gen_name

from shopwindow.errors import IngestError

Sql = Any  # a sqlglot expression
_DIGITS: Final = "[0-9]+(_[0-9]+)*"
_CLOCK: Final = "[0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}([.][0-9]*)?)?"
_ZONE: Final = "( ?[A-Za-z][A-Za-z0-9_/+-]*|[+-][0-9]{2}(:?[0-9]{2})?)"
_DAY: Final = "[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}"
_SPACES: Final = "".join(map(chr, (0x20, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)))


# Spark lets no function of ours be called on what a lambda is given, so these two are texts put in place
def _number(text: str) -> str:
    """Spark itself takes 1d for a number, and does not take 1_000."""
    form = rf"^[ \\t\\n]*[+-]?({_DIGITS}[.]?({_DIGITS})?|[.][0-9]+)([eE][+-]?[0-9]+)?[ \\t\\n]*$"
    return f"CASE WHEN {text} RLIKE '{form}' THEN try_cast(replace({text}, '_', '') AS DOUBLE) END"


def _from_json(text: str, kind: str) -> str:
    return f"from_json({text}, '{kind}', map('allowSingleQuotes', 'false'))"


FUNCTIONS: Final = (
    f"spaces_off(text STRING) RETURNS STRING RETURN btrim(text, '{_SPACES}')",
    f"number_of(text STRING) RETURNS DOUBLE RETURN {_number('text')}",
    # an hour that comes twice is the second one
    """local_moment(wall TIMESTAMP_NTZ) RETURNS TIMESTAMP RETURN
        IF(CAST(CAST(wall AS TIMESTAMP) + INTERVAL 1 HOUR AS TIMESTAMP_NTZ) = wall,
           CAST(wall AS TIMESTAMP) + INTERVAL 1 HOUR, CAST(wall AS TIMESTAMP))""",
    # Spark itself takes 2023 and 10:00 for moments, and neither 2023/11/14 nor 10:00Z
    f"""iso_moment(text STRING) RETURNS TIMESTAMP RETURN
        CASE WHEN text RLIKE '^{_DAY}([ T]{_CLOCK})?$'
             THEN local_moment(try_cast(concat(translate(left(text, 10), '/', '-'), substr(text, 11)) AS TIMESTAMP_NTZ))
             WHEN text RLIKE '^{_DAY}[ T]{_CLOCK}{_ZONE}$'
             THEN try_cast(concat(translate(left(text, 10), '/', '-'), regexp_replace(
                 substr(text, 11), '^(.*[ T][0-9]{{1,2}}:[0-9]{{1,2}})([Zz+-])', '$1:00$2')) AS TIMESTAMP) END""",
    # in a list of its own: what follows the first value is read, too
    f"""json_valid(text STRING) RETURNS BOOLEAN RETURN
        coalesce(size({_from_json("concat('[', text, ']')", "array<string>")}) = 1, false)""",
    "json_keys(text STRING) RETURNS ARRAY<STRING> RETURN json_object_keys(text)",
    f"json_list(text STRING) RETURNS ARRAY<STRING> RETURN IF(json_valid(text), {_from_json('text', 'array<string>')}, NULL)",
    f"""json_map(text STRING) RETURNS MAP<STRING, STRING> RETURN
        IF(json_valid(text), {_from_json('text', 'map<string, string>')}, NULL)""",
    f"""json_numbers(text STRING) RETURNS ARRAY<FLOAT> RETURN
        transform(json_list(text), each -> CAST({_number('each')} AS FLOAT))""",
    f"""json_offers(text STRING) RETURNS ARRAY<STRUCT<market: STRING, price_minor: BIGINT, stock: INT>> RETURN
        transform(transform(json_list(text), each -> {_from_json('each', 'map<string, string>')}), each -> named_struct(
            'market', each['market'],
            'price_minor', try_cast(round({_number("each['price_minor']")}) AS BIGINT),
            'stock', try_cast(round({_number("each['stock']")}) AS INT)))""",
    # the paths are $."name"; a list of the one map has it read once for all paths; from 10 million on Java writes 1.2E7
    f"""json_extract_string(text STRING, paths ARRAY<STRING>) RETURNS ARRAY<STRING> RETURN
        transform(array({_from_json('text', 'map<string, string>')}), found ->
            transform(transform(paths, path -> found[substr(path, 4, length(path) - 4)]), each -> CASE
                WHEN each RLIKE '^-?[0-9][.][0-9]+E[0-9]+$' THEN regexp_replace(
                    CAST(CAST(each AS DECIMAL(38, 6)) AS STRING), '([.][0-9]+?)0*$', '$1')
                WHEN each = '"NaN"' THEN 'NaN' ELSE each END))[0]""",
)  # fmt: skip

NAMES: Final = {"trim": "spaces_off", "epoch_ms": "unix_millis"}  # DuckDB's name -> ours or Spark's
JSON_TO: Final = {
    "array<string>": "json_list", "array<float32>": "json_numbers", "map<string, string>": "json_map",
    "array<struct<market: string, price_minor: int64, stock: int32>>": "json_offers",
}  # fmt: skip
DATES: Final = {
    "%Y": "yyyy", "%m": "MM", "%d": "dd", "%H": "HH", "%I": "hh", "%M": "mm", "%S": "ss", "%f": "SSSSSS",
    "%p": "a", "%b": "MMM", "%B": "MMMM", "%%": "%",
}  # fmt: skip


def java_pattern(pattern: str) -> str:
    """A strptime pattern as Java's; numbers may lack their leading zero where the next sign is no number.

    Raises:
        IngestError: Java knows nothing of the same meaning.
    """
    found = []
    for sign, following in re.findall(r"(%-?.|[^%]+)(?=(%?))", pattern):
        directive = sign.replace("-", "") if sign.startswith("%") else ""
        if directive and directive not in DATES:
            raise IngestError(
                f"--time: on Spark expected a pattern of {' '.join(DATES)}, came '{sign}'; import with --engine duckdb"
            )
        if not directive:
            found.append("'" + sign.replace("'", "''") + "'")
        else:
            date = DATES[directive]
            found.append(date[0] if len(date) == 2 and not following else date)
    return "".join(found)


@final
class SparkDialect(PySparkCompiler):  # type: ignore[misc]
    """Expressions -> Spark SQL."""

    def visit_TryCast(self, op: ops.TryCast, *, arg: Sql, to: dt.DataType) -> Sql:
        given = op.arg.dtype
        if given.is_json():
            return self.f.anon[JSON_TO[str(to)]](arg)
        if to.is_json():
            return arg
        if given.is_string() and to.is_floating():
            return self.f.anon.number_of(arg)
        if given.is_string() and to.is_timestamp():
            return self.f.anon.iso_moment(arg)
        if given.is_timestamp() and given.timezone is None and to.is_timestamp() and to.timezone:
            return self.f.anon.local_moment(arg)
        return super().visit_TryCast(op, arg=arg, to=to)

    def visit_ScalarUDF(self, op: ops.ScalarUDF, **arguments: Sql) -> Sql:
        name = self.__sql_name__(op)
        values = list(arguments.values())
        if name == "try_strptime":
            values[1] = sge.convert(java_pattern(op.args[1].value))
            wall = self.f.anon.try_to_timestamp(*values)
            return sge.Cast(this=wall, to=self.type_mapper.from_ibis(dt.timestamp))
        return self.f.anon[NAMES.get(name, name)](*values)

    def visit_StringSplit(self, op: ops.StringSplit, *, arg: Sql, **_: Any) -> Sql:
        return self.f.anon.split(arg, sge.convert(re.escape(op.delimiter.value)))  # Spark splits by a pattern

    def visit_ArrayCollect(self, op: ops.ArrayCollect, **arguments: Any) -> Sql:
        if not op.order_by:
            return super().visit_ArrayCollect(op, **arguments)
        return self._in_order(arguments["arg"], arguments["order_by"])

    def visit_GroupConcat(self, op: ops.GroupConcat, **arguments: Any) -> Sql:
        if not op.order_by:
            return super().visit_GroupConcat(op, **arguments)
        return self.f.array_join(self._in_order(arguments["arg"], arguments["order_by"]), arguments["sep"])

    def _in_order(self, value: Sql, order: Sequence[Sql]) -> Sql:
        """The values of a group, sorted: Spark's own lists have the order of arrival."""
        named = [part for place, key in enumerate(order) for part in (sge.convert(f"key{place}"), key.this)]
        pairs = self.f.anon.named_struct(*named, sge.convert("value"), value)
        each = sge.to_identifier("each")
        its_value = sge.Dot(this=each, expression=sge.to_identifier("value"))
        ordered = self.f.anon.array_sort(self.f.anon.collect_list(pairs))
        return self.f.anon.transform(ordered, sge.Lambda(this=its_value, expressions=[each]))


def literal(path: str | Path) -> str:
    """The path for Spark's readers, which would take it for a pattern."""
    return re.sub(r"[\\*?\[\]{}]", r"\\\g<0>", str(path))


@final
class SparkConnection(Backend):  # type: ignore[misc]
    """Ibis on a Spark session: in this dialect, results by Arrow instead of pandas, several files as one table."""

    compiler = SparkDialect()

    def to_pyarrow(self, expr: ir.Expr, /, *, params: Any = None, limit: int | str | None = None) -> Any:
        """The result as Arrow; it is in memory whole."""
        table = expr.as_table()
        found = self.raw_sql(self.compile(table, params=params, limit=limit)).toArrow()
        return expr.__pyarrow_result__(PyArrowData.convert_table(found, table.schema()))

    def read_parquet(self, path: str | Path | Sequence[str], /, *, table_name: str | None = None) -> ir.Table:
        """The rows of one file or folder, or of several."""
        paths = [path] if isinstance(path, str | Path) else path
        name = table_name or gen_name("read_parquet")
        self._session.read.parquet(*map(literal, paths)).createOrReplaceTempView(name)
        return self.table(name)
