import itertools
from dataclasses import dataclass

import numpy as np
import pytest

from shopwindow.baselines import item_knn
from shopwindow.baselines.popularity import Popularity
from shopwindow.baselines.space import Choice, Range, Space
from shopwindow.datasets.split import SplitSpec
from shopwindow.errors import EvaluationError
from shopwindow.evaluation.comparison import exam_of
from shopwindow.evaluation.protocol import evaluate
from shopwindow.evaluation.report import HEADLINE
from shopwindow.evaluation.rivals import all_baselines
from shopwindow.evaluation.tuning import Tuned, TuningPlan, keep_plan, kept_plan, tried


@dataclass(frozen=True)
class Noisy:
    """Knows the answers, up to noise of this size."""

    noise: float = 1.0
    kind: str = "plain"
    name: str = "noisy"

    def fit(self, dataset, train_end):
        return FittedNoisy(dataset, self.noise)


@dataclass(frozen=True)
class FittedNoisy:
    dataset: object
    noise: float
    name: str = "noisy"

    def scores(self, requests):
        drawn = np.random.default_rng(len(requests)).normal(size=(len(requests), self.dataset.num_items))
        scores = (self.noise * drawn).astype(np.float32)
        scores[requests.of_truth(), requests.truth_rows] += 1
        return scores


NOISY = Space(
    make=Noisy,
    starts=(Noisy(noise=2.0),),
    parameters={"noise": Range(low=0.01, high=100.0, log=True), "kind": Choice(("plain", "fancy"))},
)


@pytest.fixture(scope="module")
def exam(make_dataset):
    """40 customers, half of them after items 0 and 1, half after 4 and 5."""
    rng, rows = np.random.default_rng(0), []
    for t in range(800):
        customer = int(rng.integers(40))
        item = int(rng.integers(2)) + (0 if customer < 20 else 4)
        rows.append({"customer_key": customer, "at_ms": t * 1000, "item_key": item})
    return exam_of(make_dataset(rows), SplitSpec(), "temporal")


def no_time() -> float:
    return 0.0


def values_of(trials) -> list[tuple[object, float, bool]]:
    return [(each.setting, each.value, each.pruned) for each in trials]


def test_the_best_is_the_highest_on_all_validation_requests(exam) -> None:
    found = Tuned(NOISY, tuple(tried(NOISY, exam, TuningPlan(trials=8), no_time)))
    assert len(found.trials) == 8
    assert found.trials[0].setting == Noisy(noise=2.0)  # starts come first
    assert found.best.value == max(each.value for each in found.trials if not each.pruned)
    plan = TuningPlan(requests=10_000)
    setting = item_knn.space(repeats=True)
    first = next(tried(setting, exam, plan, no_time))
    fitted = first.setting.fit(exam.dataset, exam.split.train_end)
    outcome = evaluate(fitted, exam.dataset, exam.split.valid, exam.options)
    assert first.value == pytest.approx(outcome.mean(HEADLINE))
    assert first.judged == len(exam.split.valid)


@pytest.mark.parametrize("how", ["tpe", "random", "grid"])
def test_a_search_that_was_stopped_goes_on_as_if_it_had_not_been(exam, tmp_path, how) -> None:
    plan, journal = TuningPlan(how=how, trials=7), tmp_path / how / "journal"
    stopped = list(itertools.islice(tried(NOISY, exam, plan, no_time, journal), 3))
    resumed = list(tried(NOISY, exam, plan, no_time, journal))
    assert values_of(resumed[:3]) == values_of(stopped)
    assert values_of(resumed) == values_of(tried(NOISY, exam, plan, no_time))
    assert values_of(tried(NOISY, exam, plan, no_time, journal)) == values_of(
        resumed
    )  # nothing is left to do


def test_a_larger_budget_goes_on_and_a_smaller_one_reads_no_more_than_it_may(exam, tmp_path) -> None:
    journal = tmp_path / "journal"
    larger = list(tried(NOISY, exam, TuningPlan(trials=5), no_time, journal))
    assert values_of(tried(NOISY, exam, TuningPlan(trials=3), no_time, journal)) == values_of(larger[:3])
    assert values_of(tried(NOISY, exam, TuningPlan(trials=6), no_time, journal))[:5] == values_of(larger)


def test_a_trial_that_was_cut_off_is_tried_again(exam, tmp_path) -> None:
    @dataclass(frozen=True)
    class Cut(Noisy):
        def fit(self, dataset, train_end):
            raise KeyboardInterrupt

    plan, journal = TuningPlan(trials=4), tmp_path / "journal"
    cut = Space(make=Cut, starts=(Cut(noise=2.0),), parameters=NOISY.parameters)
    with pytest.raises(KeyboardInterrupt):
        list(tried(cut, exam, plan, no_time, journal))
    assert values_of(tried(NOISY, exam, plan, no_time, journal)) == values_of(
        tried(NOISY, exam, plan, no_time)
    )


def test_every_baseline_gets_the_same_number_of_trials_where_its_space_has_as_many(exam) -> None:
    plan = TuningPlan(trials=6)
    assert len(list(tried(NOISY, exam, plan, no_time))) == 6
    assert len(list(tried(item_knn.space(repeats=True), exam, plan, no_time))) == 6
    alone = Space(make=Popularity, starts=(Popularity(),))
    assert len(list(tried(alone, exam, plan, no_time))) == 1


def test_no_trial_begins_after_the_seconds_are_spent(exam) -> None:
    ticks = itertools.count()
    plan = TuningPlan(trials=50, seconds=12.0)
    found = list(tried(NOISY, exam, plan, lambda: float(next(ticks))))
    spent = [each.seconds for each in found]
    assert sum(spent[:-1]) < 12 <= sum(spent)


def test_a_setting_far_below_the_others_is_given_up_early(exam) -> None:
    found = list(tried(NOISY, exam, TuningPlan(how="random", trials=20), no_time))
    pruned = [each for each in found if each.pruned]
    assert pruned
    assert all(each.judged < len(exam.split.valid) for each in pruned)
    middle = np.median([each.value for each in found if not each.pruned])
    assert all(each.value < middle for each in pruned)


def test_a_setting_that_comes_up_again_is_not_fitted_again(exam) -> None:
    fits = []

    @dataclass(frozen=True)
    class Counted(Noisy):
        def fit(self, dataset, train_end):
            fits.append(self)
            return FittedNoisy(dataset, self.noise)

    space = Space(make=Counted, starts=(Counted(),), parameters={"kind": Choice(("plain", "fancy"))})
    found = list(tried(space, exam, TuningPlan(how="random", trials=30), no_time))
    assert len(fits) == len({each.setting for each in found}) == 2


def test_a_plan_that_means_nothing_is_refused() -> None:
    with pytest.raises(EvaluationError, match="expected one of tpe, random, grid, came 'magic'"):
        TuningPlan(how="magic")
    with pytest.raises(EvaluationError, match="at least one trial, came 0"):
        TuningPlan(trials=0)


def test_the_plan_is_kept_beside_the_journal_and_rivals_are_tuned_by_it(exam, tmp_path) -> None:
    journal = tmp_path / "tuning" / "temporal.journal"
    assert kept_plan(journal) == TuningPlan()
    plan = TuningPlan(how="random", trials=1, requests=20)
    keep_plan(plan, journal)
    assert kept_plan(journal) == plan
    rivals = list(all_baselines(exam, no_time, journal))
    assert len(rivals) > 5
    assert not any("best of" in rival.settings for rival in rivals)  # one trial each
