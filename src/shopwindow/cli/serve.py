"""`shopwindow serve` and `shopwindow replay`."""

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer
from rich.console import Console
from rich.progress import Progress, TaskID

if TYPE_CHECKING:
    from shopwindow.api.app import Closed
    from shopwindow.config import ShopDirectory
    from shopwindow.serving.assembly import ShopRuntime

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("serve")(serve)
    app.command("replay")(replay)


def serve(
    shop: Path = typer.Option(Path(), "--shop", help="The shop directory."),
    host: str = typer.Option(
        "127.0.0.1", help="Address to listen on; 0.0.0.0 for every network of the machine."
    ),
    port: int = typer.Option(8000, min=0, max=65535, help="Port to listen on; 0 takes a free one."),
    verify: bool = typer.Option(True, help="Hash every file of the release before serving it."),
    log_level: Literal["critical", "error", "warning", "info", "debug"] = typer.Option(
        "warning", help="Of the web server."
    ),
) -> None:
    """Serve ranked pages, take events, show the storefront at /.

    Starts whatever the shop's state: without a release /ready says what is missing, and events are kept already.

    Example: `shopwindow serve --shop my-shop`, then
    `curl -s localhost:8000/v1/rank -d '{"surface": "home", "customer": "anna", "k": 3}'`.
    """
    for name in ONE_THREAD:  # before numpy loads: one thread per request, requests side by side
        os.environ.setdefault(name, "1")
    import uvicorn

    from shopwindow.api.app import create_app, settle
    from shopwindow.config import ShopDirectory

    console = Console(stderr=True)
    opened = _open(ShopDirectory(shop), verify, console)
    config = uvicorn.Config(
        create_app(opened),
        host=host,
        port=port,
        log_level=log_level,
        access_log=False,
        http="httptools",
        loop="auto",
        ws="none",
        proxy_headers=False,  # nothing here asks where a request came from
    )
    listening = config.bind_socket()
    settle()
    console.print(f"serving on [bold]http://{host}:{listening.getsockname()[1]}[/] (storefront /, API /docs)")
    uvicorn.Server(config).run(sockets=[listening])
    gc.unfreeze()  # else libraries find their objects alive at exit, and say so


def replay(
    shop: Path = typer.Option(Path(), "--shop", help="The shop directory."),
    pages: int = typer.Option(1000, min=1, help="How many of the last logged pages to compute again."),
) -> None:
    """Compute logged pages again from the log and compare: items and order must be the same.

    Works beside a running server. Exit code 1 if any page differs.

    Example: `shopwindow replay --shop my-shop --pages 1000`.
    """
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    from shopwindow.config import ShopDirectory
    from shopwindow.replay.moment import replay_of
    from shopwindow.replay.pages import replay_pages

    console = Console()
    what = replay_of(ShopDirectory(shop))
    with _progress() as bar:
        task = bar.add_task("pages", total=None)
        report = replay_pages(what, pages, lambda done, total: bar.update(task, completed=done, total=total))
    console.print(
        f"{report.identical} of {report.compared} pages identical (release {what.ranking.release.release_id})"
    )
    if report.compared:
        console.print(f"largest difference of a score: {report.largest_score_gap:.2g}")
    for reason, count in report.skipped.items():
        console.print(f"not compared, {reason}: {count}")
    for each in report.differences:
        console.print(
            f"[red]differs[/] {each.page_id} at {each.log_offset}: {each.logged} came out {each.computed}"
        )
    if report.identical < report.compared:
        sys.exit(1)


def _open(directory: "ShopDirectory", verify: bool, console: Console) -> "ShopRuntime | Closed":
    """The shop opened, or why there is none to open; a shop without a release is open too."""
    from shopwindow.api.app import Closed
    from shopwindow.errors import DatasetError, SchemaError
    from shopwindow.serving.assembly import RuntimeOptions, open_runtime

    with _progress() as bar:
        task: list[TaskID] = []

        def seeded(done: int, total: int) -> None:
            if not task:
                task.append(bar.add_task("customers", total=total))
            bar.update(task[0], completed=done)

        try:
            runtime = open_runtime(directory, RuntimeOptions(verify=verify, progress=seeded))
        except (SchemaError, DatasetError) as error:
            console.print(f"[yellow]no shop is open:[/] {error}")
            return Closed(str(error))
    if runtime.recovery.rebuilt:
        console.print(f"[yellow]state built again:[/] {runtime.recovery.rebuilt}")
    if runtime.ranking is None:
        console.print(f"[yellow]no pages yet:[/] {runtime.reason}")
    return runtime


def _progress() -> Progress:
    return Progress(console=Console(stderr=True), transient=True)
