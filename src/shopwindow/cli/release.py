"""`shopwindow release`: build, verify, list, activate."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from shopwindow.release.registry import Entry

ShopOption = Annotated[Path, typer.Option("--shop", help="Directory of the shop.")]
MEANING = {
    "catalog.arrow": "items as people see them",
    "customer.onnx": "journey -> customer vector",
    "item.onnx": "metadata and text -> item vectors, for items to come",
    "input.npy": "what a history reads of an item",
    "output.npy": "what retrieval scores",
    "scan.npy": "output.npy transposed, for exact search",
    "lists.faiss": "inverted lists, for the whole shop",
    "popularity.npy": "wanted actions per item",
    "vocabulary.json": "known metadata values",
    "model.json": "what the graphs expect",
    "shop.toml": "the shop as it was",
    "categories.json": "the category tree",
    "category.npy": "node of each item; rows are sorted by it",
    "other_offsets.npy": "rows by further categories: where each node's begin",
    "other_rows.npy": "rows by further categories",
    "row_of_key.npy": "item key -> row",
    "item_key.npy": "row -> item key",
    "first_seen_ms.npy": "when each item came",
    "index.json": "what the index measured",
}

release_app = typer.Typer(
    name="release",
    help="Immutable bundles that a server loads: build one from a training run, verify, list, activate.",
    no_args_is_help=True,
)


def register(app: typer.Typer) -> None:
    """Add the family `release` to the command."""
    app.add_typer(release_app)


@release_app.command("build")
def build(
    run: Annotated[str, typer.Option("--run", help="Training run; default: the one trained last.")] = "",
    activate_it: Annotated[
        bool | None,
        typer.Option("--activate/--no-activate", help="Let it serve; default: only if no release does yet."),
    ] = None,
    shop: ShopOption = Path(),
) -> None:
    """Build a release from a training run and today's catalogue.

    Example: shopwindow release build --run small --shop my-shop
    """
    from rich.console import Console

    from shopwindow.config import ShopDirectory
    from shopwindow.release.build import build_release, run_names
    from shopwindow.release.registry import activate, active

    console, shop_dir = Console(), ShopDirectory(shop)
    name = run or next(iter(run_names(shop_dir)), "")
    started = time.perf_counter()
    with console.status("building") as status:
        path = build_release(
            shop_dir, name, time.time_ns() // 1_000_000, told=lambda step: status.update(f"{step} …")
        )
    _print_contents(console, path)
    console.print(
        f"release [bold]{path.name}[/bold] from run '{name}' in {time.perf_counter() - started:.1f} s"
    )
    if activate_it or (activate_it is None and active(shop_dir) is None):
        activate(shop_dir, path.name)
        console.print("it is now the active release")
    else:
        console.print(f"let it serve: shopwindow release activate {path.name} --shop {shop}")


@release_app.command("verify")
def verify(
    release_id: Annotated[str, typer.Argument(help="Id or its beginning; default: the active release.")] = "",
    shop: ShopOption = Path(),
) -> None:
    """Hash every file of a release, open its graphs, compare its shapes; exit code 2 and the reason if refused.

    Example: shopwindow release verify 3f9a
    """
    from rich.console import Console

    from shopwindow.config import ShopDirectory
    from shopwindow.release.bundle import load_release
    from shopwindow.release.registry import active_path, find

    shop_dir = ShopDirectory(shop)
    path = find(shop_dir, release_id) if release_id else active_path(shop_dir)
    manifest = load_release(path, verify=True).manifest
    Console().print(
        f"{manifest.release_id} is whole: {len(manifest.files)} files, {_size(manifest.total_bytes)}, "
        f"{manifest.num_items:,} items"
    )


@release_app.command("list")
def list_releases(shop: ShopOption = Path()) -> None:
    """List the releases of a shop, newest first, with the active one marked.

    Example: shopwindow release list --shop my-shop
    """
    from rich.console import Console

    from shopwindow.config import ShopDirectory
    from shopwindow.release.registry import releases

    console, entries = Console(), releases(ShopDirectory(shop))
    if entries:
        _print_list(console, entries)
    else:
        console.print(
            f"no releases in {ShopDirectory(shop).releases}: make one with `shopwindow release build`"
        )


@release_app.command("activate")
def activate_release(
    release_id: Annotated[str, typer.Argument(help="Id or its beginning, as `release list` shows it.")],
    shop: ShopOption = Path(),
) -> None:
    """Verify a release and make it the one that serves; a damaged one is refused and the old one stays.

    Example: shopwindow release activate 3f9a --shop my-shop
    """
    from rich.console import Console

    from shopwindow.config import ShopDirectory
    from shopwindow.release.registry import activate

    manifest = activate(ShopDirectory(shop), release_id)
    Console().print(
        f"{manifest.release_id} is now the active release; a running server takes it at its next start"
    )


def _print_contents(console: "Console", path: Path) -> None:
    from rich.table import Table

    from shopwindow.release.index_files import read_report
    from shopwindow.release.manifest import read_manifest

    manifest, report = read_manifest(path), read_report(path)
    table = Table("file", "size", "what it is", title=f"{path.name}: {manifest.num_items:,} items")
    table.columns[1].justify = "right"
    for name, entry in manifest.files.items():
        table.add_row(name, _size(entry.bytes), MEANING.get(name, ""))
    table.add_section()
    table.add_row("", _size(manifest.total_bytes), "all together")
    console.print(table)
    if report.used:
        console.print(
            f"whole shop: inverted lists, {report.num_probes} of {report.num_lists} read, recall@{report.limit} "
            f"{report.recall:.4f} on {report.num_queries} queries ({report.queries}); categories: exact"
        )
    else:
        console.print(f"whole shop and categories: exact ({report.reason})")


def _print_list(console: "Console", entries: "Sequence[Entry]") -> None:
    from rich.table import Table

    table = Table("", "release", "created (UTC)", "items", "size", "run", "metrics")
    table.columns[1].no_wrap = True
    table.columns[1].min_width = 16  # ids are there to be copied
    for entry in entries:
        mark, manifest = "active" if entry.active else "", entry.manifest
        if manifest is None:
            table.add_row(mark, entry.release_id, "", "", "", "", f"[red]refused: {entry.problem}")
            continue
        created = datetime.fromtimestamp(manifest.created_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
        metrics = ", ".join(f"{name} {value:.4g}" for name, value in manifest.lineage.metrics.items())
        size = _size(manifest.total_bytes)
        run = manifest.lineage.run or manifest.lineage.note
        table.add_row(mark, entry.release_id, created, f"{manifest.num_items:,}", size, run, metrics)
    console.print(table)


def _size(num_bytes: int) -> str:
    size = float(num_bytes)
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.2f} GiB"
