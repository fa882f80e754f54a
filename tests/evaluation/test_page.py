from dataclasses import replace

import numpy as np
import pytest

from shopwindow.datasets.split import SplitSpec
from shopwindow.document import Document, Verdict
from shopwindow.evaluation.backtest import Backtest
from shopwindow.evaluation.backtest_page import windows_section
from shopwindow.evaluation.page import page_of
from shopwindow.evaluation.protocol import CURVE_AT, Outcome
from shopwindow.evaluation.report import Entrant, Report, report_of
from shopwindow.evaluation.summary import summary
from shopwindow.evaluation.table import in_time

REQUESTS = 400


def entrant(name: str, mean: float, *, baseline: bool, seed: int = 0, protocol="temporal") -> Entrant:
    values = np.random.default_rng(seed).normal(mean, 0.1, REQUESTS)
    curve = np.linspace(0, mean, len(CURVE_AT))
    outcome = Outcome(
        name=name,
        protocol=protocol,
        values={"ndcg@10": values, "recall@10": values, "brand-run@24": values * 10},
        totals={"coverage@10": 0.5, "popularity@10": 0.7},
        customer=np.arange(REQUESTS, dtype=np.int32),
        curves={"recall": curve, "ndcg": curve},
        stale={60_000: values / 2},
    )
    return Entrant(outcome=outcome, settings="as it is", baseline=baseline, seconds=1.0, peak_mib=512.0)


def report(ours: float, protocol="temporal", seed: int = 0) -> Report:
    entrants = [
        entrant("item-knn", 0.4, baseline=True, protocol=protocol),
        entrant("two-tower", ours, baseline=False, seed=seed, protocol=protocol),
    ]
    half = np.arange(REQUESTS) < REQUESTS // 2
    return report_of(
        entrants,
        {"history: 1 to 4": half, "surface: home": ~half},
        SplitSpec(test_from_ms=0, valid_from_ms=-1),
    )


def verdicts(found: Report) -> list[Verdict]:
    return [each for each in summary(found) if isinstance(each, Verdict)]


def test_a_clear_lead_is_said_with_its_size_and_both_tests() -> None:
    first = verdicts(report(0.5))[0]
    assert first.tone == "good"
    assert first.words.startswith("Model two-tower is ahead of the best baseline, item-knn, by 0.1000 (25%)")
    assert "both tests agree (bootstrap p = 0.002, t-test p < 0.001, after Holm)" in first.words


def test_a_clear_defeat_is_not_hidden_and_names_the_segments() -> None:
    first, second = verdicts(report(0.3))
    assert (first.tone, second.tone) == ("bad", "look")
    assert "behind the best baseline" in first.words
    assert "clearly behind item-knn in: " in second.words
    assert "surface: home (by 0.1000, 200 requests)" in second.words


def test_what_cannot_be_told_says_what_it_would_take() -> None:
    found = report(0.402, seed=1)
    first = verdicts(found)[0]
    assert first.tone == "look"
    assert "too close to call. To tell a difference of this size from chance takes about" in first.words


def test_on_your_own_pages_a_defeat_is_no_verdict_because_they_lean() -> None:
    found = report(0.3, protocol="replay")
    assert verdicts(found)[0].tone == "look"
    assert any("lean towards your order" in each.words for each in summary(found))


def test_the_page_holds_every_section_and_every_model() -> None:
    html = page_of(report(0.5), "Evaluation").html()
    for heading in ("In short", "Accuracy", "Comparison", "Beyond accuracy", "Segments", "Stale inputs"):
        assert f"<h2>{heading}</h2>" in html
    assert html.count("<svg") == 2 + 1 + 2 + 1  # curves, popularity, two families of segments, staleness
    assert "two-tower" in html
    assert "<script" not in html


def test_the_page_says_what_each_of_its_figures_means_and_no_others() -> None:
    html = page_of(report(0.5), "Evaluation").html()
    for name in ("ndcg", "recall", "brand-run", "coverage", "popularity"):
        assert f"<td>{name}</td>" in html
    assert "<td>gini</td>" not in html


def test_every_metric_has_a_mean_in_every_segment() -> None:
    found = report(0.5)
    values = found.entrants[1].outcome.values["brand-run@24"][: REQUESTS // 2]
    assert found.segment_means["history: 1 to 4"]["two-tower"]["brand-run@24"] == pytest.approx(values.mean())


def test_windows_are_rows_with_their_first_moment() -> None:
    one = report(0.5)
    later = replace(one, split=SplitSpec(valid_from_ms=0, test_from_ms=86_400_000))
    section = windows_section(Backtest(windows=(one, later), whole=one), tz_offset_ms=3_600_000)
    html = Document(title="Backtest", lead="", sections=(section,)).html()
    assert "1970-01-01 01:00" in html
    assert "1970-01-02 01:00" in html


@pytest.mark.parametrize(
    ("duration_ms", "words"),
    [
        (1000, "1 s"),
        (90_000, "90 s"),
        (60_000, "1 min"),
        (600_000, "10 min"),
        (86_400_000, "1 d"),
        (10_800_000, "3 h"),
    ],
)
def test_durations_are_said_as_people_say_them(duration_ms, words) -> None:
    assert in_time(duration_ms) == words
