from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from shopwindow.cli import app
from shopwindow.errors import EvaluationError


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty customers, each after one half of eight items."""
    folder = tmp_path_factory.mktemp("shop")
    rng = np.random.default_rng(0)
    lines = ["customer,item,action,at"]
    for second in range(400):
        customer = int(rng.integers(20))
        lines.append(
            f"c{customer},i{rng.integers(4) + 4 * (customer % 2)},click,{1_700_000_000 + 60 * second}"
        )
    (folder / "log.csv").write_text("\n".join(lines) + "\n")
    run("init", "--shop", folder)
    run("import", "--shop", folder, folder / "log.csv")
    return folder


def run(*words: str | Path) -> str:
    done = CliRunner(env={"COLUMNS": "100"}).invoke(app, [str(word) for word in words])
    if done.exception:
        raise done.exception
    return done.output


def test_tune_shows_the_best_settings_keeps_what_it_tried_and_writes_a_page(shop: Path) -> None:
    command = (
        "tune",
        "--shop",
        shop,
        "--trials",
        "5",
        "--only",
        "v-sknn",
        "--only",
        "ease",
    )
    shown = run(*command)
    for words in ("v-sknn", "l2", "NDCG@10", "hybrid: ", "reports/tuning.html"):
        assert words in shown.replace("\n", "")
    page = (shop / "reports" / "tuning.html").read_text()
    for words in ("Best settings", "Optimisation history", "Budget against quality", "What mattered"):
        assert words in page
    assert (shop / "tuning" / "temporal.journal").exists()
    assert table(run(*command)) == table(shown)  # the seconds, too: everything was tried already


def table(shown: str) -> str:
    return shown[shown.index("Validation NDCG@10") :]


def test_a_baseline_that_does_not_exist_is_refused_with_those_that_do(shop: Path) -> None:
    with pytest.raises(
        EvaluationError, match=r"expected one of popularity, .*item-knn.*, gru4rec, .*, came 'magic'"
    ):
        run("tune", "--shop", shop, "--only", "magic")
