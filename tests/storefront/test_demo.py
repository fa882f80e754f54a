"""The demo's own care: what it keeps, what it leaves alone, how its server ends."""

import json
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from shopwindow.cli.demo import Progress, _do, _opened
from shopwindow.cli.demo_server import serving
from shopwindow.cli.demo_steps import Step, steps_of
from shopwindow.errors import ConfigError, ShopwindowError


def test_a_directory_that_is_no_demo_is_left_alone_even_when_starting_over(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ConfigError, match="expected an empty or new directory"):
        _opened(tmp_path, keep=False)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_finished_steps_are_kept_until_asked_to_start_over(tmp_path: Path) -> None:
    progress = _opened(tmp_path / "demo", keep=True)
    progress.finish("simulate", 8.04)
    assert _opened(tmp_path / "demo", keep=True).done == {"simulate": 8.0}
    assert _opened(tmp_path / "demo", keep=False).done == {}


def test_a_demo_of_another_version_is_made_anew(tmp_path: Path) -> None:
    progress = _opened(tmp_path / "demo", keep=True)
    progress.finish("simulate", 8.0)
    content = json.loads(progress.path.read_text())
    progress.path.write_text(json.dumps(content | {"version": 0}))
    assert _opened(tmp_path / "demo", keep=True).done == {}


def test_a_step_runs_once_and_a_failed_one_runs_again(tmp_path: Path) -> None:
    runs: list[str] = []

    def run() -> None:
        runs.append("run")
        if len(runs) == 1:
            raise ShopwindowError("the disk is full")

    progress, step = (
        Progress(tmp_path / "demo.json", 1, "2026-01-01", {}),
        Step("one", "One", "shopwindow one", run),
    )
    with pytest.raises(ShopwindowError):
        _do(Console(quiet=True), progress, step, "1/2")
    for _ in range(2):
        _do(Console(quiet=True), progress, step, "1/2")
    assert runs == ["run", "run"]


def test_the_steps_are_the_commands_of_the_readme(tmp_path: Path) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    names = [step.command.split()[1] for step in steps_of(tmp_path, Console(quiet=True), "2026-01-01")]
    assert names == ["simulate", "import", "train", "evaluate", "release"]
    assert [name for name in names if f"shopwindow {name}" not in readme] == []


def test_a_training_that_was_stopped_in_its_first_epoch_goes_on(tmp_path: Path) -> None:
    def training() -> str:
        return next(
            each.command
            for each in steps_of(tmp_path, Console(quiet=True), "2026-01-01")
            if each.name == "train"
        )

    assert "--resume" not in training()
    (tmp_path / "runs" / "demo").mkdir(parents=True)
    (tmp_path / "runs" / "demo" / "config.json").write_text("{}")  # written before the first epoch
    assert "--resume" in training()


def test_a_server_that_cannot_serve_is_said_at_once_with_its_reason(tmp_path: Path) -> None:
    with (
        pytest.raises(ShopwindowError, match=r"expected a server that is ready.*shop\.toml"),
        serving(tmp_path, 0),
    ):
        pytest.fail("it is not ready")
    address = (tmp_path / "serve.log").read_text()
    port = int(address.split("127.0.0.1:")[1].split()[0])
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/health")
