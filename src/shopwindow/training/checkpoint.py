"""Files of a training run, each written whole or not at all: a killed run leaves the file before.

config.json       the TrainingRun and the data it ran on
checkpoint.pt     after every epoch: everything needed to go on exactly
best.pt           the kept weights of the best epoch, with the vocabulary that they read
metrics.json      loss and validation NDCG@10 of every epoch
calibration.json  of a finished ranker: how each head's probabilities are read
"""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from shopwindow.durable import write_durably
from shopwindow.errors import TrainingError
from shopwindow.training.kinds import run_kind


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """Paths of one run."""

    root: Path

    @property
    def config(self) -> Path:
        return self.root / "config.json"

    @property
    def checkpoint(self) -> Path:
        return self.root / "checkpoint.pt"

    @property
    def best(self) -> Path:
        return self.root / "best.pt"

    @property
    def metrics(self) -> Path:
        return self.root / "metrics.json"

    @property
    def calibration(self) -> Path:
        return self.root / "calibration.json"


def save_tensors(state: dict[str, Any], path: Path) -> None:
    """Write tensors and plain values; after a crash `path` holds the old content or the new, never a part."""
    content = io.BytesIO()
    torch.save(state, content)
    write_durably(path, content.getvalue())


def save_text(text: str, path: Path) -> None:
    """Write text as `save_tensors` writes tensors."""
    write_durably(path, text.encode())


def load_tensors(path: Path) -> dict[str, Any]:
    """What `save_tensors` wrote, on the CPU.

    Raises:
        TrainingError: the file is missing or is no such file.
    """
    if not path.is_file():
        raise TrainingError(f"{path.parent.name}: expected {path.name}, came no file; train this run first")
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise TrainingError(f"{path.name} of run {path.parent.name} cannot be read: {error}") from error
    return state


def load_config(directory: RunDirectory, kind: str) -> dict[str, Any]:
    """The config.json of a run of this kind.

    Raises:
        TrainingError: there is no run, or one of another kind.
    """
    config = load_json(directory.config)
    came = run_kind(directory.config)
    if came != kind:
        raise TrainingError(f"run {directory.root.name}: expected a {kind}, came a {came}; name another run")
    return config


def load_json(path: Path) -> dict[str, Any]:
    """A JSON file of a run.

    Raises:
        TrainingError: the file is missing.
    """
    if not path.is_file():
        raise TrainingError(f"{path.parent.name}: expected {path.name}, came no file; train this run first")
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
