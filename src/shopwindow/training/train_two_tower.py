"""Training a two-tower: every customer's sequence predicts its next items."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from shopwindow.datasets.dataset import Dataset, with_sampled_categories
from shopwindow.datasets.sequences import SequenceBatch, num_batches, sequence_batches
from shopwindow.datasets.split import Split
from shopwindow.errors import TrainingError
from shopwindow.models.context import JourneyTensors
from shopwindow.models.two_tower import TwoTower
from shopwindow.training.checkpoint import RunDirectory, load_config, load_tensors
from shopwindow.training.loop import Loop, prepare
from shopwindow.training.negatives import NegativeSampler
from shopwindow.training.run import TrainingRun, run_from_json
from shopwindow.training.step import NextItemStep, StepBatch
from shopwindow.training.trained import TrainedTwoTower, item_rows
from shopwindow.training.validation import ndcg_at_10, sample
from shopwindow.training.vocabulary import TowerVocabulary


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
    prepare(directory, dataset, split, run, resume)
    Loop(_NextItems(dataset, split, run, into.name), run, directory).go(resume)
    return load_run(into, dataset)


def load_run(path: Path, dataset: Dataset) -> TrainedTwoTower:
    """The best epoch of a run, ready to score this data set.

    Raises:
        TrainingError: there is no finished epoch of a two-tower in `path`.
    """
    directory = RunDirectory(path)
    run = run_from_json(json.dumps(load_config(directory, TrainingRun.kind)["run"]), TrainingRun)
    kept = load_tensors(directory.best)
    vocabulary = TowerVocabulary.of_kept(kept)
    model = TwoTower(run.model, vocabulary.item_sizes, vocabulary.context_sizes)
    model.load_state_dict(kept["model"])
    if run.plan.sample_category and model.journeys.context is not None:
        model.journeys.context.category.read_absent_as(
            0
        )  # trained without absent categories; node 0 is the shop
    return TrainedTwoTower(path.name, run, vocabulary, model.eval(), dataset)


class _NextItems:
    """A Lesson: sequences, negatives, and validation over whole catalogues."""

    def __init__(self, dataset: Dataset, split: Split, run: TrainingRun, name: str) -> None:
        events = dataset.item_counts(dataset.wanted_before(split.train_end))
        self._dataset, self._train_end, self._run, self._name = dataset, split.train_end, run, name
        self._vocabulary = TowerVocabulary.of(dataset, events, run.min_events)
        torch.manual_seed(run.seed)
        self.model = TwoTower(run.model, self._vocabulary.item_sizes, self._vocabulary.context_sizes)
        candidates = torch.from_numpy(np.flatnonzero(events > 0))
        self.step = NextItemStep(self.model, run.loss, self._vocabulary.inputs(dataset.catalog), candidates)
        self.steps = max(num_batches(dataset, split.train_end, run.plan, run.batch_size), 1)
        self._sampler = NegativeSampler.of(run.loss, events)
        self._validation = sample(split.valid, run.validation_requests, run.seed)
        self._validated = dataset
        if run.plan.sample_category:
            self._validated = with_sampled_categories(dataset, np.random.default_rng(run.seed))

    def batches(self, rng: np.random.Generator, device: torch.device) -> Iterator[tuple[StepBatch, int]]:
        run = self._run
        for batch in sequence_batches(self._dataset, self._train_end, run.plan, run.batch_size, rng):
            count = int((batch.target >= 0).sum())
            if count:
                yield self._tensors(batch, rng, device), count

    def judge(self, average: nn.Module) -> float | None:
        assert isinstance(average, TwoTower)
        if not len(self._validation):
            return None
        trained = TrainedTwoTower(self._name, self._run, self._vocabulary, average, self._validated)
        return ndcg_at_10(trained, self._validated, self._validation, self._run.exclude_seen)

    def card(self) -> dict[str, Any]:
        return self._vocabulary.kept()

    def _tensors(self, batch: SequenceBatch, rng: np.random.Generator, device: torch.device) -> StepBatch:
        targets, loss = batch.target[batch.target >= 0], self._run.loss
        return StepBatch(
            item=item_rows(batch.journey, len(self._dataset.catalog)).to(device),
            journey=JourneyTensors.of(batch.journey, device),
            target=torch.from_numpy(batch.target.astype(np.int64)).to(device),
            weight=torch.from_numpy(batch.gain).to(device) if loss.use_gains else None,
            negatives=None if loss.name == "full" else self._sampler.draw(targets, rng).to(device),
        )
