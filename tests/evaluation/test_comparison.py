import json
from dataclasses import dataclass

import numpy as np
import pytest
from rich.console import Console

from shopwindow.baselines.lineup import first_lineup
from shopwindow.baselines.popularity import Popularity
from shopwindow.datasets.split import SplitSpec
from shopwindow.errors import EvaluationError
from shopwindow.evaluation import rivals
from shopwindow.evaluation.comparison import exam_of, judged
from shopwindow.evaluation.protocol import EvaluationOptions, counts_before, evaluate
from shopwindow.evaluation.report import report_of, write_json
from shopwindow.evaluation.rivals import all_baselines, baselines
from shopwindow.evaluation.segments import is_repeat, segments
from shopwindow.evaluation.table import tables


@dataclass(frozen=True)
class Oracle:
    """Knows the answers."""

    dataset: object
    name: str = "oracle"

    def scores(self, requests):
        scores = np.zeros((len(requests), self.dataset.num_items), dtype=np.float32)
        scores[requests.of_truth(), requests.truth_rows] = requests.truth_gain
        return scores


def no_time() -> float:
    return 0.0


@pytest.fixture
def shop(make_dataset):
    """40 customers, half of them after a/x, half after b; a new moment for every action."""
    rng, rows = np.random.default_rng(0), []
    for t in range(800):
        customer = int(rng.integers(40))
        item = int(rng.integers(2)) + (0 if customer < 20 else 4)
        rows.append({"customer_key": customer, "at_ms": t * 1000, "item_key": item, "surface": "home"})
    return make_dataset(rows)


@pytest.mark.parametrize("protocol", ["temporal", "temporal-browse", "leave-one-out"])
def test_an_oracle_is_perfect_and_every_value_is_in_range(shop, protocol) -> None:
    kind = "leave-one-out" if protocol == "leave-one-out" else "temporal"
    exam = exam_of(shop, SplitSpec(kind=kind), protocol)
    outcome = judged(exam, Oracle(exam.dataset), no_time).outcome
    if protocol != "leave-one-out":  # everybody has had all they want, and that is left out there
        assert outcome.mean("ndcg@10") == 1
    for name, values in outcome.values.items():
        assert len(values) == len(exam.requests), name
        if not name.startswith(("brand-run", "category-entropy", "content-diversity")):
            assert np.nanmin(values) >= 0, name
            assert np.nanmax(values) <= 1, name


def test_parts_of_any_size_give_the_same_outcome(shop) -> None:
    exam = exam_of(shop, SplitSpec(), "temporal")
    fitted = Popularity(by_category=True).fit(shop, exam.split.train_end)
    whole = evaluate(fitted, shop, exam.requests, EvaluationOptions())
    small = evaluate(fitted, shop, exam.requests, EvaluationOptions(part_mib=0))
    for name, values in whole.values.items():
        np.testing.assert_array_equal(values, small.values[name])
    assert whole.totals == small.totals


def test_a_report_compares_models_with_the_best_baseline_and_shows_segments(shop, tmp_path) -> None:
    exam = exam_of(shop, SplitSpec(), "temporal")
    entrants = [*baselines(exam, no_time), judged(exam, Oracle(shop), no_time)]
    masks = segments(exam.dataset, exam.requests, exam.split.train_end, exam.options)
    report = report_of(entrants, masks, exam.split.spec)
    assert [each.outcome.name for each in report.entrants] == [
        "popularity", "popularity-category", "popularity-recent", "item-knn", "oracle",
    ]  # fmt: skip
    assert {each.against for each in report.differences} == {"item-knn"}
    assert all(each.decided for each in report.differences if each.metric == "ndcg@10")
    write_json(report, tmp_path / "report.json")
    body = json.loads((tmp_path / "report.json").read_text())
    assert body["models"][-1]["metrics"]["ndcg@10"]["value"] == 1
    assert body["split"]["kind"] == "temporal"
    console = Console(record=True, width=250)
    for table in tables(report):
        console.print(table)
    shown = console.export_text()
    for word in ("oracle", "customer: returning", "surface: home", "item-knn, the best baseline"):
        assert word in shown


def test_segments_tell_known_from_new_customers_and_repeats_from_discoveries(make_dataset) -> None:
    rows = [{"customer_key": 1, "at_ms": t, "item_key": t % 2} for t in range(40)]
    rows += [{"customer_key": 2, "at_ms": 100 + t, "item_key": t % 6} for t in range(40)]
    dataset = make_dataset(rows)
    exam = exam_of(dataset, SplitSpec(valid_from_ms=20, test_from_ms=30), "temporal")
    masks = segments(dataset, exam.requests, exam.split.train_end, exam.options)
    assert masks["customer: new"].sum() == 39  # the first request of customer 2 has no history
    repeat = is_repeat(dataset, exam.requests)
    assert repeat.sum() == 10 + 34  # customer 1 only repeats; customer 2 discovers six items
    assert masks["wants: seen before"].sum() == 44


def test_popularity_known_before_the_test_leaves_the_tested_actions_out(make_dataset) -> None:
    dataset = make_dataset([{"customer_key": 1, "at_ms": t, "item_key": t % 3} for t in range(20)])
    exam = exam_of(dataset, SplitSpec(kind="leave-one-out"), "leave-one-out")
    counts = counts_before(dataset, exam.requests, "leave-one-out")
    assert counts.sum() == 19


def test_popularity_known_before_the_test_is_the_same_for_a_choice_of_its_requests(make_dataset) -> None:
    rows = [{"customer_key": u, "at_ms": t, "item_key": t % 3} for u in (1, 2, 3) for t in range(20)]
    exam = exam_of(make_dataset(rows), SplitSpec(valid_from_ms=10, test_from_ms=15), "temporal")
    one = exam.requests.part(0, 1)
    assert counts_before(exam.dataset, one, "temporal").sum() == 3 * 15
    assert counts_before(exam.dataset, exam.requests, "temporal").sum() == 3 * 15


def test_a_protocol_on_the_wrong_split_is_refused(shop) -> None:
    with pytest.raises(EvaluationError, match="leave-one-out cannot be judged on a temporal split"):
        exam_of(shop, SplitSpec(), "leave-one-out")


def test_all_baselines_stand_at_their_best_and_what_was_tuned_before_is_not_tried_again(
    shop, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(rivals, "lineup", lambda dataset, timed, seed: first_lineup(dataset, timed=timed))
    exam, journal = exam_of(shop, SplitSpec(), "temporal"), tmp_path / "temporal.journal"
    first = list(all_baselines(exam, no_time, journal))
    looks = []

    def watched() -> float:
        looks.append(0.0)
        return 0.0

    again = list(all_baselines(exam, watched, journal))
    assert len(looks) == 4 * len(
        again
    )  # when it is fitted and when it is judged: no trial looks at the clock
    assert [each.settings for each in again] == [each.settings for each in first]
    assert [each.settings for each in first] == [each.settings for each in baselines(exam, no_time)]
