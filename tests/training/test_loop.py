import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from shopwindow.datasets.split import Split
from shopwindow.errors import TrainingError
from shopwindow.models.losses import LossConfig
from shopwindow.training import loop, train_two_tower
from shopwindow.training.checkpoint import RunDirectory, load_json, load_tensors, save_tensors
from shopwindow.training.train_two_tower import load_run, train
from shopwindow.training.validation import ndcg_at_10


def test_a_circle_of_items_is_learned(trained, dataset, split) -> None:
    assert ndcg_at_10(trained, dataset, split.test, exclude_seen=False) > 0.6


def test_sampled_softmax_learns_it_too(dataset, split, run, tmp_path) -> None:
    loss = LossConfig(name="sampled", negatives=120, source="log-uniform")
    model = train(dataset, split, replace(run, loss=loss), tmp_path / "run")
    chance = sum(1 / np.log2(rank + 2) for rank in range(10)) / dataset.num_items  # 0.15
    assert ndcg_at_10(model, dataset, split.test, exclude_seen=False) > 2 * chance


@pytest.mark.parametrize("name", ["gbce", "bce"])
def test_other_losses_fall(name, dataset, split, run, tmp_path) -> None:
    loss = LossConfig(name=name, negatives=20, source="popularity")
    train(dataset, split, replace(run, loss=loss, epochs=3), tmp_path / "run")
    first, *_, last = load_json(RunDirectory(tmp_path / "run").metrics)["epochs"]
    assert last["loss"] < 0.8 * first["loss"]


def test_targets_may_count_by_the_gain_of_their_action(dataset, split, run, tmp_path) -> None:
    shop = replace(
        dataset.shop, actions=(replace(dataset.shop.actions[0], gain=7.0), *dataset.shop.actions[1:])
    )
    alike = train(dataset, split, replace(run, epochs=1), tmp_path / "alike")
    weighted = replace(run, epochs=1, loss=LossConfig(name="full", use_gains=True))
    by_gain = train(replace(dataset, shop=shop), split, weighted, tmp_path / "gain")
    assert torch.allclose(alike.tables[1], by_gain.tables[1], atol=1e-4)  # one action: 7 : 7 is 1 : 1


@pytest.mark.parametrize("variant", ["frozen", "trainable"])
def test_every_variant_trains(variant, dataset, split, run, tmp_path) -> None:
    model = train(dataset, split, replace(run.variant(variant), epochs=2), tmp_path / "run")
    assert model.scores(split.test.part(0, 3)).shape == (3, dataset.num_items)


def test_frozen_item_vectors_do_not_move_but_their_popularity_does(dataset, split, run, tmp_path) -> None:
    tables = [
        train(dataset, split, replace(run.variant("frozen"), epochs=n), tmp_path / str(n)).tables[1]
        for n in (1, 3)
    ]
    assert torch.equal(tables[0][:, :-1], tables[1][:, :-1])
    assert not torch.equal(tables[0][:, -1], tables[1][:, -1])


def test_a_resumed_run_computes_the_numbers_of_an_uninterrupted_one(
    dataset, split, short, tmp_path, monkeypatch
) -> None:
    whole = train(dataset, split, short, tmp_path / "whole")
    killed = RunDirectory(tmp_path / "killed")
    epoch = loop.Loop._epoch

    def dies_in_the_third(trainer, shown):
        if trainer.progress.epoch == 2:
            raise KeyboardInterrupt
        return epoch(trainer, shown)

    monkeypatch.setattr(loop.Loop, "_epoch", dies_in_the_third)
    with pytest.raises(KeyboardInterrupt):
        train(dataset, split, short, killed.root)
    monkeypatch.undo()
    torch.manual_seed(99)  # a new process knows nothing of the old one's generators
    resumed = train(dataset, split, short, killed.root, resume=True)

    assert load_json(killed.metrics) == load_json(RunDirectory(tmp_path / "whole").metrics)
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, resumed.model.state_dict()[name]), name


def test_a_finished_run_resumes_to_itself(trained, dataset, split, run, tmp_path) -> None:
    model = train(dataset, split, replace(run, epochs=1), tmp_path / "run")
    again = train(dataset, split, replace(run, epochs=1), tmp_path / "run", resume=True)
    assert torch.equal(model.tables[1], again.tables[1])


def test_the_same_seed_gives_the_same_model_and_another_seed_another(dataset, split, short, tmp_path) -> None:
    one, two, other = (
        train(dataset, split, replace(short, epochs=1, seed=seed), tmp_path / f"{place}").tables[1]
        for place, seed in enumerate((5, 5, 6))
    )
    assert torch.equal(one, two)
    assert not torch.equal(one, other)


def test_training_stops_when_validation_no_longer_improves(
    dataset, split, run, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(train_two_tower, "ndcg_at_10", lambda *_: 0.5)
    train(dataset, split, replace(run, epochs=9, patience=2), tmp_path / "run")
    metrics = load_json(RunDirectory(tmp_path / "run").metrics)
    assert metrics["best_epoch"] == 1
    assert len(metrics["epochs"]) == 1 + 2


def test_a_run_from_before_a_setting_existed_goes_on_with_its_default(dataset, split, run, tmp_path) -> None:
    train(dataset, split, replace(run, epochs=1), tmp_path / "run")
    config = RunDirectory(tmp_path / "run").config
    before = json.loads(config.read_text())
    del before["run"]["model"]["repeats"]  # False, the default and what the run has
    config.write_text(json.dumps(before))
    train(dataset, split, replace(run, epochs=1), tmp_path / "run", resume=True)
    other = replace(run, epochs=1, model=replace(run.model, repeats=True))
    with pytest.raises(TrainingError, match=r"run\.model\.repeats changed"):
        train(dataset, split, other, tmp_path / "run", resume=True)


def test_a_write_that_dies_halfway_leaves_the_checkpoint_before(tmp_path, monkeypatch) -> None:
    path = tmp_path / "checkpoint.pt"
    save_tensors({"epoch": 1}, path)

    def half(state, file):
        file.write(b"half a file")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", half)
    with pytest.raises(KeyboardInterrupt):
        save_tensors({"epoch": 2}, path)
    assert load_tensors(path) == {"epoch": 1}


def test_a_damaged_file_is_refused_with_its_name(tmp_path) -> None:
    path = tmp_path / "best.pt"
    path.write_bytes(b"no tensors in here")
    with pytest.raises(TrainingError, match=r"best\.pt of run .* cannot be read"):
        load_tensors(path)


def test_without_events_training_says_what_to_do(dataset, split, run, tmp_path) -> None:
    nothing = replace(split, train_end=np.asarray(dataset.columns.offsets[:-1]))
    with pytest.raises(TrainingError, match="no events to train on: import actions first"):
        train(dataset, nothing, run, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_run_is_not_overwritten_and_not_resumed_with_other_settings(
    dataset, split, short, tmp_path
) -> None:
    one = replace(short, epochs=1)
    train(dataset, split, one, tmp_path / "run")
    with pytest.raises(TrainingError, match="run run exists: resume it, delete it, or use another name"):
        train(dataset, split, one, tmp_path / "run")
    with pytest.raises(TrainingError, match=r"cannot be resumed: run\.learning_rate changed"):
        train(dataset, split, replace(one, learning_rate=0.5), tmp_path / "run", resume=True)


def test_a_directory_without_a_run_is_refused(dataset, tmp_path) -> None:
    with pytest.raises(TrainingError, match=r"expected config\.json, came no file; train this run first"):
        load_run(tmp_path, dataset)


def test_a_model_that_only_saw_drawn_categories_reads_none_as_the_whole_shop(
    dataset, split, run, tmp_path
) -> None:
    run = replace(run, epochs=1, plan=replace(run.plan, sample_category=True))
    model = train(dataset, split, run, tmp_path / "run").model
    absent, root, other = model.journeys.context.category.table.weight[:3]
    assert torch.equal(absent, root)
    assert not torch.equal(absent, other)


def test_an_item_without_training_events_has_no_id_of_its_own(trained, dataset) -> None:
    new = int(np.flatnonzero(dataset.catalog.item_key == dataset.num_items - 1)[0])
    inputs = trained.vocabulary.inputs(dataset.catalog)
    assert inputs.id_row[new] == trained.vocabulary.item_sizes.ids
    assert inputs.id_row[-1] == trained.vocabulary.item_sizes.ids
    assert sorted(inputs.id_row.tolist())[:3] == [0, 1, 2]


def test_the_configuration_is_kept_as_json(trained, tmp_path, dataset, split, run) -> None:
    train(dataset, split, replace(run, epochs=1), tmp_path / "run")
    kept = json.loads((tmp_path / "run" / "config.json").read_text())
    assert kept["run"]["epochs"] == 1
    assert kept["columns"] == dataset.columns.fingerprint
    assert kept["split"]["kind"] == "leave-one-out"


def test_scores_do_not_depend_on_who_else_asks(trained, split) -> None:
    together = trained.scores(split.test.part(0, 8))
    alone = np.concatenate([trained.scores(split.test.part(n, n + 1)) for n in range(8)])
    np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-5)


def test_events_at_or_after_a_request_are_not_read(trained, dataset, split: Split) -> None:
    before = trained.scores(split.test.part(0, 4))
    columns = dataset.columns
    future = columns.item_key.copy()
    item_row = dataset.item_row.copy()
    for customer, end in zip(split.test.customer[:4], split.test.history_end[:4], strict=True):
        item_row[end : columns.offsets[customer + 1]] = 0
        future[end : columns.offsets[customer + 1]] = 0
    changed = replace(dataset, columns=replace(columns, item_key=future), item_row=item_row)
    after = replace(trained, dataset=changed).scores(split.test.part(0, 4))
    assert np.array_equal(before, after)


def test_a_run_directory_holds_the_four_files(dataset, split, run, tmp_path: Path) -> None:
    train(dataset, split, replace(run, epochs=1), tmp_path / "run")
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {"config.json", "checkpoint.pt", "best.pt", "metrics.json"}
