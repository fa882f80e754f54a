"""`shopwindow evaluate` from files to page, for each way of judging."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from shopwindow.cli import app
from shopwindow.errors import ConfigError, EvaluationError


def run(*words: str | Path) -> str:
    done = CliRunner(env={"COLUMNS": "200"}).invoke(app, [str(word) for word in words])
    if done.exception:
        raise done.exception
    return done.output


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 customers with one favourite item each of 12, six hundred pages of four items in random order."""
    folder, rng = tmp_path_factory.mktemp("evaluate"), np.random.default_rng(0)
    pages, actions = [], []
    for n in range(600):
        customer, at = int(rng.integers(60)), 1_700_000_000_000 + n * 600_000
        items = rng.permutation(12)[:4].tolist()
        items[int(rng.integers(4))] = customer % 12  # the favourite is always among them
        items = list(dict.fromkeys(items))
        common = {"customer": f"c{customer}", "surface": "home", "page_id": f"p{n}"}
        pages.append(common | {"at": at, "items": [f"i{item}" for item in items]})
        actions.append(common | {"at": at + 1000, "item": f"i{customer % 12}", "action": "click"})
    for name, rows in (("pages", pages), ("actions", actions)):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    run("init", "--shop", folder / "shop")
    for name in ("actions", "pages"):
        run("import", "--shop", folder / "shop", "--table", name, folder / f"{name}.jsonl")
    return folder / "shop"


def test_tables_go_to_the_terminal_and_a_page_beside_the_shop(shop: Path, tmp_path: Path) -> None:
    shown = run("evaluate", "--shop", shop, "--stale", 60, "--json", tmp_path / "report.json")
    assert "item-knn" in shown
    assert "ndcg@10, 1 min stale" in shown
    assert str(shop / "reports" / "evaluation.html") in shown
    html = (shop / "reports" / "evaluation.html").read_text(encoding="utf-8")
    assert "Stale inputs" in html
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    knn = next(model for model in report["models"] if model["model"] == "item-knn")
    assert knn["metrics"]["ndcg@10"]["value"] > 0.9  # everybody has one favourite
    assert len(knn["curves"]["recall"]) == 11


def test_windows_are_judged_one_by_one_and_together(shop: Path) -> None:
    shown = run("evaluate", "--shop", shop, "--windows", 2, "--html", shop / "back.html")
    assert "window 2 of 2: 60 test requests" in shown
    assert "temporal: 120 test requests" in shown
    assert "<h2>Windows</h2>" in (shop / "back.html").read_text(encoding="utf-8")


def test_your_own_order_stands_against_models_on_the_same_pages(shop: Path) -> None:
    shown = run("evaluate", "--shop", shop, "--protocol", "replay")
    html = (shop / "reports" / "evaluation-replay.html").read_text(encoding="utf-8")
    assert "difference to your order" in shown
    assert "Model item-knn is ahead of your order" in html  # your order was drawn at random
    assert "These pages log no propensities" in html


def test_ways_of_judging_that_do_not_go_together_are_refused(shop: Path) -> None:
    with pytest.raises(EvaluationError, match="one of --windows, --stale and --protocol replay"):
        run("evaluate", "--shop", shop, "--windows", 2, "--stale", 60)
    with pytest.raises(EvaluationError, match="stale inputs need requests in time"):
        run("evaluate", "--shop", shop, "--protocol", "leave-one-out", "--stale", 60)
    with pytest.raises(EvaluationError, match="--baselines all goes with one test period"):
        run("evaluate", "--shop", shop, "--baselines", "all", "--windows", 2)


def test_a_ranker_is_trained_from_the_pages_and_judged_on_them_alone(shop: Path, tmp_path: Path) -> None:
    shown = run("train", "--shop", shop, "--model", "ranker", "--epochs", 1, "--name", "orders")
    assert "heads: click, wishlist, cart, purchase" in shown
    page = tmp_path / "page.html"
    shown = run("evaluate", "--shop", shop, "--protocol", "replay", "--run", "orders", "--html", page)
    assert "orders" in shown
    assert "<h2>Heads of orders</h2>" in page.read_text(encoding="utf-8")
    assert "<h2>Calibration</h2>" in page.read_text(encoding="utf-8")
    for protocol in ("temporal", "temporal-browse"):  # counters of views would know the page of each action
        with pytest.raises(EvaluationError, match="run orders is a ranker, which orders lists of candidates"):
            run("evaluate", "--shop", shop, "--run", "orders", "--protocol", protocol)
    with pytest.raises(ConfigError, match="--variant and --split leave-one-out are a two-tower's"):
        run("train", "--shop", shop, "--model", "ranker", "--variant", "frozen")


def test_without_pages_a_ranker_learns_from_made_ones_and_orders_shortlists(
    shop: Path, tmp_path: Path
) -> None:
    run("init", "--shop", tmp_path / "shop")
    run("import", "--shop", tmp_path / "shop", "--table", "actions", shop.parent / "actions.jsonl")
    shown = run("train", "--shop", tmp_path / "shop", "--model", "ranker", "--epochs", 6, "--name", "made")
    assert "no pages were imported, so they are made" in shown
    report = tmp_path / "report.json"
    run("evaluate", "--shop", tmp_path / "shop", "--run", "made", "--stale", 60, "--json", report)
    models = {each["model"]: each for each in json.loads(report.read_text(encoding="utf-8"))["models"]}
    ndcg = {name: each["metrics"]["ndcg@10"]["value"] for name, each in models.items()}
    assert ndcg["made"] > ndcg["popularity"]  # everybody has one favourite


def test_weights_are_derived_from_what_actions_are_worth(shop: Path, tmp_path: Path) -> None:
    run("train", "--shop", shop, "--model", "ranker", "--epochs", 1, "--name", "weighed")
    page = tmp_path / "weights.html"
    shown = run("weights", "--shop", shop, "--run", "weighed", "--value", "click=2", "--html", page)
    assert "your values" in shown
    assert "click alone" in shown
    assert "chosen:" in shown
    assert "<h2>The front</h2>" in page.read_text(encoding="utf-8")
    with pytest.raises(ConfigError, match="expected one of click"):
        run("weights", "--shop", shop, "--run", "weighed", "--value", "look=2")
    with pytest.raises(ConfigError, match="expected a number such as click"):
        run("weights", "--shop", shop, "--run", "weighed", "--value", "click=much")
    for wrong in ("click=-1", "click=nan", "click=inf"):
        with pytest.raises(ConfigError, match="expected a number from 0 up"):
            run("weights", "--shop", shop, "--run", "weighed", "--value", wrong)
    with pytest.raises(ConfigError, match="expected one of click"):  # nobody predicts that an item is hidden
        run("weights", "--shop", shop, "--run", "weighed", "--value", "hide=2")
    with pytest.raises(ConfigError, match="worth more than 0"):
        run("weights", "--shop", shop, "--run", "weighed", "--value", "click=0")
