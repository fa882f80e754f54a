"""The tree is the data flow: guarded here, so that it stays true without anyone remembering to check."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "shopwindow"
STAGES = (
    "schema", "ingest", "stream", "features", "datasets", "models", "training", "baselines", "evaluation",
    "index", "release", "serving", "replay", "simulation", "api", "cli",
)  # fmt: skip
EVERYWHERE = {"charts", "config", "document", "durable", "errors"}
TORCH_FREE = (
    "shopwindow.api.app",
    "shopwindow.serving.assembly",
    "shopwindow.release.bundle",
    "shopwindow.ingest.importer",
)
NOT_IN_SERVING = (
    "torch", "lightning", "onnx", "onnxscript", "implicit", "scipy",
    "lightgbm", "sklearn", "optuna", "matplotlib", "pyspark",
)  # fmt: skip


def stage_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_stages(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = (
                [node.module]
                if node.module != "shopwindow"
                else [f"shopwindow.{alias.name}" for alias in node.names]
            )
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("shopwindow.")}
    return found


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def test_a_stage_imports_only_stages_above_it() -> None:
    wrong = []
    for path in sources():
        stage = stage_of(path)
        if stage not in STAGES:
            continue
        allowed = EVERYWHERE | set(STAGES[: STAGES.index(stage) + 1]) | {"__version__"}
        wrong += [f"{path.relative_to(PACKAGE)} imports {other}" for other in imported_stages(path) - allowed]
    assert not wrong, f"move the code or the stage: {wrong}"


def test_every_folder_is_a_known_stage() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(STAGES)


def test_the_readme_shows_the_tree_as_it_is() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"```text\nsrc/shopwindow/\n(.*?)```", readme, re.DOTALL)
    assert block, "README.md needs a ```text block that begins with src/shopwindow/"
    shown = re.findall(r"^  ([a-z_]+)/", block.group(1), re.MULTILINE)
    assert tuple(shown) == STAGES


def test_no_file_is_longer_than_400_lines() -> None:
    long = {
        str(p.relative_to(ROOT)): n
        for p in sources()
        if (n := len(p.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert not long, f"a file this long holds two nouns; split: {long}"


def test_there_are_no_drawers() -> None:
    drawers = [
        str(p) for p in sources() if re.fullmatch(r"(utils?|helpers?|common|misc|base|manager)\.py", p.name)
    ]
    assert not drawers, f"give these functions the room of their noun: {drawers}"


@pytest.mark.parametrize("module", TORCH_FREE)
def test_serving_and_import_load_no_training_library(module: str) -> None:
    script = f"import sys, {module}; print([m for m in {NOT_IN_SERVING!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
