import copy
import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.conftest import BRAND_ITEMS, action_rows, brand_dataset, brand_tables

from shopwindow.datasets.page_examples import PagePlan
from shopwindow.datasets.split import SplitSpec
from shopwindow.errors import TrainingError
from shopwindow.models.attention import BlockConfig
from shopwindow.models.calibration import Platt
from shopwindow.models.item_encoder import ItemEncoderConfig
from shopwindow.models.journey_encoder import JourneyEncoderConfig
from shopwindow.models.ranker import RankerConfig
from shopwindow.training import loop
from shopwindow.training.calibrating import calibrated
from shopwindow.training.checkpoint import RunDirectory, load_json
from shopwindow.training.page_split import page_split
from shopwindow.training.ranker_step import PageTensors, RankerStep
from shopwindow.training.run import RankerRun, run_from_json
from shopwindow.training.train_ranker import _Pages, load_ranker, train_ranker
from shopwindow.training.train_two_tower import load_run
from shopwindow.training.validation import page_ndcg_at_10, some_pages

NUM_ITEMS, MINUTE_MS = BRAND_ITEMS, 60_000


@pytest.fixture(scope="module")
def tables():
    return brand_tables(num_customers=30, num_pages=900)


@pytest.fixture(scope="module")
def dataset(tables):
    return brand_dataset(tables)


@pytest.fixture(scope="module")
def pages(dataset, tables):
    return page_split(dataset, tables, SplitSpec(valid_share=0.2, test_share=0.2))


@pytest.fixture(scope="module")
def run():
    block = BlockConfig(dim=16, heads=2, activation="relu")
    return RankerRun(
        model=RankerConfig(
            items=ItemEncoderConfig(dim=16, bias=False),
            journeys=JourneyEncoderConfig(block=block, blocks=1, positions="none"),
            width=8,
        ),
        plan=PagePlan(heads=("click", "purchase"), max_actions=10),
        epochs=6,
        patience=6,
        batch_size=16,
        learning_rate=5e-3,
        average=0.9,
    )


@pytest.fixture(scope="module")
def trained(pages, run, tmp_path_factory):
    return train_ranker(pages, run, tmp_path_factory.mktemp("runs") / "ranker")


def test_the_brand_that_a_customer_clicks_is_learned(trained, pages) -> None:
    judged = some_pages(pages.valid, 1000, 0)
    chance = page_ndcg_at_10(np.random.default_rng(0).random(len(judged.row)), judged)
    assert page_ndcg_at_10(trained.page_order(judged), judged) > chance + 0.5 * (1 - chance)


def test_both_heads_know_what_is_bought_and_what_only_clicked(trained, pages) -> None:
    p = trained.at_places(pages.valid)
    click, purchase = (
        pages.valid.acted[:, pages.dataset.shop.action_names.index(name)] for name in trained.heads
    )
    assert p[click, 0].mean() > 2 * p[~click, 0].mean()
    assert p[purchase, 1].mean() > 2 * p[click & ~purchase, 1].mean()


def test_periods_know_only_what_was_done_by_their_end(dataset, tables) -> None:
    late = tables.actions.to_pylist()[-1] | {"page_id": "p0", "item_key": tables.pages["items"][0].as_py()[0]}
    more = replace(tables, actions=action_rows([*tables.actions.to_pylist(), late]))
    spec = SplitSpec(valid_share=0.2, test_share=0.2)
    before, after = (page_split(dataset, each, spec) for each in (tables, more))
    assert np.array_equal(before.train.acted, after.train.acted)  # the first page's, done in the test period
    assert before.train.requests.at_ms.max() < before.valid.requests.at_ms.min()
    assert before.valid.requests.at_ms.max() < before.split.test.at_ms.min()


def test_the_value_is_the_weighted_sum_of_the_heads_and_padding_has_none(trained, pages) -> None:
    requests = pages.valid.requests.part(0, 5)
    candidates = np.tile(np.array([3, 7, -1], dtype=np.int32), (5, 1))
    p = trained.probabilities(requests, candidates)
    assert p.shape == (5, 3, 2)
    assert np.isnan(p[:, 2]).all()
    value = trained.values(requests, candidates, np.array([1.0, 10.0], dtype=np.float32))
    np.testing.assert_allclose(value[:, :2], p[:, :2, 0] + 10 * p[:, :2, 1], rtol=1e-6)
    default = trained.values(requests, candidates)
    np.testing.assert_allclose(
        default[:, :2], 1 * p[:, :2, 0] + 5 * p[:, :2, 1], rtol=1e-6
    )  # the shop's gains


def test_where_an_item_stands_matters_in_the_log_and_not_at_serving(trained, pages) -> None:
    requests, forth = pages.valid.requests.part(0, 4), np.tile(np.arange(6, dtype=np.int32), (4, 1))
    served = trained.probabilities(requests, forth)
    back = trained.probabilities(requests, np.ascontiguousarray(forth[:, ::-1]))
    np.testing.assert_allclose(served, back[:, ::-1], atol=1e-6)

    model = copy.deepcopy(trained.model)
    torch.nn.init.normal_(model.position.table.weight, generator=torch.Generator().manual_seed(0))
    other = replace(trained, model=model)
    shift = log_odds(other.probabilities(requests, forth)) - log_odds(served)
    shift[served < 1e-4] = np.nan  # calibration goes no nearer to 0 than its edge
    assert (np.nanmax(shift, axis=1) - np.nanmin(shift, axis=1)).max() < 1e-2  # the same for every candidate
    some = pages.valid.where(np.arange(len(pages.valid)) < 4)
    shift = log_odds(other.at_places(some)) - log_odds(trained.at_places(some))
    assert np.ptp(shift[:6], axis=0).min() > 0.1  # another one for every place


def log_odds(p):
    return np.log(p.astype(np.float64)) - np.log1p(-p.astype(np.float64))


def test_what_happens_from_a_page_on_changes_no_score(trained, pages) -> None:
    some = pages.valid.where(np.arange(len(pages.valid)) < 20)
    rng, columns = np.random.default_rng(0), pages.dataset.columns
    late = np.asarray(columns.at_ms) >= some.requests.at_ms.min()
    row = np.where(late, rng.integers(0, NUM_ITEMS, len(late)), pages.dataset.item_row).astype(np.int32)
    first = some.where(np.arange(len(some)) == 0)
    disturbed = replace(trained, dataset=replace(pages.dataset, item_row=row))
    assert np.array_equal(trained.at_places(first), disturbed.at_places(first))
    peeking = replace(first, requests=replace(first.requests, history_end=first.requests.history_end + 1))
    assert not np.array_equal(trained.at_places(peeking), disturbed.at_places(peeking))


def test_scores_do_not_depend_on_who_else_asks(trained, pages) -> None:
    some = pages.valid.where(np.arange(len(pages.valid)) < 6)
    together = trained.at_places(some)
    alone = [trained.at_places(some.where(np.arange(6) == n)) for n in range(6)]
    np.testing.assert_allclose(together, np.concatenate(alone), rtol=1e-5, atol=1e-6)


def test_the_loss_is_the_sum_over_heads_of_the_mean_cross_entropy(run, trained, pages) -> None:
    step = RankerStep(trained.model, trained.vocabulary.inputs(pages.dataset.catalog))
    step.logits = lambda batch: torch.tensor([[0.0, 2.0], [0.0, 0.0], [1.0, -1.0]])  # type: ignore[method-assign]
    label = torch.tensor([[1.0, 1.0], [0.0, 0.0], [1.0, 0.0]])
    batch = PageTensors(*([None] * 7), label, None)

    def entropy(logit: float, label: int) -> float:
        p = 1 / (1 + math.exp(-logit))
        return -math.log(p if label else 1 - p)

    click = (entropy(0, 1) + entropy(0, 0) + entropy(1, 1)) / 3
    purchase = (entropy(2, 1) + entropy(0, 0) + entropy(-1, 0)) / 3
    assert float(step(batch)) == pytest.approx(click + purchase)


def test_a_resumed_run_computes_the_numbers_of_an_uninterrupted_one(
    pages, run, tmp_path, monkeypatch
) -> None:
    short = replace(run, epochs=3, plan=replace(run.plan, hide_share=0.5, hide_ms=60 * MINUTE_MS))
    whole = train_ranker(pages, short, tmp_path / "whole")
    epoch = loop.Loop._epoch

    def dies_in_the_second(trainer, shown):
        if trainer.progress.epoch == 1:
            raise KeyboardInterrupt
        return epoch(trainer, shown)

    monkeypatch.setattr(loop.Loop, "_epoch", dies_in_the_second)
    with pytest.raises(KeyboardInterrupt):
        train_ranker(pages, short, tmp_path / "killed")
    monkeypatch.undo()
    torch.manual_seed(99)
    resumed = train_ranker(pages, short, tmp_path / "killed", resume=True)
    histories = [load_json(RunDirectory(tmp_path / name).metrics) for name in ("whole", "killed")]
    assert histories[0] == histories[1]
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, resumed.model.state_dict()[name]), name


def test_items_that_are_neither_in_history_nor_on_the_page_learn_nothing(run, trained, pages) -> None:
    lesson = _Pages(pages, replace(run, batch_size=2), "one")
    batch, _ = next(iter(lesson.batches(np.random.default_rng(0), torch.device("cpu"))))
    lesson.step.eval()(batch).backward()
    ids = lesson.model.items.reading.ids.weight.grad.abs().sum(dim=1) > 0
    present = torch.cat([batch.item.flatten(), batch.shown.flatten()])
    rows = lesson.step.inputs.id_row[present[present < NUM_ITEMS]].unique()
    assert not ids[[row for row in range(len(ids)) if row not in rows.tolist()]].any()
    assert ids[rows].any()


def test_a_run_of_another_kind_is_refused_by_its_name(trained, pages, run, tmp_path) -> None:
    train_ranker(pages, replace(run, epochs=1), tmp_path / "mine")
    with pytest.raises(TrainingError, match="run mine: expected a two-tower, came a ranker"):
        load_run(tmp_path / "mine", pages.dataset)
    assert load_ranker(tmp_path / "mine", pages.dataset).heads == ("click", "purchase")


def test_without_pages_that_say_anything_training_says_what_to_do(dataset, tables, run, tmp_path) -> None:
    silent = [row | {"page_id": None} for row in tables.actions.to_pylist()]
    pages = page_split(dataset, replace(tables, actions=action_rows(silent)), SplitSpec())
    with pytest.raises(TrainingError, match="expected pages with items that were acted on, came none"):
        train_ranker(pages, run, tmp_path / "run")
    with pytest.raises(TrainingError, match="a ranker needs a temporal split"):
        page_split(dataset, tables, SplitSpec(kind="leave-one-out"))


def test_the_configuration_is_kept_and_comes_back(trained, run) -> None:
    assert run_from_json(run.to_json(), RankerRun) == run
    assert json.loads(run.to_json())["plan"]["heads"] == ["click", "purchase"]


@pytest.mark.parametrize("method", ["platt", "isotonic"])
def test_on_the_pages_that_calibrate_the_mean_probability_is_the_share_of_each_action(
    trained, pages, method
) -> None:
    raw, found = replace(trained, calibrations=()), calibrated(trained, pages.train, pages.valid, method)
    share = pages.valid.acted[:, [pages.dataset.shop.action_names.index(name) for name in found.heads]].mean(
        0
    )
    assert found.at_places(pages.valid).mean(axis=0) == pytest.approx(share, abs=5e-3)
    assert len(found.calibrations) == 2
    order = np.argsort(raw.at_places(pages.valid)[:, 0])
    assert (np.diff(found.at_places(pages.valid)[order, 0]) > -1e-6).all()


def test_calibrations_are_kept_beside_the_run(trained, pages, run, tmp_path) -> None:
    for method in ("platt", "isotonic"):
        found = train_ranker(pages, replace(run, epochs=1, calibration=method), tmp_path / method)
        assert load_ranker(tmp_path / method, pages.dataset).calibrations == found.calibrations != ()
    (tmp_path / "isotonic" / "calibration.json").unlink()
    assert load_ranker(tmp_path / "isotonic", pages.dataset).calibrations == ()


def test_a_head_that_nobody_used_has_its_sampling_put_right_alone(trained, pages) -> None:
    acted = pages.valid.acted.copy()
    acted[:, pages.dataset.shop.action_names.index("purchase")] = False
    found = calibrated(trained, pages.train, replace(pages.valid, acted=acted), "platt")
    assert found.calibrations[1].curve == Platt(slope=1.0, intercept=0.0)
    assert found.calibrations[1].kept < 1
