from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from shopwindow.cli.closed_loop import figures_line
from shopwindow.cli.simulate import register
from shopwindow.errors import ConfigError
from shopwindow.simulation.closed_loop import LoopFigures
from shopwindow.simulation.world import read_world


@pytest.fixture
def command() -> typer.Typer:
    app = typer.Typer()
    register(app)
    return app


def test_files_are_made_from_a_preset_with_changes_and_a_first_day(
    command: typer.Typer, tmp_path: Path
) -> None:
    arguments = [
        "--out",
        str(tmp_path),
        "--preset",
        "tiny",
        "--days",
        "2",
        "--seed",
        "5",
        "--start",
        "2026-11-01",
    ]
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 0, done.output
    assert "purchase" in done.output
    spec = read_world(tmp_path / "world.json").spec
    assert (spec.days, spec.seed, spec.start_ms) == (2, 5, 1_793_491_200_000)  # 2026-11-01T00:00:00Z
    assert (tmp_path / "files" / "impressions.parquet").is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "either --out DIR"),
        (["--out", "x", "--against", "http://localhost:1"], "either --out DIR"),
        (["--against", "http://localhost:1"], "--shop-files"),
        (["--out", "x", "--start", "soon"], "2026-03-02"),
        (["--out", "x", "--start", "2026-03-02T05:00"], "2026-03-02"),
    ],
)
def test_options_that_do_not_go_together_are_explained(
    command: typer.Typer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(command, arguments, env={"COLUMNS": "200", "TERM": "dumb"})
    assert done.exit_code == 2
    assert said in done.output
    assert not list(tmp_path.iterdir())


def test_visiting_without_a_world_says_how_to_make_one(command: typer.Typer, tmp_path: Path) -> None:
    arguments = ["--against", "http://localhost:1", "--shop-files", str(tmp_path)]
    done = CliRunner().invoke(command, arguments)
    assert isinstance(done.exception, ConfigError)
    assert "shopwindow simulate --out" in str(done.exception)


def test_the_line_of_figures_shows_what_matters() -> None:
    line = figures_line(LoopFigures(visits=3, pages=10, impressions=100, clicks=8, carts=2, purchases=1), 2.0)
    for part in ("5.0", "3 visits", "8.0%", "2 in carts", "1[/] bought", "0 errors"):
        assert part in line


def test_a_catalogue_gives_the_goods_and_says_what_was_set_aside(
    command: typer.Typer, tmp_path: Path
) -> None:
    kinds = ("Watches", "Socks", "Tshirts")
    lines = [f"Men,{kinds[k % 3]},Black,Tick Men {kinds[k % 3]} {k}" for k in range(30)]
    (tmp_path / "goods.csv").write_text(
        "\n".join(["gender,articleType,baseColour,title", *lines, "Men,Socks,Red,"])
    )
    arguments = ["--out", str(tmp_path / "shop"), "--catalog", str(tmp_path / "goods.csv"), "--items", "12"]
    done = CliRunner().invoke(command, [*arguments, "--preset", "tiny", "--days", "2"])
    assert done.exit_code == 0, done.output
    assert "30 rows of goods.csv; set aside: 1 no title" in done.output
    goods = read_world(tmp_path / "shop" / "world.json").goods
    assert len(goods) == 12
    assert set(goods.titles) <= {line.rsplit(",", 1)[1] for line in lines}
