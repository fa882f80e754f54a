"""The training loop: one for every model and size, on a CPU or a GPU, that a kill cannot damage.

Everything random in an epoch comes from (seed, epoch), so a run that was stopped after an epoch and resumed
computes the same numbers as one that was not.
"""

import copy
import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from lightning.fabric import Fabric
from rich.console import Console
from torch import Tensor, nn

from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.split import Split
from shopwindow.errors import TrainingError
from shopwindow.training.checkpoint import RunDirectory, load_json, load_tensors, save_tensors, save_text
from shopwindow.training.kinds import TWO_TOWER
from shopwindow.training.progress import TrainingProgress
from shopwindow.training.run import LoopSettings, run_from_json
from shopwindow.training.schedule import move_average, rate_at


class Lesson(Protocol):
    """What a model brings to the loop. `model`: whose weights are kept; `step`: a batch -> its loss, with the model inside.

    `steps`: batches of one epoch, for the progress bar and the learning rate.
    """

    @property
    def model(self) -> nn.Module: ...

    @property
    def step(self) -> nn.Module: ...

    @property
    def steps(self) -> int: ...

    def batches(self, rng: np.random.Generator, device: torch.device) -> Iterator[tuple[Any, int]]:
        """What `step` reads, and the number of its rows, for one epoch; equal `rng` state gives equal batches."""
        ...

    def judge(self, average: nn.Module) -> float | None:
        """Validation NDCG@10 of a model with these weights; None where nothing validates."""
        ...

    def card(self) -> dict[str, Any]:
        """What best.pt must hold beside the weights."""
        ...


@dataclass
class Progress:
    """Where a run stands; kept in every checkpoint."""

    epoch: int = 0
    step: int = 0
    best: float = -1.0
    best_epoch: int = 0
    history: list[dict[str, float]] = field(default_factory=list)

    def finished(self, run: LoopSettings) -> bool:
        return self.epoch >= run.epochs or self.epoch - self.best_epoch >= run.patience


def prepare(directory: RunDirectory, dataset: Dataset, split: Split, run: LoopSettings, resume: bool) -> None:
    """Write the run's config.json, or see to it that the run to be resumed is the same.

    Raises:
        TrainingError: the directory holds a run already and `resume` is off; or the run to resume had another
            configuration or other data.
    """
    config = {
        "kind": run.kind,
        "run": json.loads(run.to_json()),
        "split": asdict(split.spec),
        "columns": dataset.columns.fingerprint,
    }
    if resume:
        before = load_json(directory.config)
        kept = run_from_json(json.dumps(before["run"]), type(run))  # what came since stands at its default
        before = {"kind": TWO_TOWER, **before, "run": json.loads(kept.to_json())}
        if before != config:
            changed = sorted(_differences(before, config))
            raise TrainingError(
                f"run {directory.root.name} cannot be resumed: {', '.join(changed)} changed since; "
                "use the same settings and data, or another name"
            )
        return
    if directory.config.exists():
        raise TrainingError(f"run {directory.root.name} exists: resume it, delete it, or use another name")
    directory.root.mkdir(parents=True, exist_ok=True)
    save_text(json.dumps(config, indent=1), directory.config)


def _differences(one: Any, other: Any, name: str = "") -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() | other.keys():
            yield from _differences(one.get(key), other.get(key), f"{name}.{key}" if name else str(key))
    elif one != other:
        yield name


class Loop:
    """One run of a lesson; `go` trains until it is finished and leaves everything in the directory."""

    def __init__(self, lesson: Lesson, run: LoopSettings, directory: RunDirectory) -> None:
        self.lesson, self.run, self.directory = lesson, run, directory
        self.fabric = Fabric(accelerator=run.accelerator, devices=1, precision=run.precision)
        self.fabric.launch()
        trained = [each for each in lesson.model.parameters() if each.requires_grad]
        optimiser = torch.optim.AdamW(
            trained, lr=run.learning_rate, weight_decay=run.weight_decay, betas=(0.9, 0.98), fused=True
        )
        self.module, self.optimiser = self.fabric.setup(lesson.step, optimiser)
        self.model = lesson.model
        self.average = copy.deepcopy(lesson.model).eval()
        self.progress = Progress()

    def go(self, resume: bool) -> None:
        if resume and self.directory.checkpoint.exists():
            self._restore()
        with TrainingProgress(Console(), self.run.epochs, self.lesson.steps) as shown:
            while not self.progress.finished(self.run):
                loss = self._epoch(shown)
                self.progress.epoch += 1
                ndcg = self.lesson.judge(self.average)
                shown.epoch(self.progress.epoch, loss, ndcg or 0.0)
                self._keep(loss, ndcg)

    def _epoch(self, shown: TrainingProgress) -> float:
        run, epoch, steps = self.run, self.progress.epoch, self.lesson.steps
        rng = np.random.default_rng([run.seed, epoch])
        torch.manual_seed(int(rng.integers(2**62)))
        self.module.train()
        total, rows = 0.0, 0
        for place, (batch, count) in enumerate(self.lesson.batches(rng, self.fabric.device)):
            done = (epoch + min(place / steps, 1.0)) / run.epochs
            loss = float(self._step(batch, rate_at(run, done)))
            if not math.isfinite(loss):
                raise TrainingError(f"the loss became {loss} in epoch {epoch + 1}: lower the learning rate")
            total, rows = total + loss * count, rows + count
            shown.step(epoch * steps + place + 1, epoch + 1, total / rows, count)
        return total / max(rows, 1)

    def _step(self, batch: Any, rate: float) -> Tensor:
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        loss: Tensor = self.module(batch)
        self.optimiser.zero_grad()
        self.fabric.backward(loss)
        if self.run.clip > 0:
            self.fabric.clip_gradients(
                self.module, self.optimiser, max_norm=self.run.clip, error_if_nonfinite=False
            )
        self.optimiser.step()
        move_average(self.average, self.model, self.run.average, self.progress.step)
        self.progress.step += 1
        return loss.detach()

    def _keep(self, loss: float, ndcg: float | None) -> None:
        """Write best.pt (if this epoch is the best), metrics.json, and last the checkpoint that counts the epoch."""
        progress, reached = self.progress, ndcg or 0.0
        progress.history.append({"epoch": progress.epoch, "loss": loss, "ndcg@10": reached})
        if ndcg is None or ndcg > progress.best:
            progress.best, progress.best_epoch = reached, progress.epoch
            weights = {name: value.cpu() for name, value in self.average.state_dict().items()}
            save_tensors({"model": weights, **self.lesson.card()}, self.directory.best)
        metrics = {"best_epoch": progress.best_epoch, "ndcg@10": progress.best, "epochs": progress.history}
        save_text(json.dumps(metrics, indent=1), self.directory.metrics)
        state = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "progress": asdict(progress),
        }
        save_tensors(state, self.directory.checkpoint)

    def _restore(self) -> None:
        state = load_tensors(self.directory.checkpoint)
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.progress = Progress(**state["progress"])
