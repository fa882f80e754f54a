"""What holds for every rival on logged pages."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from shopwindow.baselines.pages.bst import Bst
from shopwindow.baselines.pages.dnn import PlainDnn
from shopwindow.baselines.pages.fitting import FittedNet
from shopwindow.baselines.pages.gbt import PageGbt
from shopwindow.baselines.pages.lineup import page_lineup
from shopwindow.baselines.pages.wdl_att import WdlAtt
from shopwindow.baselines.space import Choice
from shopwindow.datasets.recommender import PageOrder
from shopwindow.errors import TrainingError
from shopwindow.training.checkpoint import RunDirectory, load_json
from shopwindow.training.validation import page_ndcg_at_10, some_pages

QUICK = {"dim": 16, "wide": 32, "last": 10, "batch_size": 16, "learning_rate": 5e-3, "average": 0.9}
NETS = (
    WdlAtt(**QUICK, attention=8, epochs=6),
    Bst(**QUICK, heads=2, blocks=2, epochs=6),
    PlainDnn(**QUICK, epochs=6),
)
ALL = (*NETS, PageGbt(rounds=60, num_leaves=7, min_leaf=10, learning_rate=0.1, patience=10))


@pytest.fixture(scope="module")
def fits(pages, tmp_path_factory):
    """Each rival by its name, fitted."""
    runs = tmp_path_factory.mktemp("runs")
    return {setting.name: setting.fit(pages, runs / setting.name) for setting in ALL}


@pytest.fixture(params=[setting.name for setting in ALL])
def fitted(fits, request):
    return fits[request.param]


def on(fitted, dataset):
    """The same, asked about another data set."""
    if isinstance(fitted, FittedNet):
        return replace(fitted, dataset=dataset, live=replace(fitted.live, dataset=dataset))
    return replace(fitted, reader=replace(fitted.reader, dataset=dataset))


def first(pages, number):
    return pages.where(np.arange(len(pages)) < number)


def test_the_brand_that_a_customer_clicks_and_what_is_bought_of_it_are_learned(fitted, pages) -> None:
    assert isinstance(fitted, PageOrder)
    judged = some_pages(pages.valid, 1000, 0)
    chance = page_ndcg_at_10(np.random.default_rng(0).random(len(judged.row)), judged)
    assert page_ndcg_at_10(fitted.page_order(judged), judged) > chance + 0.6 * (1 - chance)


def test_scores_do_not_depend_on_which_other_pages_are_asked_for(fitted, pages) -> None:
    some = first(pages.valid, 6)
    alone = [fitted.page_order(some.take(np.array([n]))) for n in range(6)]
    np.testing.assert_allclose(fitted.page_order(some), np.concatenate(alone), rtol=1e-5, atol=1e-6)


def test_scores_do_not_depend_on_the_order_shown(fitted, pages) -> None:
    some = first(pages.valid, 6)
    back = np.lexsort((-some.position(), some.page()))
    arrays = {name: getattr(some, name)[back] for name in ("row", "acted", "gain", "propensity", "seen")}
    turned = replace(some, **arrays)
    np.testing.assert_allclose(fitted.page_order(turned), fitted.page_order(some)[back], rtol=1e-5, atol=1e-6)


def test_what_happens_from_a_page_on_changes_no_score(fitted, pages) -> None:
    page = pages.valid.take(np.array([20]))
    columns, rng = pages.dataset.columns, np.random.default_rng(0)
    late = np.asarray(columns.at_ms) >= page.requests.at_ms[0]
    key = np.where(late, rng.integers(0, 24, len(late)), columns.item_key).astype(np.int32)
    row = pages.dataset.catalog.rows_of(key)
    other = replace(pages.dataset, columns=replace(columns, item_key=key), item_row=row)
    blank = replace(page, acted=np.zeros_like(page.acted), gain=np.zeros_like(page.gain))
    assert np.array_equal(fitted.page_order(page), on(fitted, other).page_order(blank))


def test_what_happened_before_a_page_changes_its_scores(fitted, pages) -> None:
    some = first(pages.valid, 20)
    start = pages.dataset.columns.offsets[some.requests.customer]
    strangers = replace(some, requests=replace(some.requests, history_end=start.astype(np.int64)))
    assert not np.array_equal(fitted.page_order(some), fitted.page_order(strangers))


def test_unknown_items_get_a_number_and_come_last(fitted, pages) -> None:
    some = first(pages.valid, 5)
    row = np.where(some.position() % 3 == 0, -1, some.row).astype(np.int32)
    scores = fitted.page_order(replace(some, row=row))
    assert np.isfinite(scores).all()
    assert scores[row < 0].max() < scores[row >= 0].min()
    np.testing.assert_allclose(scores[row >= 0], fitted.page_order(some)[row >= 0], rtol=1e-5, atol=1e-6)


def test_the_best_epoch_is_kept_and_scores(pages, tmp_path) -> None:
    fitted = replace(NETS[2], epochs=2).fit(pages, tmp_path / "run")
    judged = some_pages(pages.valid, 2000, 0)
    metrics = load_json(RunDirectory(tmp_path / "run").metrics)
    assert page_ndcg_at_10(fitted.page_order(judged), judged) == pytest.approx(metrics["ndcg@10"])
    assert metrics["ndcg@10"] == max(epoch["ndcg@10"] for epoch in metrics["epochs"])


@pytest.mark.parametrize("setting", ALL, ids=lambda each: each.name)
def test_equal_seeds_give_equal_scores_and_leave_global_randomness_alone(pages, tmp_path, setting) -> None:
    pages = replace(pages, train=first(pages.train, 60))
    brief, state, asked = short(setting), torch.random.get_rng_state(), first(pages.valid, 5)
    settings = (brief, brief, replace(brief, seed=1))
    one, two, other = (
        each.fit(pages, tmp_path / str(n)).page_order(asked) for n, each in enumerate(settings)
    )
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)
    assert torch.equal(state, torch.random.get_rng_state())


def short(setting):
    brief = {"rounds": 5} if isinstance(setting, PageGbt) else {"epochs": 1}
    return replace(setting, validation_requests=20, **brief)


@pytest.mark.parametrize("setting", ALL, ids=lambda each: each.name)
def test_the_place_on_the_page_may_be_left_out(pages, tmp_path, setting) -> None:
    pages = replace(pages, train=first(pages.train, 60))
    fitted = replace(short(setting), position=False).fit(pages, tmp_path / "run")
    assert np.isfinite(fitted.page_order(first(pages.valid, 5))).all()


@pytest.mark.parametrize("setting", NETS[1:], ids=lambda each: each.name)
def test_what_the_place_alone_explains_is_no_merit_of_the_items(pages, tmp_path, setting) -> None:
    """Whoever stands first is clicked, so as if first each is; nothing else tells the one clicked from four negatives."""
    clicked = np.zeros_like(pages.train.acted)
    clicked[:, 0] = pages.train.position() == 0
    train = replace(pages.train, acted=clicked, gain=clicked[:, 0].astype(np.float32))
    unjudged = replace(pages, train=train, valid=first(pages.valid, 0))  # the last epoch is kept
    quick = replace(setting, epochs=3, learning_rate=0.05, schedule="constant")
    value = {}
    for position in (True, False):
        fitted = replace(quick, position=position).fit(unjudged, tmp_path / str(position))
        value[position] = fitted.page_order(first(pages.valid, 20)).mean()
    assert value[True] > 2 * value[False]


@pytest.mark.parametrize("setting", [NETS[0], ALL[3]], ids=lambda each: each.name)
def test_a_run_is_not_written_over_and_silent_pages_are_refused(pages, tmp_path, setting) -> None:
    pages = replace(pages, train=first(pages.train, 60))
    short(setting).fit(pages, tmp_path / "mine")
    with pytest.raises(TrainingError, match="run mine exists"):
        short(setting).fit(pages, tmp_path / "mine")
    silent = replace(pages.train, acted=np.zeros_like(pages.train.acted))
    with pytest.raises(TrainingError, match="expected pages with items that were acted on, came none"):
        setting.fit(replace(pages, train=silent), tmp_path / "silent")


def test_the_lineup_names_each_rival_once_and_its_starts_lie_within_their_space() -> None:
    spaces = page_lineup(seed=3)
    assert [space.name for space in spaces] == ["wdl-att", "bst", "page-dnn", "page-gbt"]
    for space in spaces:
        for setting in space.starts:
            values = space.values_of(setting)
            made = space.setting(values)
            assert (made.name, space.values_of(made), made.seed) == (setting.name, values, 3)
            for name, parameter in space.parameters.items():
                if isinstance(parameter, Choice):
                    assert values[name] in parameter.of, (space.name, name)
                else:
                    assert parameter.low <= values[name] <= parameter.high, (space.name, name)
