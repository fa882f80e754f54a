"""Delimited text: lines -> records of fields, with quotes, in Ibis; a stray quote costs its line, not the file."""

import re
from typing import Final

import ibis
import ibis.expr.types as ir

from shopwindow.ingest.engine import Engine
from shopwindow.ingest.sample import Sample

CAME: Final = "\x1f"  # in `broken`: what was expected, this mark, what came
LONGEST_RECORD: Final = 1000  # lines; a quote left open longer than that is a fault, not a text


@ibis.udf.scalar.builtin(  # type: ignore[untyped-decorator]
    name="regexp_extract_all", signature=(("string", "string", "int64"), "array<string>")
)
def _extract_all(text: ir.Value, pattern: str, group: int) -> ir.ArrayValue: ...


def records_of(engine: Engine, lines: ir.Table, sample: Sample) -> ir.Table:
    """`line` (of its start), `raw`, `broken` and `fields` (array of texts) of each record after the header."""
    lines = lines.filter(lines.line > sample.header_line)
    if len(sample.delimiter) > 1 or sample.delimiter == " ":
        text = lines.raw.strip().re_replace(r"\s+", " ") if sample.delimiter == " " else lines.raw
        return _checked(lines.mutate(fields=text.split(sample.delimiter)), sample)
    quoted = lines.raw.contains('"')
    if not bool(lines.filter(quoted).limit(1).count().to_pyarrow().as_py()):
        return _checked(lines.mutate(fields=lines.raw.split(sample.delimiter)), sample)
    return _with_quotes(engine, lines, sample)


def _checked(records: ir.Table, sample: Sample) -> ir.Table:
    """Marks records with too few or too many fields."""
    came = records.fields.length()
    told = ibis.literal(f"{len(sample.columns)} fields{CAME}").concat(came.cast("string"))
    wrong = (came != len(sample.columns)).ifelse(told, ibis.null("string"))
    return records.mutate(broken=ibis.coalesce(records.broken, wrong))


def _with_quotes(engine: Engine, lines: ir.Table, sample: Sample) -> ir.Table:
    """Splits with quotes; joins the lines of a record whose quoted field holds line breaks."""
    split = _split(lines, sample)
    num_quotes = split.raw.length() - split.raw.replace('"', "").length()
    unfit = split.fields.isnull() | (split.fields.length() != len(sample.columns))
    marked = split.mutate(odd=(unfit & (num_quotes % 2 == 1)).cast("int64"))
    marked = engine.kept("marked_lines", marked)
    if not int(marked.odd.sum().to_pyarrow().as_py() or 0):
        return _settled(marked, sample)
    so_far = marked.odd.sum().over(ibis.cumulative_window(order_by="line"))
    counted = marked.mutate(so_far=so_far)
    # an odd line opens a record, the next odd line closes it
    inside = (counted.so_far % 2 == 1) | (counted.odd == 1)
    grouped = counted.mutate(record=inside.ifelse((counted.so_far + 1) // 2, ibis.null("int64")))
    grouped = engine.kept("grouped_lines", grouped)
    groups = grouped.filter(grouped.record.notnull()).group_by("record")
    sizes = groups.aggregate(num_lines=ibis._.count(), closed=ibis._.odd.sum() == 2)
    small = sizes.filter(sizes.closed & (sizes.num_lines <= LONGEST_RECORD))
    members = grouped.semi_join(small, "record")
    joined = members.group_by("record").aggregate(
        raw=members.raw.group_concat("\n", order_by="line"),
        line=members.line.min(),
        broken=members.broken.max(),
    )
    whole = _split(joined, sample)
    whole = whole.filter(whole.fields.length() == len(sample.columns))
    whole = engine.kept("joined_lines", whole)
    rest = grouped.filter(grouped.record.isnull() | grouped.record.notin(whole.record))
    names = ("line", "raw", "broken", "fields")
    return _settled(rest.select(*names).union(whole.select(*names)), sample)


def _settled(records: ir.Table, sample: Sample) -> ir.Table:
    torn = ibis.coalesce(
        records.broken, records.fields.isnull().ifelse("quotes in pairs", ibis.null("string"))
    )
    return _checked(records.mutate(broken=torn), sample).select("line", "raw", "broken", "fields")


def _split(lines: ir.Table, sample: Sample) -> ir.Table:
    """Adds `fields`; null where the quotes of a line do not pair up around whole fields."""
    mark = re.escape(sample.delimiter)
    pattern = f'("(?:[^"]|"")*"|[^"{mark}][^{mark}]*|){mark}'
    parts = _extract_all(lines.raw.concat(sample.delimiter), pattern, 1)
    found = lines.mutate(parts=lines.raw.contains('"').ifelse(parts, lines.raw.split(sample.delimiter)))
    # extraction skips what does not fit: the parts are the line only if nothing is missing
    complete = found.parts.join(sample.delimiter) == found.raw
    bare = found.parts.map(lambda part: part.startswith('"').ifelse(_unquoted(part), part))
    return found.mutate(fields=complete.ifelse(bare, ibis.null("array<string>"))).drop("parts")


def _unquoted(part: ir.StringValue) -> ir.StringValue:
    return part.substr(1, part.length() - 2).replace('""', '"')
