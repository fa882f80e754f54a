"""`shopwindow simulate --against`: a world's customers visit a running server, and a line says how it goes."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shopwindow.simulation.closed_loop import LoopFigures, LoopOptions, Pace


def visit(address: str, shop_files: Path, options: "LoopOptions", pages_per_s: float, seconds: float) -> None:
    """Let the visits happen and show what they come to; a pace or a time of 0 is no limit.

    Raises:
        ConfigError: there is no world in `shop_files`.
        ShopwindowError: the server answered no page at all.
    """
    import httpx
    from rich.console import Console
    from rich.live import Live

    from shopwindow.errors import ShopwindowError
    from shopwindow.simulation.closed_loop import LoopFigures, visit_server
    from shopwindow.simulation.world import read_world

    world = read_world(shop_files / "world.json")
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
