"""`shopwindow demo`: the whole line once, from a simulated shop to a page that moves."""

import json
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from shopwindow.config import ShopDirectory
from shopwindow.durable import write_durably
from shopwindow.errors import ConfigError

if TYPE_CHECKING:
    from rich.console import Console

    from shopwindow.cli.demo_steps import Step

DAYS: Final = 60  # of the simulated log; it ends yesterday
VERSION: Final = 1  # raised whenever the steps below would make something else


def register(app: typer.Typer) -> None:
    """Add `demo` to the command."""
    app.command("demo")(demo)


def demo(
    directory: Annotated[Path, typer.Option("--dir", "--shop", help="Where the demo's shop is made.")] = Path(
        "demo-shop"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 or a busy one: a free one is taken.")] = 8000,
    check: Annotated[
        bool, typer.Option("--check", help="Drive the storefront through a browser, then exit.")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep/--fresh", help="Keep finished steps, or start over.")] = True,
) -> None:
    """Simulate a shop, import its files, train, evaluate, release and serve: a few minutes, nothing to download.

    Every step is a command of its own, shown as it runs; steps that are done are kept for the next time.

    Example: shopwindow demo, then open the address that it prints.
    """
    from rich.console import Console

    from shopwindow.cli.demo_server import serving
    from shopwindow.cli.demo_steps import steps_of

    began_s = time.monotonic()
    console = Console()
    progress = _opened(directory, keep)
    steps = steps_of(directory, console, progress.first_day)
    for number, step in enumerate(steps, start=1):
        _do(console, progress, step, f"{number}/{len(steps) + 1}")
    console.rule(f"[bold]{len(steps) + 1}/{len(steps) + 1}  Serve[/]", align="left", style="dim")
    with serving(directory, 0 if check else port) as server:
        console.print(f"[dim]$ shopwindow serve --shop {directory} --port {server.port}[/]", highlight=False)
        console.print(
            f"\nthe storefront is at [bold]{server.address}[/]  (ready after {time.monotonic() - began_s:.0f} s)"
        )
        if check:
            _check(console, directory, server.address)
        else:
            console.print("open an item and watch the page move; Ctrl-C stops the server\n")
            server.wait()
    if check:
        console.print(f"[bold green]the demo works[/] ({time.monotonic() - began_s:.0f} s in all)")


@dataclass
class Progress:
    """demo.json: which steps are done and how long they took, and on which day the simulated log begins."""

    path: Path
    version: int
    first_day: str
    done: dict[str, float]

    @classmethod
    def read(cls, path: Path) -> "Progress | None":
        """What demo.json says; None if there is none, or it is not ours."""
        if not path.is_file():
            return None
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            done = {str(name): float(seconds) for name, seconds in content["done"].items()}
            return cls(path, int(content["version"]), str(content["first_day"]), done)
        except (ValueError, KeyError, TypeError, AttributeError):
            return None

    def finish(self, name: str, seconds: float) -> None:
        """Note a step as done."""
        self.done[name] = round(seconds, 1)
        self.write()

    def write(self) -> None:
        """Written whole or not at all."""
        content = {"version": self.version, "first_day": self.first_day, "done": self.done}
        write_durably(self.path, (json.dumps(content, indent=1) + "\n").encode())


def _opened(directory: Path, keep: bool) -> Progress:
    """The demo in `directory`: the one begun there, or a new one in an empty directory.

    Raises:
        ConfigError: something else is there; it is left alone.
    """
    path = directory / "demo.json"
    begun = Progress.read(path)
    if begun is None and directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise ConfigError(
            f"{directory}: expected an empty or new directory, or an earlier demo, came something else; choose --dir"
        )
    if begun is not None and keep and begun.version == VERSION:
        return begun
    if begun is not None:
        shutil.rmtree(directory)
    directory.mkdir(parents=True, exist_ok=True)
    first_day = datetime.now(UTC).date() - timedelta(days=DAYS)
    progress = Progress(path, VERSION, first_day.isoformat(), {})
    progress.write()
    return progress


def _do(console: "Console", progress: Progress, step: "Step", number: str) -> None:
    console.rule(f"[bold]{number}  {step.title}[/]", align="left", style="dim")
    if step.name in progress.done:
        console.print(f"[dim]done before, in {progress.done[step.name]:.0f} s; --fresh starts over[/]")
        return
    console.print(f"[dim]$ {step.command}[/]", highlight=False, soft_wrap=True)
    began_s = time.monotonic()
    step.run()
    seconds = time.monotonic() - began_s
    progress.finish(step.name, seconds)
    console.print(f"[green]done[/] in {seconds:.1f} s\n", highlight=False)


def _check(console: "Console", directory: Path, address: str) -> None:
    """Exit code 1, and what was expected, if the storefront does not do what it should."""
    from shopwindow.cli.demo_check import CheckFailed, check_log, check_loop, check_storefront

    def told(line: str) -> None:
        console.print(f"[green]✓[/] {line}", highlight=False, soft_wrap=True)

    try:
        visit = check_storefront(address, directory / "storefront.png", told)
        check_log(ShopDirectory(directory), visit, told)
        check_loop(address, directory / "world.json", told)
    except CheckFailed as failure:
        console.print(f"[bold red]the demo does not work:[/] {failure}", highlight=False)
        raise typer.Exit(1) from failure
