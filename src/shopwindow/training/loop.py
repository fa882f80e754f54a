"""The training loop: one for every model size, on a CPU or a GPU, that a kill cannot damage.

Everything random in an epoch comes from (seed, epoch), so a run that was stopped after an epoch and resumed
computes the same numbers as one that was not.
"""

import copy
import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.fabric import Fabric
from rich.console import Console
from torch import Tensor

from shopwindow.datasets.dataset import Dataset, with_sampled_categories
from shopwindow.datasets.sequences import SequenceBatch, num_batches, sequence_batches
from shopwindow.datasets.split import Split
from shopwindow.errors import TrainingError
from shopwindow.models.context import JourneyTensors
from shopwindow.models.two_tower import TwoTower
from shopwindow.training.checkpoint import RunDirectory, load_json, load_tensors, save_tensors, save_text
from shopwindow.training.negatives import NegativeSampler
from shopwindow.training.progress import TrainingProgress
from shopwindow.training.run import TrainingRun, run_from_json
from shopwindow.training.schedule import move_average, rate_at
from shopwindow.training.step import NextItemStep, StepBatch
from shopwindow.training.trained import TrainedTwoTower, item_rows
from shopwindow.training.validation import ndcg_at_10, sample
from shopwindow.training.vocabulary import TowerVocabulary


@dataclass
class Progress:
    """Where a run stands; kept in every checkpoint."""

    epoch: int = 0
    step: int = 0
    best: float = -1.0
    best_epoch: int = 0
    history: list[dict[str, float]] = field(default_factory=list)

    def finished(self, run: TrainingRun) -> bool:
        return self.epoch >= run.epochs or self.epoch - self.best_epoch >= run.patience


def train(
    dataset: Dataset, split: Split, run: TrainingRun, into: Path, resume: bool = False
) -> TrainedTwoTower:
    """Train a two-tower on the events before `split.train_end` and keep the best epoch in the directory `into`.

    resume: go on after the last finished epoch of `into`, to exactly the numbers of an uninterrupted run.

    Raises:
        TrainingError: there are no events to train on; `into` holds a run already and `resume` is off; or
            the run to resume had another configuration or other data.
    """
    directory = RunDirectory(into)
    if not dataset.wanted_before(split.train_end).any():
        raise TrainingError("there are no events to train on: import actions first (`shopwindow import`)")
    _prepare(directory, dataset, split, run, resume)
    trainer = _Trainer(dataset, split, run, directory)
    trainer.go(resume)
    return load_run(into, dataset)


def load_run(path: Path, dataset: Dataset) -> TrainedTwoTower:
    """The best epoch of a run, ready to score this data set.

    Raises:
        TrainingError: there is no finished epoch in `path`.
    """
    directory = RunDirectory(path)
    run = run_from_json(json.dumps(load_json(directory.config)["run"]))
    kept = load_tensors(directory.best)
    vocabulary = TowerVocabulary.of_card(json.loads(kept["card"]), kept["trained_key"].numpy())
    model = TwoTower(run.model, vocabulary.item_sizes, vocabulary.context_sizes)
    model.load_state_dict(kept["model"])
    if run.plan.sample_category and model.journeys.context is not None:
        model.journeys.context.category.read_absent_as(
            0
        )  # trained without absent categories; node 0 is the shop
    return TrainedTwoTower(path.name, run, vocabulary, model.eval(), dataset)


def _prepare(directory: RunDirectory, dataset: Dataset, split: Split, run: TrainingRun, resume: bool) -> None:
    config = {
        "run": json.loads(run.to_json()),
        "split": asdict(split.spec),
        "columns": dataset.columns.fingerprint,
    }
    if resume:
        before = load_json(directory.config)
        kept = run_from_json(json.dumps(before["run"]))  # settings that came since stand at their defaults
        if (before := {**before, "run": json.loads(kept.to_json())}) != config:
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


class _Trainer:
    """The parts of one run, put together; `go` trains."""

    def __init__(self, dataset: Dataset, split: Split, run: TrainingRun, directory: RunDirectory) -> None:
        events = dataset.item_counts(dataset.wanted_before(split.train_end))
        torch.manual_seed(run.seed)
        self.dataset, self.split, self.run, self.directory = dataset, split, run, directory
        self.vocabulary = TowerVocabulary.of(dataset, events, run.min_events)
        self.fabric = Fabric(accelerator=run.accelerator, devices=1, precision=run.precision)
        self.fabric.launch()
        model = TwoTower(run.model, self.vocabulary.item_sizes, self.vocabulary.context_sizes)
        candidates = torch.from_numpy(np.flatnonzero(events > 0))
        step = NextItemStep(model, run.loss, self.vocabulary.inputs(dataset.catalog), candidates)
        trained = [each for each in model.parameters() if each.requires_grad]
        optimiser = torch.optim.AdamW(
            trained, lr=run.learning_rate, weight_decay=run.weight_decay, betas=(0.9, 0.98), fused=True
        )
        self.module, self.optimiser = self.fabric.setup(step, optimiser)
        self.model = model
        self.average = copy.deepcopy(model).eval()
        self.sampler = NegativeSampler.of(run.loss, events)
        self.validation = sample(split.valid, run.validation_requests, run.seed)
        self.steps = max(num_batches(dataset, split.train_end, run.plan, run.batch_size), 1)
        self.validated = dataset
        if run.plan.sample_category:
            self.validated = with_sampled_categories(dataset, np.random.default_rng(run.seed))
        self.progress = Progress()

    def go(self, resume: bool) -> None:
        if resume and self.directory.checkpoint.exists():
            self._restore()
        with TrainingProgress(Console(), self.run.epochs, self.steps) as shown:
            while not self.progress.finished(self.run):
                loss = self._epoch(shown)
                self.progress.epoch += 1
                ndcg = self._validate()
                shown.epoch(self.progress.epoch, loss, ndcg)
                self._keep(loss, ndcg)

    def _epoch(self, shown: TrainingProgress) -> float:
        run, epoch = self.run, self.progress.epoch
        rng = np.random.default_rng([run.seed, epoch])
        torch.manual_seed(int(rng.integers(2**62)))
        self.module.train()
        total, rows = 0.0, 0
        batches = sequence_batches(self.dataset, self.split.train_end, run.plan, run.batch_size, rng)
        for place, batch in enumerate(batches):
            count = int((batch.target >= 0).sum())
            if not count:
                continue
            done = (epoch + min(place / self.steps, 1.0)) / run.epochs
            loss = float(self._step(self._tensors(batch, rng), rate_at(run, done)))
            if not math.isfinite(loss):
                raise TrainingError(f"the loss became {loss} in epoch {epoch + 1}: lower the learning rate")
            total, rows = total + loss * count, rows + count
            shown.step(epoch * self.steps + place + 1, epoch + 1, total / rows, count)
        return total / max(rows, 1)

    def _step(self, batch: StepBatch, rate: float) -> Tensor:
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

    def _tensors(self, batch: SequenceBatch, rng: np.random.Generator) -> StepBatch:
        device = self.fabric.device
        targets = batch.target[batch.target >= 0]
        negatives = None if self.run.loss.name == "full" else self.sampler.draw(targets, rng).to(device)
        return StepBatch(
            item=item_rows(batch.journey, len(self.dataset.catalog)).to(device),
            journey=JourneyTensors.of(batch.journey, device),
            target=torch.from_numpy(batch.target.astype(np.int64)).to(device),
            weight=torch.from_numpy(batch.gain).to(device) if self.run.loss.use_gains else None,
            negatives=negatives,
        )

    def _validate(self) -> float:
        name = self.directory.root.name
        trained = TrainedTwoTower(name, self.run, self.vocabulary, self.average, self.validated)
        return ndcg_at_10(trained, self.validated, self.validation, self.run.exclude_seen)

    def _keep(self, loss: float, ndcg: float) -> None:
        """Write best.pt (if this epoch is the best), metrics.json, and last the checkpoint that counts the epoch."""
        progress = self.progress
        progress.history.append({"epoch": progress.epoch, "loss": loss, "ndcg@10": ndcg})
        if ndcg > progress.best or not len(self.validation):
            progress.best, progress.best_epoch = ndcg, progress.epoch
            save_tensors(self._kept(), self.directory.best)
        metrics = {"best_epoch": progress.best_epoch, "ndcg@10": progress.best, "epochs": progress.history}
        save_text(json.dumps(metrics, indent=1), self.directory.metrics)
        state = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "progress": asdict(progress),
        }
        save_tensors(state, self.directory.checkpoint)

    def _kept(self) -> dict[str, Any]:
        return {
            "model": {name: value.cpu() for name, value in self.average.state_dict().items()},
            "card": json.dumps(self.vocabulary.card()),
            "trained_key": torch.from_numpy(self.vocabulary.trained_key.copy()),
        }

    def _restore(self) -> None:
        state = load_tensors(self.directory.checkpoint)
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.progress = Progress(**state["progress"])
