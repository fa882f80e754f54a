"""refit: once validation has chosen, nothing need be held back from training."""

import json
from dataclasses import replace
from pathlib import Path

from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.split import Split
from shopwindow.training.checkpoint import RunDirectory, load_config, load_json
from shopwindow.training.run import TrainingRun, run_from_json
from shopwindow.training.train_two_tower import train
from shopwindow.training.trained import TrainedTwoTower


def refit(dataset: Dataset, split: Split, chosen: Path, into: Path, resume: bool = False) -> TrainedTwoTower:
    """Train the run in `chosen` anew on everything before the test, for as many epochs as its validation chose.

    What the baselines of our tables do, and what a shop wants to serve: the newest actions say most.

    Raises:
        TrainingError: `chosen` has no finished epoch; or see `train`.
    """
    directory = RunDirectory(chosen)
    run = run_from_json(json.dumps(load_config(directory, TrainingRun.kind)["run"]), TrainingRun)
    epochs = int(load_json(directory.metrics)["best_epoch"])
    everything = replace(split, train_end=split.before_test, valid=split.valid.part(0, 0))
    return train(dataset, everything, replace(run, epochs=epochs, patience=epochs), into, resume)
