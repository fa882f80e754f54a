"""`shopwindow simulate`: make a shop's files with known truth, or let its customers visit a running server."""

import time
from dataclasses import replace
from datetime import UTC, date, datetime
from datetime import time as clock_time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from shopwindow.simulation.catalog_file import Catalog
    from shopwindow.simulation.generator import SimulationReport
    from shopwindow.simulation.spec import WorldSpec


def register(app: typer.Typer) -> None:
    """Add `simulate` to the command."""
    app.command("simulate")(simulate)


def simulate(
    out: Annotated[
        Path | None, typer.Option(help="Folder to write shop.toml, world.json and files/ to.")
    ] = None,
    preset: Annotated[
        Literal["tiny", "demo", "large"],
        typer.Option(help="tiny: seconds. demo: about 150,000 actions. large: millions."),
    ] = "demo",
    seed: Annotated[
        int, typer.Option(min=0, help="The same seed gives the same files, or the same visitors.")
    ] = 1,
    customers: Annotated[int | None, typer.Option(min=1, help="Instead of the preset's number.")] = None,
    items: Annotated[int | None, typer.Option(min=1, help="Instead of the preset's number.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Instead of the preset's number.")] = None,
    start: Annotated[
        str | None, typer.Option(help="First day, such as 2026-03-02; default: that day.")
    ] = None,
    form: Annotated[Literal["parquet", "jsonl"], typer.Option("--format", help="Of the files.")] = "parquet",
    catalog: Annotated[
        list[Path] | None,
        typer.Option(
            help="CSV or Parquet of a real catalogue to take the goods from (title, category; colour, season, "
            "audience, brand, price if known); given twice, the second has more columns of the same lines."
        ),
    ] = None,
    against: Annotated[str | None, typer.Option(help="Address of a running server to visit instead.")] = None,
    shop_files: Annotated[
        Path | None,
        typer.Option(help="Where `simulate --out` wrote the world that the server's shop is made from."),
    ] = None,
    visits: Annotated[int, typer.Option(min=1, help="With --against: how many visits.")] = 200,
    together: Annotated[int, typer.Option(min=1, max=1000, help="With --against: visits at once.")] = 16,
    pages_per_second: Annotated[
        float, typer.Option(min=0, help="With --against: at most; 0 = no limit.")
    ] = 0.0,
    seconds: Annotated[
        float, typer.Option(min=0, help="With --against: stop after so long; 0 = no limit.")
    ] = 0.0,
    variant: Annotated[
        str, typer.Option(help="With --against: of the ranking, default or popular.")
    ] = "default",
) -> None:
    """Make a shop with known truth, or send its customers to a running server and watch what they do.

    Example: `shopwindow simulate --out sim --preset demo --seed 1`, and once the shop is served,
    `shopwindow simulate --against http://localhost:8000 --shop-files sim --visits 500`. With goods of your own:
    `shopwindow simulate --out sim --catalog products.csv --items 4000`.
    """
    if (out is None) == (against is None):
        raise typer.BadParameter("give either --out DIR (make files) or --against URL (visit a server)")
    if against is not None:
        if shop_files is None:
            raise typer.BadParameter(
                "--against needs --shop-files DIR, the folder that `simulate --out` wrote"
            )
        from shopwindow.cli.closed_loop import visit
        from shopwindow.simulation.closed_loop import LoopOptions

        run = f"loop-{time.time_ns() // 1_000_000:x}"
        options = LoopOptions(visits=visits, together=together, run=run, seed=seed, variant=variant)
        visit(against, shop_files, options, pages_per_second, seconds)
    elif out is not None:
        from shopwindow.simulation.spec import PRESETS

        spec = replace(PRESETS[preset](), seed=seed)
        spec = replace(
            spec,
            customers=customers or spec.customers,
            items=items or spec.items,
            days=days or spec.days,
            start_ms=_midnight(start, spec.start_ms),
        )
        goods = _goods(catalog, items, seed) if catalog else None
        _make(spec, goods, out, form)


def _midnight(start: str | None, otherwise_ms: int) -> int:
    if start is None:
        return otherwise_ms
    try:
        day = datetime.combine(date.fromisoformat(start), clock_time(), UTC)
    except ValueError as error:
        raise typer.BadParameter(f"--start: expected a day such as 2026-03-02, came {start!r}") from error
    return int(day.timestamp()) * 1000


def _goods(files: list[Path], items: int | None, seed: int) -> "Catalog":
    """The catalogue, `items` of it at random if given; prints what was set aside, and what was found."""
    from rich.console import Console

    from shopwindow.simulation.catalog_file import read_catalog

    found = read_catalog(files)
    aside = ", ".join(f"{count:,} {reason}" for reason, count in sorted(found.set_aside.items())) or "none"
    console = Console()
    console.print(f"{len(found):,} rows of {files[0].name}; set aside: {aside}", highlight=False)
    goods = found if items is None else found.sample(items, seed)
    for row in goods.rows.slice(0, 5).to_pylist():
        console.print(f"  {row['path']} · {row['brand']} · {row['title']}", highlight=False, markup=False)
    return goods


def _make(spec: "WorldSpec", goods: "Catalog | None", out: Path, form: str) -> None:
    from rich.console import Console
    from rich.progress import Progress

    from shopwindow.simulation.generator import simulate as generate

    if goods is not None:
        spec = replace(spec, items=len(goods), catalog=goods.fingerprint)
    console = Console()
    began_s = time.perf_counter()
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("days", total=1.0)
        report = generate(
            spec,
            out,
            catalog=goods,
            table_format=form,
            progress=lambda done: bar.update(task, completed=done),
        )
    console.print(_summary(report, time.perf_counter() - began_s))
    for table in ("items", "customers", "actions", "pages", "impressions"):
        command = f"shopwindow import --shop {out} --table {table} {report.folder}/{table}.{form}"
        console.print(command, soft_wrap=True, highlight=False)


def _summary(report: "SimulationReport", seconds: float) -> "Table":
    from rich.table import Table

    table = Table("what", "number", title=str(report.folder))
    table.columns[1].justify = "right"
    rows = {
        "items": report.num_items,
        "customers": report.num_customers,
        "visits": report.num_visits,
        "pages": report.num_pages,
        "impressions": report.num_impressions,
        **report.actions,
    }
    for name, number in rows.items():
        table.add_row(name, f"{number:,}")
    table.add_row("events per second", f"{report.num_events / max(seconds, 1e-9):,.0f}")
    table.add_row("seconds", f"{seconds:.1f}")
    return table
