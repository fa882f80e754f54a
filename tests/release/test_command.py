from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from shopwindow.cli.release import register
from shopwindow.config import ShopDirectory
from shopwindow.errors import ReleaseError
from shopwindow.release.registry import activate, active
from shopwindow.release.write import write_release

app = typer.Typer()
register(app)


def run(shop_dir: ShopDirectory, *words: str) -> str:
    """What the command prints; its own errors come through."""
    result = CliRunner().invoke(
        app, ["release", *words, "--shop", str(shop_dir.root)], catch_exceptions=False
    )
    return " ".join(result.output.split())


@pytest.fixture
def shop_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ShopDirectory:
    monkeypatch.setenv("COLUMNS", "200")
    return ShopDirectory(tmp_path / "shop")


def test_a_list_without_releases_says_how_to_make_one(shop_dir: ShopDirectory) -> None:
    assert "make one with `shopwindow release build`" in run(shop_dir, "list")


def test_the_list_shows_what_was_measured_and_marks_the_active_one(
    make_parts, shop_dir: ShopDirectory
) -> None:
    path = write_release(make_parts(), shop_dir.releases, created_ms=0)
    activate(shop_dir, path.name)
    shown = run(shop_dir, "list")
    for part in ("active", path.name, "1970-01-01 00:00", "30", "small", "ndcg@10 0.125"):
        assert part in shown


def test_verify_looks_at_the_active_release_unless_told_otherwise(
    make_parts, shop_dir: ShopDirectory
) -> None:
    path = write_release(make_parts(), shop_dir.releases, created_ms=0)
    activate(shop_dir, path.name)
    assert f"{path.name} is whole: 18 files" in run(shop_dir, "verify")
    assert f"{path.name} is whole: 18 files" in run(shop_dir, "verify", path.name[:8])


def test_verify_refuses_a_damaged_release_with_the_reason(make_parts, shop_dir: ShopDirectory) -> None:
    path = write_release(make_parts(), shop_dir.releases, created_ms=0)
    (path / "model.json").write_text("{}")
    with pytest.raises(ReleaseError, match=r"model.json is truncated"):
        run(shop_dir, "verify", path.name)


def test_activate_says_which_release_serves_from_now_on(make_parts, shop_dir: ShopDirectory) -> None:
    path = write_release(make_parts(), shop_dir.releases, created_ms=0)
    assert f"{path.name} is now the active release" in run(shop_dir, "activate", path.name[:5])
    assert active(shop_dir) == path.name


def test_build_without_a_training_run_says_to_train(shop_dir: ShopDirectory) -> None:
    shop_dir.root.mkdir()
    with pytest.raises(ReleaseError, match=r"no training run '' .* none yet: `shopwindow train`"):
        run(shop_dir, "build")
