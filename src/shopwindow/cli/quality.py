"""`shopwindow quality`: what a shop's imported data is like, and what it can support."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from shopwindow.config import ShopDirectory
    from shopwindow.ingest.quality.report import QualityReport

COLOURS: Final = {
    "bad": "red", "look": "yellow", "good": "green", "nothing": "dim",
    "no": "red", "partly": "yellow", "yes": "green",
}  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add `quality` to the command."""
    app.command("quality")(quality)


def quality(
    shop: Annotated[Path, typer.Option("--shop", help="Directory of the shop.")] = Path(),
    json: Annotated[Path | None, typer.Option("--json", help="Write everything here as JSON, too.")] = None,
    list_programs: Annotated[
        bool,
        typer.Option("--list-programs", help="Only print the ids of customers who behave like programs."),
    ] = False,
) -> None:
    """Look at everything that was imported: named checks with examples and remedies, charts, and what it can support.

    Writes reports/quality.html in the shop's directory and prints the verdicts. Nothing is changed.

    Example: shopwindow quality --shop my-shop

    Example: shopwindow quality --shop my-shop --list-programs > programs.txt
    """
    from rich.console import Console

    from shopwindow.config import ShopDirectory
    from shopwindow.ingest.quality.page import quality_page
    from shopwindow.ingest.quality.report import quality_report, write_json

    shop_dir, now_ms = ShopDirectory(shop), time.time_ns() // 1_000_000
    if list_programs:
        _list_programs(shop_dir, now_ms)
        return
    console = Console()
    with console.status("looking at the tables") as status:
        report = quality_report(shop_dir, now_ms, on_step=lambda name: status.update(f"looking at: {name}"))
        status.update("drawing")
        page = quality_page(report).write(shop_dir.reports / "quality.html")
    _show(console, report, shop)
    console.print(f"with examples, remedies and charts: {page}", soft_wrap=True, highlight=False)
    if json is not None:
        write_json(report, json)
        console.print(f"written: {json}", soft_wrap=True, highlight=False)


def _list_programs(shop_dir: "ShopDirectory", now_ms: int) -> None:
    from shopwindow.ingest.identity import open_identity
    from shopwindow.ingest.quality.report import program_keys

    keys = program_keys(shop_dir, now_ms)
    if not keys:
        return
    identity = open_identity(shop_dir.identity)
    try:
        for customer in identity.customer_ids(keys):
            typer.echo(customer)
    finally:
        identity.close()


def _show(console: "Console", report: "QualityReport", shop: Path) -> None:
    """What needs a look in full, what is good by name, the advice."""
    names: dict[str, list[str]] = {"good": [], "nothing": []}
    urgent = []
    for each in sorted(report.findings, key=lambda found: found.verdict):  # bad before look
        if each.verdict in names:
            names[each.verdict].append(each.name)
        else:
            urgent.append((each.name, each.verdict, each.words))
    if report.figures.actions + report.figures.items:
        if urgent:
            console.print(_table("check", urgent))
        console.print(f"[green]good[/]: {', '.join(names['good'])}", highlight=False)
        console.print(f"[dim]nothing to look at: {', '.join(names['nothing'])}[/]\n", highlight=False)
    console.print(
        _table("this data supports", [(each.topic, each.answer, each.words) for each in report.advice])
    )
    start = report.start
    console.print(
        f"\nbegin with: [bold]{start.preset or 'no training yet'}[/] ({start.words})", highlight=False
    )
    console.print("  " + start.command.replace("SHOP", str(shop)), soft_wrap=True, highlight=False)


def _table(heading: str, rows: Sequence[tuple[str, str, str]]) -> "Table":
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column(heading, no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("what was found", overflow="fold")
    for name, verdict, words in rows:
        table.add_row(escape(name), f"[{COLOURS[verdict]}]{verdict}[/]", escape(words))
    return table
