from dataclasses import dataclass, replace

import numpy as np
import pytest
from tests.evaluation.logged import pages_of

from shopwindow.datasets.split import SplitSpec
from shopwindow.document import Document
from shopwindow.errors import EvaluationError
from shopwindow.evaluation.comparison import exam_of
from shopwindow.evaluation.order_report import (
    OrderExam,
    entrant_of,
    off_policy_section,
    orders,
    page_by_page,
)
from shopwindow.evaluation.report import report_of


@dataclass(frozen=True)
class Likes:
    """Puts item 2 first."""

    name: str = "likes-2"

    def scores(self, requests):
        scores = np.zeros((len(requests), 6), dtype=np.float32)
        scores[:, 2] = 1
        return scores


@pytest.fixture
def exam(make_dataset):
    rows = [{"customer_key": n % 200, "at_ms": n, "item_key": n % 6, "surface": "home"} for n in range(400)]
    return exam_of(make_dataset(rows), SplitSpec(valid_from_ms=100, test_from_ms=200), "temporal")


def on_home(pages, at_ms):
    """The pages on the first surface, all at this moment."""
    number = len(pages)
    requests = replace(
        pages.requests, surface=np.zeros(number, dtype=np.int32), at_ms=np.full(number, at_ms, dtype=np.int64)
    )
    return replace(pages, requests=requests)


def text_of(*sections) -> str:
    return Document(title="T", lead="", sections=sections).html()


def test_models_and_chance_stand_against_the_shops_order(exam) -> None:
    pages = on_home(pages_of([[0, 2]] * 100, [[0, 1]] * 100), at_ms=300)
    order = OrderExam.of(exam, pages, most=0)
    report = report_of([*orders(order), entrant_of(order, Likes(), "")], order.surfaces(), exam.split.spec)
    assert {each.against for each in report.differences} == {"your order"}
    assert report.means["likes-2"]["mrr@20"].value == 1
    assert report.means["your order"]["mrr@20"].value == 1 / 2
    assert report.segments["surface: home"][0] == 100
    assert "<td>likes-2</td><td class=right>100.0%</td>" in text_of(page_by_page(report))


def test_pages_of_the_training_period_are_not_asked(exam) -> None:
    pages = on_home(pages_of([[0, 2]] * 100, [[0, 1]] * 100), at_ms=150)
    with pytest.raises(EvaluationError, match=r"of the test period .* none of 0"):
        OrderExam.of(exam, pages, most=0)


def test_an_item_that_never_came_into_view_is_no_rival(exam) -> None:
    pages = on_home(pages_of([[0, 2, 4]] * 100, [[0, 0, 1]] * 100), at_ms=300)
    pages = replace(pages, seen=np.tile([False, True, True], 100))
    order = OrderExam.of(exam, pages, most=10)
    assert len(order.telling) == 10
    assert order.telling.row.tolist() == [2, 4] * 10


def test_pages_of_one_item_speak_through_their_propensities_alone(exam) -> None:
    shown = np.arange(1000) % 4
    pages = pages_of(
        [[row] for row in shown], [[int(row == 2)] for row in shown], [np.full(1, 1 / 4) for _ in shown]
    )
    order = OrderExam.of(exam, on_home(pages, at_ms=300), most=0)
    assert orders(order) == []
    html = text_of(off_policy_section(order, [Likes()]))
    # Chances of item 2: e^(s / T) with scores 0, 0, 1, 0 brought to deviation 1, s = 4 / sqrt(3) apart.
    odds = np.exp(4 / np.sqrt(3))
    assert f"{odds / (odds + 3):.4f}" in html
    assert "<td class=right>1,000</td>" in html


def test_without_propensities_the_section_says_what_to_log(exam) -> None:
    pages = on_home(pages_of([[0, 2]] * 100, [[0, 1]] * 100), at_ms=300)
    assert "column propensities" in text_of(off_policy_section(OrderExam.of(exam, pages, most=0), [Likes()]))
