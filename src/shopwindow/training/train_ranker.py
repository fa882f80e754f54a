"""Training a ranker: logged pages, with what was acted on and some of what was not."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.page_examples import PageBatch, example_pages, page_batches
from shopwindow.datasets.pages import LoggedPages, PageTables, logged_pages
from shopwindow.datasets.split import Split, SplitSpec, make_split
from shopwindow.errors import TrainingError
from shopwindow.models.context import JourneyTensors
from shopwindow.models.ranker import Ranker
from shopwindow.training.calibrating import calibrated, load_calibrations, save_calibrations
from shopwindow.training.checkpoint import RunDirectory, load_config, load_tensors
from shopwindow.training.loop import Loop, prepare
from shopwindow.training.ranker_step import PageTensors, RankerStep
from shopwindow.training.run import RankerRun, run_from_json
from shopwindow.training.trained import item_rows
from shopwindow.training.trained_ranker import TrainedRanker
from shopwindow.training.validation import page_ndcg_at_10, some_pages
from shopwindow.training.vocabulary import TowerVocabulary


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PageSplit:
    """Pages to train on and to validate on, with the actions known by the end of each period.

    `dataset`: with the customers who were shown pages and never acted; `split` is its own.
    """

    dataset: Dataset
    split: Split
    train: LoggedPages
    valid: LoggedPages


def page_split(dataset: Dataset, tables: PageTables, spec: SplitSpec) -> PageSplit:
    """The pages of the periods of a temporal split.

    Raises:
        TrainingError: the split is not temporal: pages are told apart by time.
        DatasetError: a part of the split is empty.
    """
    if spec.kind != "temporal":
        raise TrainingError(f"a ranker needs a temporal split, came {spec.kind}: pages are split by time")
    dataset, everything = logged_pages(dataset, tables)
    split = make_split(dataset, spec)
    valid_from, test_from = int(split.valid.at_ms.min()), int(split.test.at_ms.min())
    _, by_valid = logged_pages(dataset, tables.acted_before(valid_from))
    _, by_test = logged_pages(dataset, tables.acted_before(test_from))
    at_ms = everything.requests.at_ms
    return PageSplit(
        dataset=dataset,
        split=split,
        train=by_valid.where(at_ms < valid_from),
        valid=by_test.where((at_ms >= valid_from) & (at_ms < test_from)),
    )


def train_ranker(pages: PageSplit, run: RankerRun, into: Path, resume: bool = False) -> TrainedRanker:
    """Train a ranker on the pages before validation and keep the best epoch in the directory `into`.

    Its probabilities are calibrated on the validation pages. resume: go on after the last finished epoch of `into`, to
    exactly the numbers of an uninterrupted run.

    Raises:
        TrainingError: no page has an item that was acted on; `into` holds a run already and `resume` is off; or
            the run to resume had another configuration or other data.
    """
    directory = RunDirectory(into)
    if not len(example_pages(pages.dataset, pages.train, run.plan)):
        raise TrainingError(
            f"expected pages with items that were acted on, came none of {len(pages.train):,}: import pages, and "
            "actions that name them in page_id"
        )
    prepare(directory, pages.dataset, pages.split, run, resume)
    Loop(_Pages(pages, run, into.name), run, directory).go(resume)
    trained = calibrated(load_ranker(into, pages.dataset), pages.train, pages.valid, run.calibration)
    save_calibrations(trained.calibrations, directory.calibration)
    return trained


def load_ranker(path: Path, dataset: Dataset) -> TrainedRanker:
    """The best epoch of a run, ready to score this data set.

    Raises:
        TrainingError: there is no finished epoch of a ranker in `path`.
    """
    directory = RunDirectory(path)
    run = run_from_json(json.dumps(load_config(directory, RankerRun.kind)["run"]), RankerRun)
    kept = load_tensors(directory.best)
    vocabulary = TowerVocabulary.of_kept(kept)
    model = _ranker(run, vocabulary, dataset)
    model.load_state_dict(kept["model"])
    calibrations = load_calibrations(directory.calibration)
    return TrainedRanker(path.name, run, vocabulary, model.eval(), dataset, calibrations)


def _ranker(run: RankerRun, vocabulary: TowerVocabulary, dataset: Dataset) -> Ranker:
    heads = len(run.plan.head_names(dataset.shop))
    return Ranker(run.model, vocabulary.item_sizes, vocabulary.context_sizes, heads)


class _Pages:
    """A Lesson: pages, and validation by their order."""

    def __init__(self, pages: PageSplit, run: RankerRun, name: str) -> None:
        dataset = pages.dataset
        events = dataset.item_counts(dataset.wanted_before(pages.split.train_end))
        self._pages, self._run, self._name = pages, run, name
        self._vocabulary = TowerVocabulary.of(dataset, events, run.min_events)
        torch.manual_seed(run.seed)
        self.model = _ranker(run, self._vocabulary, dataset)
        self.step = RankerStep(self.model, self._vocabulary.inputs(dataset.catalog))
        self.steps = -(-len(example_pages(dataset, pages.train, run.plan)) // run.batch_size)
        self._validation = some_pages(pages.valid, run.validation_requests, run.seed)

    def batches(self, rng: np.random.Generator, device: torch.device) -> Iterator[tuple[PageTensors, int]]:
        run, pages = self._run, self._pages
        for batch in page_batches(pages.dataset, pages.train, run.plan, run.batch_size, rng):
            yield _tensors(batch, len(pages.dataset.catalog), device), len(batch.row)

    def judge(self, average: nn.Module) -> float | None:
        assert isinstance(average, Ranker)
        if not len(self._validation):
            return None
        trained = TrainedRanker(self._name, self._run, self._vocabulary, average, self._pages.dataset)
        return page_ndcg_at_10(trained.page_order(self._validation), self._validation)

    def card(self) -> dict[str, Any]:
        return self._vocabulary.kept()


def _tensors(batch: PageBatch, unknown: int, device: torch.device) -> PageTensors:
    names = ("shown", "page", "row", "position", "surface")
    whole = {name: torch.from_numpy(getattr(batch, name).astype(np.int64)).to(device) for name in names}
    return PageTensors(
        item=item_rows(batch.journey, unknown).to(device),
        journey=JourneyTensors.of(batch.journey, device),
        label=torch.from_numpy(batch.label).to(device),
        **whole,
    )
