from dataclasses import replace

import numpy as np
import pytest

from shopwindow.baselines.item_knn import ItemKnn
from shopwindow.baselines.popularity import Popularity
from shopwindow.datasets.split import SplitSpec, windows
from shopwindow.errors import EvaluationError
from shopwindow.evaluation.backtest import backtest, together
from shopwindow.evaluation.comparison import exam_of, judged
from shopwindow.evaluation.report import report_of


@pytest.fixture
def shop(make_dataset):
    """40 customers, half of them after a/x, half after b."""
    rng, rows = np.random.default_rng(0), []
    for t in range(800):
        customer = int(rng.integers(40))
        item = int(rng.integers(2)) + (0 if customer < 20 else 4)
        rows.append({"customer_key": customer, "at_ms": t * 1000, "item_key": item})
    return make_dataset(rows)


def exams(dataset, number):
    return [exam_of(dataset, spec, "temporal") for spec in windows(dataset, number, SplitSpec())]


def judge(exam):
    popularity = judged(exam, Popularity().fit(exam.dataset, exam.split.before_test), lambda: 0.0)
    knn = judged(exam, ItemKnn().fit(exam.dataset, exam.split.before_test), lambda: 0.0)
    return report_of([replace(popularity, baseline=True), knn], {}, exam.split.spec)


def test_all_windows_together_are_their_requests_one_after_another(shop) -> None:
    found = backtest(exams(shop, 4), judge)
    assert len(found.windows) == 4
    assert found.whole.num_requests == sum(report.num_requests for report in found.windows) == 4 * 80
    sums = sum(report.num_requests * report.means["item-knn"]["ndcg@10"].value for report in found.windows)
    assert found.whole.means["item-knn"]["ndcg@10"].value == pytest.approx(sums / 320)
    assert all(each.against == "popularity" for each in found.whole.differences)


def test_more_requests_tell_smaller_differences(shop) -> None:
    found = backtest(exams(shop, 4), judge)
    one, whole = found.windows[0].differences[0], found.whole.differences[0]
    assert whole.detectable < one.detectable


def test_a_model_that_misses_a_window_is_refused(shop) -> None:
    reports = list(backtest(exams(shop, 2), judge).windows)
    reports[1] = replace(reports[1], entrants=reports[1].entrants[:1])
    with pytest.raises(EvaluationError, match="all 2 windows, came item-knn in fewer"):
        together(reports)
    with pytest.raises(EvaluationError, match="came none"):
        backtest([], judge)
