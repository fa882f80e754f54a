"""`shopwindow train`: a two-tower from the imported events, or a ranker from the imported pages."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from shopwindow.errors import ConfigError

if TYPE_CHECKING:
    from rich.console import Console

    from shopwindow.config import ShopDirectory
    from shopwindow.training.page_split import PageSplit
    from shopwindow.training.run import RankerRun, TrainingRun


def register(app: typer.Typer) -> None:
    """Add `train` to the command."""
    app.command("train")(train)


def train(
    preset: Annotated[
        Literal["small", "base", "large"],
        typer.Option(help="small: minutes on two cores. base: the reference's shape. large: for a GPU."),
    ] = "small",
    model: Annotated[
        Literal["two-tower", "ranker"],
        typer.Option(
            help="two-tower: finds items for a customer among all. ranker: orders the items of a page; learns from imported "
            "pages and the actions that name them, or where there are none, from pages made up for each action."
        ),
    ] = "two-tower",
    name: Annotated[
        str, typer.Option(help="Name of the run, a folder in runs/; default: the preset's, or ranker.")
    ] = "",
    variant: Annotated[
        Literal["frozen", "trainable", "context"],
        typer.Option(
            help="Of a two-tower. frozen: item vectors fixed from content. trainable: learned. context: and local context read."
        ),
    ] = "context",
    epochs: Annotated[int, typer.Option(min=0, help="At most so many epochs; 0: as the preset says.")] = 0,
    seed: Annotated[int, typer.Option(help="Everything random comes from it.")] = 0,
    split: Annotated[
        Literal["temporal", "leave-one-out"],
        typer.Option(
            help="What is held out to validate and test: the last days, or each customer's last actions."
        ),
    ] = "temporal",
    resume: Annotated[bool, typer.Option("--resume", help="Go on after the last finished epoch.")] = False,
    shop: Annotated[Path, typer.Option("--shop", help="Directory of the shop.")] = Path(),
) -> None:
    """Train a model on the shop's events; stops by itself when validation NDCG@10 no longer rises.

    Kept in runs/NAME: best.pt (the best epoch), checkpoint.pt (to resume), config.json, metrics.json.

    Examples:
    shopwindow train --shop my-shop --preset small

    shopwindow train --shop my-shop --model ranker
    """
    from rich.console import Console

    from shopwindow.config import ShopDirectory

    shop_dir, run_name = ShopDirectory(shop), name or (preset if model == "two-tower" else "ranker")
    if run_name != Path(run_name).name or run_name.startswith("."):
        raise ConfigError(f"--name: expected a plain name such as {preset}, came {run_name!r}")
    console = Console()
    if model == "ranker":
        if variant != "context" or split != "temporal":
            raise ConfigError(
                "--variant and --split leave-one-out are a two-tower's: leave them out for a ranker"
            )
        ranker = replace(_ranker_preset(preset), seed=seed)
        _train_ranker(
            shop_dir, run_name, replace(ranker, epochs=epochs) if epochs else ranker, console, resume=resume
        )
        return
    run = replace(_preset(preset).variant(variant), seed=seed)
    run = replace(run, epochs=epochs) if epochs else run
    _train_two_tower(shop_dir, run_name, run, split, console, resume=resume)


def _train_two_tower(
    shop_dir: "ShopDirectory",
    name: str,
    run: "TrainingRun",
    split: Literal["temporal", "leave-one-out"],
    console: "Console",
    *,
    resume: bool,
) -> None:
    from shopwindow.datasets.dataset import load_dataset
    from shopwindow.datasets.split import SplitSpec, make_split
    from shopwindow.training.checkpoint import RunDirectory, load_json
    from shopwindow.training.train_two_tower import train as train_run

    dataset = load_dataset(shop_dir)
    held_out = make_split(dataset, SplitSpec(kind=split))
    reads_context = run.model.journeys.local_context
    if reads_context and not dataset.has_request_categories and len(dataset.catalog.categories) > 1:
        run = replace(run, plan=replace(run.plan, sample_category=True))
        console.print("no event names the category of its request: one is drawn from the item's ancestors")
    console.print(
        f"{len(held_out.train_end):,} customers, {dataset.columns.num_events:,} events, {dataset.num_items:,} items"
    )
    directory = RunDirectory(shop_dir.runs / name)
    train_run(dataset, held_out, run, directory.root, resume)
    metrics = load_json(directory.metrics)
    console.print(
        f"run [bold]{name}[/bold]: validation NDCG@10 {metrics['ndcg@10']:.4f} after epoch {metrics['best_epoch']}\n"
        f"let it serve: shopwindow release build --run {name} --shop {shop_dir.root}"
    )


def _train_ranker(
    shop_dir: "ShopDirectory", name: str, run: "RankerRun", console: "Console", *, resume: bool
) -> None:
    from shopwindow.training.checkpoint import RunDirectory, load_json
    from shopwindow.training.train_ranker import train_ranker

    pages = _pages(shop_dir, run.seed, console)
    console.print(
        f"{len(pages.train):,} pages to learn from, {len(pages.valid):,} to validate on; heads: "
        f"{', '.join(run.plan.head_names(pages.dataset.shop))}"
    )
    directory = RunDirectory(shop_dir.runs / name)
    train_ranker(pages, run, directory.root, resume)
    metrics = load_json(directory.metrics)
    replay = " --protocol replay" if pages.exposures else ""
    console.print(
        f"run [bold]{name}[/bold]: validation NDCG@10 of pages {metrics['ndcg@10']:.4f} after epoch "
        f"{metrics['best_epoch']}\ncompare: shopwindow evaluate{replay} --run {name} --shop {shop_dir.root}"
    )


def _pages(shop_dir: "ShopDirectory", seed: int, console: "Console") -> "PageSplit":
    """The pages that the shop logged, or where it has none, pages made from what a shortlist puts forward."""
    from shopwindow.baselines.shortlist import shortlist
    from shopwindow.datasets.dataset import load_dataset
    from shopwindow.datasets.pages import read_page_tables
    from shopwindow.datasets.split import SplitSpec, make_split
    from shopwindow.ingest.tables import read_pages
    from shopwindow.training.page_split import made_page_split, page_split

    dataset = load_dataset(shop_dir)
    if read_pages(shop_dir).num_rows:
        return page_split(dataset, read_page_tables(shop_dir), SplitSpec())
    console.print(
        "no pages were imported, so they are made: what was wanted, among what item-kNN and popularity put forward for "
        "the same moment. Pages that were really shown teach more: shopwindow import --table pages"
    )
    held_out = make_split(dataset, SplitSpec())
    lists = shortlist(dataset, held_out.train_end)
    return made_page_split(dataset, held_out, lists.candidates, seed)


def _preset(name: str) -> "TrainingRun":
    from shopwindow.training import presets

    match name:
        case "small":
            return presets.small()
        case "base":
            return presets.base()
        case _:
            return presets.large()


def _ranker_preset(name: str) -> "RankerRun":
    from shopwindow.training import presets

    match name:
        case "small":
            return presets.small_ranker()
        case "base":
            return presets.base_ranker()
        case _:
            return presets.large_ranker()
