"""Rows that imports set aside, as their reject files tell."""

import glob
from typing import Final

import ibis
import ibis.expr.types as ir

from shopwindow.ingest.quality.clean import Clean, one
from shopwindow.ingest.quality.examples import cells, number, worst
from shopwindow.ingest.quality.finding import Check, Found
from shopwindow.ingest.quality.thresholds import Thresholds

COLUMNS: Final = {"line": "int64", "field": "string", "expected": "string", "came": "string", "raw": "string"}


def set_aside(clean: Clean) -> ir.Table | None:
    """`file`, `line`, `field`, `expected`, `came` of every row that was set aside; None without any."""
    tables = []
    for record in clean.imports:
        path = clean.shop_dir.data / "rejects" / f"{record.source}-{record.content[:12]}.csv"
        if record.rejected and path.exists():
            rows = clean.connection.read_csv(
                glob.escape(str(path)), header=True, columns=COLUMNS, quote='"', escape='"', delim=",",
                auto_detect=False, max_line_size=20_000_000,
            )  # fmt: skip
            tables.append(rows.mutate(file=ibis.literal(record.source)).drop("raw"))
    if not tables:
        return None
    return ibis.union(*tables) if len(tables) > 1 else tables[0]


def _rejected(clean: Clean, thresholds: Thresholds) -> Found | None:
    if not clean.imports:
        return None
    rejected, rows = sum(each.rejected for each in clean.imports), sum(each.rows for each in clean.imports)
    aside = set_aside(clean)
    examples = []
    if aside is not None:
        reasons = aside.group_by("file", "field", "expected").aggregate(
            rows=aside.count(), came=aside.came.min(), first_line=aside.line.min()
        )
        examples = worst(reasons, ibis.desc("rows"), "file", "field")
    names = ("file", "field", "expected", "came", "first_line", "rows")
    return Found(
        count=rejected,
        of=rows,
        limits=thresholds.rejected,
        words=f"{number(rejected, 'row')} of {rows:,} set aside in {number(len(clean.imports), 'import')}",
        headings=("file", "field", "expected", "e.g. came", "first line", "rows"),
        examples=cells(examples, names),
    )


REJECTED: Final = Check(
    name="rejected rows",
    looks_at="rows that imports set aside, by reason",
    needs="nothing was imported yet",
    rule=lambda limits: "share of all rows read",
    remedy="Correct the rows at their source, or say how they are meant: --map, --time and --value of the import. "
    "The file under data/rejects/ holds each row with its line and reason.",
    command="shopwindow import --shop SHOP --check FILE",
    find=_rejected,
)


def _unknown_actions(clean: Clean, thresholds: Thresholds) -> Found | None:
    if "actions" not in {record.table for record in clean.imports}:
        return None
    rows = sum(record.rows for record in clean.imports if record.table == "actions")
    aside = set_aside(clean)
    count, examples = 0, []
    if aside is not None:
        unknown = aside.filter(aside.field == "action")
        count = int(one(unknown.aggregate(n=unknown.count()))["n"])
        words = unknown.group_by("came").aggregate(rows=unknown.count(), first_line=unknown.line.min())
        examples = worst(words, ibis.desc("rows"), "came")
    return Found(
        count=count,
        of=rows,
        limits=thresholds.unknown_actions,
        words=f"{number(count, 'row')} with an action that the shop does not have",
        headings=("action in the file", "rows", "first line"),
        examples=cells(examples, ("came", "rows", "first_line")),
    )


UNKNOWN_ACTIONS: Final = Check(
    name="unknown actions",
    looks_at="names of actions that shop.toml does not list",
    needs="no actions were imported yet",
    rule=lambda limits: "share of the rows of action files",
    remedy="Add the action with its gain to shop.toml, or translate it to one of yours, or drop it on purpose.",
    command="shopwindow import --shop SHOP FILE --value action:THEIRS=click --value action:NOISE=-",
    find=_unknown_actions,
)
