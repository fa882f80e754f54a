"""`shopwindow explain`: why these items stand on this page."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from shopwindow.replay.pages import Replay
    from shopwindow.schema.arrays import Int32, Rows
    from shopwindow.serving.context import Context
    from shopwindow.serving.details import ItemDetails
    from shopwindow.serving.explain import Explanation, ShopWords

SHOWN_ACTIONS = 10


def register(app: typer.Typer) -> None:
    """Add this family's command."""
    app.command("explain")(explain)


def explain(
    shop: Annotated[Path, typer.Option("--shop", help="The shop directory.")] = Path(),
    page: Annotated[str, typer.Option("--page", help="Id of a page that was served: as it was then.")] = "",
    customer: Annotated[str, typer.Option("--customer", help="Your id; none: somebody new.")] = "",
    surface: Annotated[str, typer.Option("--surface", help="Where the page is.")] = "browse",
    category: Annotated[str, typer.Option("--category", help="The category that is browsed.")] = "",
    query: Annotated[str, typer.Option("--query", help="What is searched for.")] = "",
    country: Annotated[str, typer.Option("--country", help="Where the customer is.")] = "",
    device: Annotated[str, typer.Option("--device", help="What the customer holds.")] = "",
    item: Annotated[
        list[str] | None, typer.Option("--item", help="Only these items, on the page or not.")
    ] = None,
    items: Annotated[int, typer.Option("--items", min=1, max=100, help="How many of the page's first.")] = 5,
) -> None:
    """Say why items stand where they stand: what each kind of input added to their score, and which past actions count.

    Works beside a running server. The columns add up: score = base + history + ... + time (exact Shapley values).

    Example: shopwindow explain --shop demo-shop --customer c17 --surface browse --category shoes
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from contextlib import closing

    from rich.console import Console

    from shopwindow.config import ShopDirectory
    from shopwindow.ingest.identity import open_identity
    from shopwindow.replay.moment import context_now, context_then, replay_of
    from shopwindow.schema.request import RankRequest
    from shopwindow.serving.explain import explain as explained

    console, shop_dir = Console(), ShopDirectory(shop)
    replay = replay_of(shop_dir)
    with console.status("reading the log"), closing(open_identity(shop_dir.identity)) as identity:
        if page:
            context = context_then(replay, page)
        else:
            request = RankRequest(
                request_id="explain", surface=surface, at_ms=time.time_ns() // 1_000_000, customer=customer or None,
                category=category or None, query=query or None, country=country or None, device=device or None,
            )  # fmt: skip
            context = context_now(replay, request, identity)
        rows = _named(context, identity.find_items(item), item) if item else _first(replay, context, items)
    why = explained(replay.ranking, context, rows)
    words = _words(context)
    console.print(_scores(why, context, words))
    if len(why.actions) and len(rows):
        console.print(_actions(why, context, words))


def _first(replay: "Replay", context: "Context", count: int) -> "Rows":
    """The first rows of the page."""
    from shopwindow.serving.trace import Trace

    rows: Rows = replay.ranking.page(context, Trace(clock=lambda: 0.0)).rows[:count]
    return rows


def _named(context: "Context", keys: "Int32", ids: list[str]) -> "Rows":
    """The rows of these items.

    Raises:
        RequestError: one of them is not in the release.
    """
    from shopwindow.errors import RequestError

    rows = context.shelf.rows_of(keys)
    for row, name in zip(rows.tolist(), ids, strict=True):
        if row < 0:
            expected = "an item that the active release has"
            raise RequestError("unknown_item", f"item: expected {expected}, came {name!r}")
    return rows


def _words(context: "Context") -> "ShopWords":
    import numpy as np

    from shopwindow.serving.explain import ShopWords

    shop, shelf = context.shelf.shop, context.shelf
    return ShopWords(
        action=lambda code: shop.action_names[code] if code < len(shop.action_names) else "?",
        title=lambda key: _titles(context, shelf.rows_of(np.array([key], dtype=np.int32)))[0],
    )


def _titles(context: "Context", rows: "Rows") -> list[str]:
    """Title, or the shop's own id; an item that the release does not know is "an item of before"."""
    from shopwindow.serving.details import details_of

    known = rows[rows >= 0]
    found = iter(details_of(context.shelf, known, context.market, context.request.at_ms))
    return [_title(next(found)) if row >= 0 else "an item of before" for row in rows.tolist()]


def _title(details: "ItemDetails") -> str:
    return details.title or details.item


def _scores(why: "Explanation", context: "Context", words: "ShopWords") -> "Table":
    from rich.table import Table

    from shopwindow.serving.explain import GROUPS, sentence

    told = [name for name, each in zip(GROUPS, why.contributions, strict=True) if each.any()]
    table = Table(
        "item", "score", "base", *told, "in one sentence", title="What each kind of input adds to the score"
    )
    for column in table.columns[1 : 3 + len(told)]:
        column.justify = "right"
    for place, title in enumerate(_titles(context, why.rows)):
        added = [f"{why.contributions[GROUPS.index(name), place]:+.2f}" for name in told]
        figures = (f"{why.score[place]:.2f}", f"{why.base[place]:.2f}", *added)
        table.add_row(title, *figures, sentence(why, place, words))
    return table


def _actions(why: "Explanation", context: "Context", words: "ShopWords") -> "Table":
    """The past actions without which the first item's score would change most."""
    import numpy as np
    from rich.table import Table

    first = _titles(context, why.rows[:1])[0]
    table = Table(
        "when (UTC)", "action", "item", "adds", title=f"What past actions add to “{first}”, each alone"
    )
    table.columns[3].justify = "right"
    for place in np.argsort(-np.abs(why.effects[:, 0]), kind="stable")[:SHOWN_ACTIONS]:
        action = why.actions[place]
        when = datetime.fromtimestamp(int(action["at_ms"]) / 1000, UTC).strftime("%Y-%m-%d %H:%M")
        name, title = words.action(int(action["action"])), words.title(int(action["item_key"]))
        table.add_row(when, name, title, f"{why.effects[place, 0]:+.2f}")
    return table
