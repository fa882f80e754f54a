"""Training a ranker: logged pages, with what was acted on and some of what was not."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.page_examples import PageBatch, page_batches
from shopwindow.errors import TrainingError
from shopwindow.features.windowed.events import CountedEvents
from shopwindow.models.context import JourneyTensors
from shopwindow.models.live import LiveScale
from shopwindow.models.ranker import Ranker
from shopwindow.training.calibrating import calibrated, load_calibrations, save_calibrations
from shopwindow.training.checkpoint import RunDirectory, load_config, load_tensors
from shopwindow.training.live_codes import LiveCodes
from shopwindow.training.loop import Loop, prepare
from shopwindow.training.page_split import PageSplit
from shopwindow.training.prepared_pages import PreparedPages, telling
from shopwindow.training.ranker_step import PageTensors, RankerStep
from shopwindow.training.run import RankerRun, run_from_json
from shopwindow.training.trained import item_rows
from shopwindow.training.trained_ranker import TrainedRanker
from shopwindow.training.validation import page_ndcg_at_10
from shopwindow.training.vocabulary import TowerVocabulary

LIVE: Final = "live"  # where best.pt keeps the scale of live features


def train_ranker(pages: PageSplit, run: RankerRun, into: Path, resume: bool = False) -> TrainedRanker:
    """Train a ranker on the pages before validation and keep the best epoch in the directory `into`.

    Its probabilities are calibrated on the validation pages. resume: go on after the last finished epoch of `into`, to
    exactly the numbers of an uninterrupted run.

    Raises:
        TrainingError: no page has an item that was acted on; `into` holds a run already and `resume` is off; or
            the run to resume had another configuration or other data.
    """
    directory, run = RunDirectory(into), replace(run, pages="served" if pages.exposures else "made")
    telling(pages, run.plan)
    prepare(directory, pages.dataset, pages.split, run, resume)
    Loop(_Pages(pages, run, into.name), run, directory).go(resume)
    loaded = load_ranker(into, pages.dataset, pages.exposures)
    trained = calibrated(loaded, pages.train, pages.valid, run.calibration)
    save_calibrations(trained.calibrations, directory.calibration)
    return trained


def load_ranker(path: Path, dataset: Dataset, exposures: tuple[CountedEvents, ...] = ()) -> TrainedRanker:
    """The best epoch of a run, ready to score this data set.

    `exposures`: see `PageSplit`; a ranker that learned from made pages, which know none, does not read them.

    Raises:
        TrainingError: there is no finished epoch of a ranker in `path`, it is of an earlier form, or the shop's live
            features are others now.
    """
    directory = RunDirectory(path)
    run = run_from_json(json.dumps(load_config(directory, RankerRun.kind)["run"]), RankerRun)
    kept = load_tensors(directory.best)
    vocabulary = TowerVocabulary.of_kept(kept)
    live = None
    if LIVE in kept:
        known = exposures if run.pages == "served" else ()
        live = LiveCodes.kept(dataset, LiveScale.of_kept(kept[LIVE]), known, run.freshness)
    model = _ranker(run, vocabulary, dataset, live)
    try:
        model.load_state_dict(kept["model"])
    except RuntimeError as error:
        raise TrainingError(
            f"run {path.name} is of an earlier form of the ranker: train it again ({error})"
        ) from error
    calibrations = load_calibrations(directory.calibration)
    return TrainedRanker(path.name, run, vocabulary, model.eval(), dataset, live, calibrations)


def _ranker(run: RankerRun, vocabulary: TowerVocabulary, dataset: Dataset, live: LiveCodes | None) -> Ranker:
    heads = len(run.plan.head_names(dataset.shop))
    features = len(live.scale.names) if live is not None else 0
    return Ranker(run.model, vocabulary.item_sizes, vocabulary.context_sizes, heads, features)


class _Pages:
    """A Lesson: pages, and validation by their order."""

    def __init__(self, pages: PageSplit, run: RankerRun, name: str) -> None:
        self._pages, self._run, self._name = pages, run, name
        freshness = run.freshness if run.model.live else None
        self._ready = ready = PreparedPages.of(pages, run.plan, run, freshness)
        torch.manual_seed(run.seed)
        self.model = _ranker(run, ready.vocabulary, pages.dataset, ready.live)
        self.step = RankerStep(self.model, ready.vocabulary.inputs(pages.dataset.catalog))
        self.steps = -(-len(ready.examples) // run.batch_size)

    def batches(self, rng: np.random.Generator, device: torch.device) -> Iterator[tuple[PageTensors, int]]:
        run, pages, codes = self._run, self._pages, self._ready.codes
        for batch in page_batches(pages.dataset, pages.train, run.plan, run.batch_size, rng):
            live = None if codes is None else torch.from_numpy(codes[batch.place]).to(device)
            yield _tensors(batch, len(pages.dataset.catalog), device, live), len(batch.row)

    def judge(self, average: nn.Module) -> float | None:
        assert isinstance(average, Ranker)
        ready, dataset = self._ready, self._pages.dataset
        if not len(ready.validation):
            return None
        trained = TrainedRanker(self._name, self._run, ready.vocabulary, average, dataset, ready.live)
        value = trained.page_order(ready.validation, ready.validation_codes)
        return page_ndcg_at_10(value, ready.validation)

    def card(self) -> dict[str, Any]:
        live, vocabulary = self._ready.live, self._ready.vocabulary.kept()
        return vocabulary if live is None else vocabulary | {LIVE: live.scale.kept()}


def _tensors(batch: PageBatch, unknown: int, device: torch.device, live: Tensor | None) -> PageTensors:
    names = ("shown", "page", "row", "position", "surface")
    whole = {name: torch.from_numpy(getattr(batch, name).astype(np.int64)).to(device) for name in names}
    return PageTensors(
        item=item_rows(batch.journey, unknown).to(device),
        journey=JourneyTensors.of(batch.journey, device),
        label=torch.from_numpy(batch.label).to(device),
        live=live,
        **whole,
    )
