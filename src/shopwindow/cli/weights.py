"""`shopwindow weights`: what the heads of a ranker should weigh, given what each action is worth."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shopwindow.errors import ConfigError

if TYPE_CHECKING:
    from rich.console import Console

    from shopwindow.evaluation.head_weights import Weighed
    from shopwindow.schema.shop import ShopConfig


def register(app: typer.Typer) -> None:
    """Add `weights` to the command."""
    app.command("weights")(weights)


def weights(
    run: Annotated[str, typer.Option("--run", help="The ranker.")] = "ranker",
    value: Annotated[
        list[str] | None,
        typer.Option(
            "--value",
            help="What one action is worth to you, such as purchase=12.5; repeat. Default: the gains in shop.toml.",
        ),
    ] = None,
    requests: Annotated[
        int, typer.Option(min=0, help="Judge by a random choice of so many served pages; 0: by all.")
    ] = 20_000,
    seed: Annotated[int, typer.Option(help="Of the mixtures and of the customers they are chosen on.")] = 0,
    html: Annotated[
        Path | None, typer.Option("--html", help="The page with the front; default: reports/weights.html.")
    ] = None,
    shop: Annotated[Path, typer.Option("--shop", help="Directory of the shop.")] = Path(),
) -> None:
    """Derive head weights from business values, and show what else could be had: the Pareto front of the heads.

    Orders the served pages of the test period by many mixtures of the heads, chooses one on half of the customers and
    judges it on the others.

    Example: shopwindow weights --shop my-shop --run ranker --value click=0.02 --value cart=1 --value purchase=12.5
    """
    from rich.console import Console

    from shopwindow.cli.evaluate_asked import Asked, runs_and_split
    from shopwindow.config import ShopDirectory
    from shopwindow.datasets.dataset import load_dataset
    from shopwindow.datasets.exposures import exposures_of
    from shopwindow.datasets.pages import logged_pages, read_page_tables
    from shopwindow.evaluation.comparison import exam_of
    from shopwindow.evaluation.head_weights import weighed
    from shopwindow.evaluation.order_report import OrderExam
    from shopwindow.evaluation.weights_page import weights_page
    from shopwindow.training.train_ranker import load_ranker

    shop_dir, console = ShopDirectory(shop), Console()
    _, spec = runs_and_split(shop_dir, [run], "replay")
    ask = Asked(shop_dir=shop_dir, spec=spec, protocol="replay", requests=requests, seed=seed)
    tables = read_page_tables(shop_dir)
    dataset, pages = logged_pages(load_dataset(shop_dir), tables)
    ranker = load_ranker(shop_dir.runs / run, dataset, exposures_of(tables, dataset.shop))
    heads = ranker.heads
    worth = _values(value or [], heads, dataset.shop)
    with console.status("ordering the served pages"):
        order = OrderExam.of(exam_of(dataset, spec, "temporal", seed), pages, ask.requests)
        p = order.judged(ranker.as_if_first)
        names = dataset.shop.action_names
        acted = order.telling.acted[:, [names.index(head) for head in heads]]
        found = weighed(order.telling, acted, p, worth, seed)
    _tell(found, heads, console)
    page = weights_page(found, heads, f"Head weights of {dataset.shop.name}")
    console.print(f"with the front: {page.write(html or shop_dir.reports / 'weights.html')}")


def _tell(found: "Weighed", heads: Sequence[str], console: "Console") -> None:
    from rich.table import Table

    from shopwindow.evaluation.weights_page import verdict, weights_rows, weights_words

    table = Table("weights", "of the heads", "worth per page", *heads)
    for row in weights_rows(found, heads):
        table.add_row(*row)
    console.print(table)
    console.print(verdict(found).words)
    console.print(f"chosen: {weights_words(found.weights[found.chosen].tolist(), heads)}", highlight=False)


def _values(given: list[str], heads: Sequence[str], shop: "ShopConfig") -> list[float]:
    """What one action of each head is worth: as given, the others nothing; without any given the gains of the shop.

    Raises:
        ConfigError: no such head, no number from 0 up, or nothing is worth anything.
    """
    if not given:
        return [max(action.gain, 0.0) for head in heads for action in shop.actions if action.name == head]
    found = dict.fromkeys(heads, 0.0)
    for each in given:
        name, _, number = each.partition("=")
        if name not in found:
            raise ConfigError(f"--value: expected one of {', '.join(heads)} before '=', came {each!r}")
        try:
            found[name] = float(number)
        except ValueError as error:
            raise ConfigError(f"--value: expected a number such as {name}=12.5, came {each!r}") from error
        if not (math.isfinite(found[name]) and found[name] >= 0):
            raise ConfigError(f"--value: expected a number from 0 up such as {name}=12.5, came {each!r}")
    if not any(found.values()):
        raise ConfigError("--value: expected some action to be worth more than 0, came none")
    return list(found.values())
