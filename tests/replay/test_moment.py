"""A page's context is found again in the log, beside whatever came since."""

from pathlib import Path

import pytest
from tests.serving.tiny_shop import NOW_MS, make_shop
from typer.testing import CliRunner

from shopwindow.cli import app
from shopwindow.config import ShopDirectory
from shopwindow.errors import RequestError
from shopwindow.replay.moment import context_now, context_then, replay_of
from shopwindow.schema.live import ActionEvent
from shopwindow.schema.request import RankRequest
from shopwindow.serving.assembly import ShopRuntime, open_runtime
from shopwindow.serving.trace import Trace
from shopwindow.stream.event_log import record_of


def click(runtime: ShopRuntime, number: int, customer: str) -> None:
    key = int(runtime.identity.customer_keys([customer])[0])
    event = ActionEvent(
        event_id=f"e{number}", at_ms=NOW_MS + number, customer_key=key, item_key=number, action="click"
    )
    runtime.keeper.submit([record_of(event)]).result()


@pytest.fixture
def served(tmp_path: Path) -> ShopDirectory:
    """Anna clicks 1 and 2, is served page "p", and clicks 3."""
    directory = make_shop(tmp_path)
    runtime = open_runtime(directory)
    assert runtime.ranking is not None
    click(runtime, 1, "anna")
    click(runtime, 2, "anna")
    request = RankRequest(request_id="p", surface="home", at_ms=NOW_MS + 3, customer="anna")
    ranked = runtime.ranking.rank(request, runtime.lookups, runtime.store, Trace(clock=lambda: 0.0))
    assert runtime.pages.note(runtime.ranking.page_event(ranked), "anna")
    click(runtime, 3, "anna")
    runtime.close()
    return directory


def test_then_the_server_knew_what_had_come_by_then(served: ShopDirectory) -> None:
    context = context_then(replay_of(served), "p")
    assert context.state.actions["item_key"].tolist() == [1, 2]


def test_now_it_knows_what_came_since(served: ShopDirectory) -> None:
    runtime = open_runtime(served)
    request = RankRequest(request_id="q", surface="home", at_ms=NOW_MS + 9, customer="anna")
    context = context_now(replay_of(served), request, runtime.lookups)
    runtime.close()
    assert context.state.actions["item_key"].tolist() == [1, 2, 3]


def test_a_page_that_nobody_served_is_named(served: ShopDirectory) -> None:
    with pytest.raises(RequestError, match=r"expected a page of the log .* came 'x', no such page"):
        context_then(replay_of(served), "x")


def test_the_command_tells_of_a_served_page(served: ShopDirectory) -> None:
    shown = CliRunner().invoke(app, ["explain", "--shop", str(served.root), "--page", "p", "--items", "2"])
    assert shown.exit_code == 0, shown.output
    assert "history" in shown.output
    assert "What past actions add" in shown.output


def test_the_command_explains_items_by_name_to_somebody_new_before_any_log(tmp_path: Path) -> None:
    directory = make_shop(tmp_path)
    told = ["explain", "--shop", str(directory.root), "--surface", "home", "--item", "item-3"]
    shown = CliRunner().invoke(app, told)
    assert shown.exit_code == 0, shown.output
    assert "thing 3" in shown.output
    assert "What past actions" not in shown.output


def test_the_command_names_an_item_that_is_not_there(tmp_path: Path) -> None:
    directory = make_shop(tmp_path)
    shown = CliRunner().invoke(app, ["explain", "--shop", str(directory.root), "--item", "nothing"])
    assert isinstance(shown.exception, RequestError)
    assert "came 'nothing'" in str(shown.exception)
