"""`shopwindow validate`: what an import or the server would make of files or a stream, before anything is changed."""

import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from shopwindow.cli.mapping_options import stated_mapping
from shopwindow.errors import ConfigError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from shopwindow.ingest.quality.validation import Against, Validation
    from shopwindow.ingest.source import FieldMapping

STREAM: Final = "-"
EVENTS: Final = "events"


def register(app: typer.Typer) -> None:
    """Add `validate` to the command."""
    app.command("validate")(validate)


def validate(
    files: Annotated[
        list[str], typer.Argument(help="Files as for import, or - for events on standard input.")
    ],
    shop: Annotated[Path, typer.Option("--shop", help="Directory of the shop.")] = Path(),
    table: Annotated[str, typer.Option(help="actions, items, customers, pages or impressions.")] = "actions",
    maps: Annotated[list[str] | None, typer.Option("--map", help="FIELD=COLUMN, as for import.")] = None,
    sets: Annotated[list[str] | None, typer.Option("--set", help="FIELD=VALUE for every row.")] = None,
    values: Annotated[list[str] | None, typer.Option("--value", help="FIELD:THEIRS=OURS.")] = None,
    names: Annotated[str, typer.Option(help="Columns of a file without a header.")] = "",
    written: Annotated[str, typer.Option("--time", help="How times are written, as for import.")] = "",
    form: Annotated[
        str, typer.Option(help="csv, jsonl, parquet, sequences; events: JSON lines as for POST /v1/events.")
    ] = "",
    mapping: Annotated[
        Path | None, typer.Option(help="A TOML file as for import; also year, delimiter, encoding.")
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per file, nothing else.")
    ] = False,
) -> None:
    """Check files or a stream against the shop without importing: what would be refused, and why; what looks odd.

    A file is read as `import` would read it. JSON lines with a "type" (action, impression, consent), or with
    "events", are checked as the server would check them. Exit code 0: all rows would be taken; 1: some would not.

    Example: shopwindow validate --shop my-shop log.csv --map item=product_id

    Example: tail -n 1000 tracker.jsonl | shopwindow validate --shop my-shop --json -
    """
    from rich.console import Console
    from rich.markup import escape

    from shopwindow.config import ShopDirectory
    from shopwindow.ingest.quality.known import known_of
    from shopwindow.ingest.quality.validation import Against
    from shopwindow.ingest.source import merged, read_mapping
    from shopwindow.schema.shop import read_shop

    stated = replace(
        stated_mapping(maps or (), sets or (), values or (), names),
        form=None if form == EVENTS else form or None,
        time=written or None,
    )
    if mapping is not None:
        stated = merged(stated, read_mapping(mapping, table))
    shop_dir, console = ShopDirectory(shop), Console()
    config = read_shop(shop_dir.config)
    against = Against(shop=config, known=known_of(shop_dir), now_ms=time.time_ns() // 1_000_000)
    refused = False
    for name in files:
        as_events = name == STREAM or form == EVENTS or (not form and _holds_events(Path(name)))
        with nullcontext() if json else console.status(escape(f"reading {name}")):
            found = _events(name, against) if as_events else _file(Path(name), table, stated, against)
        refused |= not found.ok
        _print_json(found) if json else _show(console, found)
    if refused:
        raise typer.Exit(1)


def _holds_events(path: Path) -> bool:
    """Whether the first line is an event or a batch as the server takes them."""
    import msgspec

    from shopwindow.schema.posted import TYPES

    try:
        with path.open("rb") as file:
            first = msgspec.json.decode(file.readline(1 << 20))
    except (OSError, msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return False
    return isinstance(first, dict) and (first.get("type") in TYPES or "events" in first)


def _events(name: str, against: "Against") -> "Validation":
    from shopwindow.ingest.quality.validation import validate_stream
    from shopwindow.ingest.quality.validator import EventValidator

    validator = EventValidator(against.shop, against.known, against.now_ms)

    def run(lines: Iterable[bytes]) -> "Validation":
        return validate_stream(name, lines, validator)

    if name == STREAM:
        return run(sys.stdin.buffer)
    path = Path(name)
    if not path.is_file():
        raise ConfigError(
            f"{path}: expected a file of JSON lines, came nothing there; - reads standard input"
        )
    with path.open("rb") as file:
        return run(file)


def _file(path: Path, table: str, stated: "FieldMapping", against: "Against") -> "Validation":
    from shopwindow.ingest.quality.validation import validate_file
    from shopwindow.ingest.source import Source

    return validate_file(Source(path, table, stated), against)


def _print_json(found: "Validation") -> None:
    import msgspec

    typer.echo(msgspec.json.encode({"ok": found.ok, **msgspec.to_builtins(found)}).decode())


def _show(console: "Console", found: "Validation") -> None:
    from rich.markup import escape

    if found.reading:
        console.print(_table(("field", "from", "note"), found.reading))
    counts = {
        "would be taken": found.good, "repeat earlier rows": found.duplicates,
        "dropped by the mapping": found.skipped, "would be refused": found.refused,
    }  # fmt: skip
    said = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
    console.print(
        f"[bold]{escape(found.source)}[/] ({found.form}): {found.rows:,} rows: {said or 'nothing'}",
        highlight=False,
    )
    if found.reasons:
        rows = [
            (
                f"{each.count:,}",
                str(each.first_line),
                f"{each.field}: expected {each.expected}, came {each.came!r}".removeprefix(": "),
            )
            for each in found.reasons
        ]
        console.print(_table(("refused", "first line", "why"), rows))
    if found.remarks:
        rows = [(each.what, each.words, ", ".join(each.examples[:3])) for each in found.remarks]
        console.print(_table(("worth a look", "what", "such as"), rows))
    tone, word = ("green", "all rows would be taken") if found.ok else ("red", "some rows would be refused")
    console.print(f"[{tone}]{word}[/]")


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> "Table":
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(escape(heading), overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    return table
