from dataclasses import replace

import numpy as np

from shopwindow.training.checkpoint import RunDirectory, load_json
from shopwindow.training.refit import refit
from shopwindow.training.train_two_tower import train


def test_a_refit_reads_the_validation_events_for_as_many_epochs_as_validation_chose(
    dataset, split, run, tmp_path
) -> None:
    train(dataset, split, replace(run, epochs=3, patience=1), tmp_path / "chosen")
    epochs = load_json(RunDirectory(tmp_path / "chosen").metrics)["best_epoch"]
    model = refit(dataset, split, tmp_path / "chosen", tmp_path / "again")
    metrics = load_json(RunDirectory(tmp_path / "again").metrics)
    assert (metrics["best_epoch"], len(metrics["epochs"])) == (epochs, epochs)
    later = replace(split, train_end=split.before_test, valid=split.valid.part(0, 0))
    same = train(dataset, later, replace(run, epochs=epochs, patience=epochs), tmp_path / "same")
    requests = split.test.part(0, 4)
    np.testing.assert_array_equal(model.scores(requests), same.scores(requests))
