import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shopwindow.cli import app
from shopwindow.config import ShopDirectory
from shopwindow.errors import ConfigError, IngestError, SchemaError
from shopwindow.ingest.tables import read_actions
from shopwindow.schema.shop import read_shop

LOG = "user_id,sku,event,timestamp,note\nu,a,view,1700000000,x\nu,b,ping,1700000001,x\nu,c,buy,15,x\n"


def run(*words: str | Path) -> str:
    done = CliRunner(env={"COLUMNS": "200"}).invoke(app, [str(word) for word in words])
    if done.exception:
        raise done.exception
    return done.output


def test_init_makes_a_shop_and_says_what_comes_next(tmp_path: Path) -> None:
    shown = run("init", "--shop", tmp_path / "my-shop", "--time-zone", "Europe/Berlin")
    shop = read_shop(tmp_path / "my-shop" / "shop.toml")
    assert (shop.name, shop.time_zone) == ("my-shop", "Europe/Berlin")
    assert "shopwindow import --shop" in shown


def test_init_does_not_overwrite_a_shop(tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text("mine")
    with pytest.raises(ConfigError, match="expected no shop here, came one"):
        run("init", "--shop", tmp_path)
    assert (tmp_path / "shop.toml").read_text() == "mine"


def test_init_with_a_wrong_time_zone_leaves_no_shop(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="Mars"):
        run("init", "--shop", tmp_path / "x", "--time-zone", "Mars")
    assert not (tmp_path / "x" / "shop.toml").exists()


def test_import_shows_its_guess_and_what_it_set_aside(tmp_path: Path) -> None:
    run("init", "--shop", tmp_path)
    (tmp_path / "log.csv").write_text(LOG)
    command = ("import", "--shop", tmp_path, tmp_path / "log.csv", "--value", "action:ping=-")
    shown = run(*command)
    for words in ("user_id", "guessed", "time: s", "set aside", "on line 4", "note", "dropped on purpose"):
        assert words in shown
    assert read_actions(ShopDirectory(tmp_path)).num_rows == 1
    assert "was imported before" in run(*command)


def test_check_only_shows(tmp_path: Path) -> None:
    run("init", "--shop", tmp_path)
    (tmp_path / "log.csv").write_text(LOG)
    assert "user_id" in run("import", "--shop", tmp_path, tmp_path / "log.csv", "--check")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("item:a=b", "came field 'item'"),
        ("surface:hp=hmoe", "expected one of the shop's surfaces .*, came 'hmoe'"),
        ("surfce:hp=home", "came 'surfce' in the mapping"),
    ],
)
def test_a_value_that_the_shop_does_not_know_is_refused_before_anything_is_imported(
    value: str, message: str, tmp_path: Path
) -> None:
    run("init", "--shop", tmp_path)
    (tmp_path / "log.csv").write_text(LOG)
    with pytest.raises(IngestError, match=message):
        run("import", "--shop", tmp_path, tmp_path / "log.csv", "--value", value)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("pattern", ["%Q", "%d.%", "%d-%k"])
def test_a_time_pattern_that_means_nothing_is_refused(pattern: str, tmp_path: Path) -> None:
    run("init", "--shop", tmp_path)
    (tmp_path / "log.csv").write_text(LOG)
    with pytest.raises(IngestError, match="expected a time pattern such as"):
        run("import", "--shop", tmp_path, tmp_path / "log.csv", "--time", pattern)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "expected files to import, or --public NAME"),
        (
            ("--public", "netflix"),
            "(?s)expected one of the public sets below, came 'netflix'.*ml-100k: MovieLens",
        ),
        (("--public", "ml-1m"), "--public ml-1m: expected --data FOLDER"),
        (("--public", "ml-1m", "--check"), "--public brings its own mapping"),
        (("log.csv", "--map", "item"), "--map: expected FIELD=..., came 'item'"),
        (("log.csv", "--value", "pv=click"), "--value: expected FIELD:THEIRS=OURS, came 'pv=click'"),
    ],
)
def test_a_wrong_command_says_what_was_expected(words: tuple[str, ...], message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        run("import", "--shop", tmp_path, *words)


def test_an_engine_that_is_unknown_or_not_installed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("init", "--shop", tmp_path)
    (tmp_path / "log.csv").write_text(LOG)
    with pytest.raises(ConfigError, match="expected duckdb or spark, came 'flink'"):
        run("import", "--shop", tmp_path, "--engine", "flink", tmp_path / "log.csv")
    monkeypatch.setitem(sys.modules, "shopwindow.ingest.spark", None)
    with pytest.raises(ConfigError, match=r"expected PySpark, .* leave --engine out"):
        run("import", "--shop", tmp_path, "--engine", "spark", tmp_path / "log.csv")
