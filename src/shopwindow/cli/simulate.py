"""`shopwindow simulate`: make a shop's files with known truth, or let its customers visit a running server."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from datetime import time as clock_time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from shopwindow.simulation.catalog_file import Catalog
    from shopwindow.simulation.closed_loop import LoopFigures, LoopOptions, Pace
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
    if against is None and out is not None:
        from shopwindow.simulation.spec import PRESETS

        spec = PRESETS[preset]()
        spec = replace(
            spec,
            seed=seed,
            customers=customers or spec.customers,
            items=items or spec.items,
            days=days or spec.days,
            start_ms=_midnight(start, spec.start_ms),
        )
        goods = _goods(catalog, items, spec) if catalog else None
        if goods is not None:
            spec = replace(spec, items=len(goods), catalog=goods.fingerprint)
        _make(spec, goods, out, form)
        return
    if shop_files is None:
        raise typer.BadParameter("--against needs --shop-files DIR, the folder that `simulate --out` wrote")
    from shopwindow.simulation.closed_loop import LoopOptions

    run = f"loop-{time.time_ns() // 1_000_000:x}"
    options = LoopOptions(visits=visits, together=together, run=run, seed=seed, variant=variant)
    _visit(str(against), shop_files, options, (pages_per_second, seconds))


def _midnight(start: str | None, otherwise_ms: int) -> int:
    if start is None:
        return otherwise_ms
    try:
        day = datetime.combine(date.fromisoformat(start), clock_time(), UTC)
    except ValueError as error:
        raise typer.BadParameter(f"--start: expected a day such as 2026-03-02, came {start!r}") from error
    return int(day.timestamp()) * 1000


def _goods(files: list[Path], items: int | None, spec: "WorldSpec") -> "Catalog":
    """The catalogue, `items` of it at random if given; says what was set aside, and what was found."""
    from rich.console import Console

    from shopwindow.simulation.catalog_file import read_catalog

    found = read_catalog(files)
    aside = ", ".join(f"{count:,} {reason}" for reason, count in sorted(found.set_aside.items())) or "none"
    console = Console()
    console.print(f"{len(found):,} rows of {files[0].name}; set aside: {aside}", highlight=False)
    goods = found if items is None else found.sample(items, spec.seed)
    for row in goods.rows.slice(0, 5).to_pylist():
        console.print(f"  {row['path']} · {row['brand']} · {row['title']}", highlight=False, markup=False)
    return goods


def _make(spec: "WorldSpec", goods: "Catalog | None", out: Path, form: str) -> None:
    from rich.console import Console
    from rich.progress import Progress

    from shopwindow.simulation.generator import simulate as generate

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


def _visit(address: str, shop_files: Path, options: "LoopOptions", limits: tuple[float, float]) -> None:
    import httpx
    from rich.console import Console
    from rich.live import Live

    from shopwindow.errors import ShopwindowError
    from shopwindow.simulation.closed_loop import LoopFigures, visit_server
    from shopwindow.simulation.world import read_world

    world = read_world(shop_files / "world.json")
    pages_per_s, seconds = limits
    console = Console()
    began_s = time.perf_counter()
    latest = LoopFigures()

    def line() -> str:
        return figures_line(latest, time.perf_counter() - began_s)

    async def run(show: Callable[[str], None]) -> None:
        nonlocal latest

        def on_step(figures: LoopFigures) -> None:
            nonlocal latest
            latest = figures
            show(line())

        connections = httpx.Limits(max_connections=options.together)
        async with httpx.AsyncClient(base_url=address, timeout=30.0, limits=connections) as client:
            visiting = visit_server(world, client, options, _pace(pages_per_s), on_step)
            try:
                await asyncio.wait_for(visiting, timeout=seconds or None)
            except TimeoutError:
                console.print(f"stopped after {seconds:g} s, as asked")

    with Live(line(), console=console, refresh_per_second=8) as live:
        asyncio.run(run(live.update))
    if latest.last_error:
        console.print(f"[yellow]last error:[/] {latest.last_error}", soft_wrap=True)
    if latest.pages == 0:
        raise ShopwindowError(f"{address} answered no page: {latest.last_error or 'no visit began'}")


def figures_line(figures: "LoopFigures", seconds: float) -> str:
    """One line of live figures."""
    wrong = {"degraded": figures.degraded, "rejected": figures.rejected, "errors": figures.errors}
    return (
        f"[bold]{figures.pages / max(seconds, 1e-9):.1f}[/] pages/s · {figures.visits:,} visits · "
        f"CTR [bold]{figures.ctr:.1%}[/] · {figures.carts:,} in carts · [bold]{figures.purchases:,}[/] bought · "
        + " · ".join(f"[{'red' if number else 'dim'}]{number:,} {name}[/]" for name, number in wrong.items())
    )


def _pace(pages_per_s: float) -> "Pace":
    from shopwindow.simulation.closed_loop import unhurried

    if not pages_per_s:
        return unhurried
    free_at_s = time.perf_counter()

    async def wait(pages: int) -> None:
        nonlocal free_at_s
        now_s = time.perf_counter()
        await asyncio.sleep(max(free_at_s - now_s, 0.0))
        free_at_s = max(free_at_s, now_s) + pages / pages_per_s

    return wait
