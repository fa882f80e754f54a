import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score
from tests.evaluation.logged import pages_of

from shopwindow.errors import ContractError, EvaluationError
from shopwindow.evaluation.page_order import (
    YOURS,
    compared,
    order_of,
    outcome_of,
    random_order,
    tells,
    your_order,
)


@dataclass(frozen=True)
class Fixed:
    """One score for each item, whoever asks."""

    by_item: tuple[float, ...]
    name: str = "fixed"

    def scores(self, requests):
        return np.tile(np.array(self.by_item, dtype=np.float32), (len(requests), 1))


def test_the_shops_own_order_is_judged_as_it_stood() -> None:
    # Wanted second of three, and first of two.
    pages = pages_of([[5, 3, 4], [2, 0]], [[0, 1, 0], [2, 0]])
    found = outcome_of(YOURS, pages, your_order(pages))
    assert found.values["ndcg@10"].tolist() == pytest.approx([1 / math.log2(3), 1])
    assert found.values["mrr@20"].tolist() == [1 / 2, 1]


def test_the_shops_order_is_counted_on_each_page_because_float32_cannot_count_past_sixteen_million() -> None:
    pages = pages_of([[5, 3, 4], [2, 0]], [[0, 1, 0], [2, 0]])
    assert your_order(pages).tolist() == [0, -1, -2, 0, -1]


def test_a_model_reorders_the_same_items(make_dataset) -> None:
    dataset = make_dataset([{"customer_key": key, "at_ms": 0, "item_key": 0} for key in range(2)])
    pages = pages_of([[5, 3, 4], [2, 0]], [[0, 1, 0], [2, 0]])
    score = order_of(Fixed((1.0, 0, 0, 9.0, 0, 2.0)), dataset, pages)
    assert score.tolist() == [2, 9, 0, 0, 1]
    ours, yours = outcome_of("fixed", pages, score), outcome_of(YOURS, pages, your_order(pages))
    assert ours.values["ndcg@page"].tolist() == pytest.approx([1, 1 / math.log2(3)])
    found = compared(ours, yours)
    assert (found.better, found.worse, found.equal) == (0.5, 0.5, 0.0)
    with pytest.raises(ContractError, match=r"scores are \(2, 3\)"):
        order_of(Fixed((1.0, 2.0, 3.0)), dataset, pages)


def test_pages_where_all_or_nothing_was_wanted_tell_nothing() -> None:
    pages = pages_of([[0, 1], [0, 1], [0, 1], [0, -1]], [[0, 0], [1, 1], [0, 1], [1, 0]])
    assert pages.where(tells(pages)).requests.customer.tolist() == [
        2
    ]  # on the last page only one item is known
    with pytest.raises(EvaluationError, match="page_id"):
        outcome_of(YOURS, pages.where(np.zeros(4, dtype=bool)), np.zeros(0, dtype=np.float32))


def test_an_item_that_is_unknown_takes_no_place() -> None:
    pages = pages_of([[-1, 3, 4]], [[0, 1, 0]])
    assert outcome_of(YOURS, pages, your_order(pages)).values["ndcg@10"].tolist() == [1]


@given(st.integers(0, 999))
def test_whole_pages_agree_with_sklearn(seed) -> None:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 9, 4)
    gains = [np.append(rng.integers(0, 3, size - 1), 1).tolist() for size in sizes]
    pages = pages_of([list(range(size)) for size in sizes], gains)
    score = rng.random(len(pages.row), dtype=np.float32)
    found = outcome_of("any", pages, score).values["ndcg@page"]
    each = [
        ndcg_score([gain], [score[pages.offsets[n] : pages.offsets[n + 1]]]) for n, gain in enumerate(gains)
    ]
    assert found.tolist() == pytest.approx(each)


def test_a_random_order_of_two_is_right_half_of_the_time() -> None:
    pages = pages_of([[0, 1]] * 4000, [[1, 0]] * 4000)
    assert outcome_of("random", pages, random_order(pages, 0)).values["mrr@20"].mean() == pytest.approx(
        (1 + 1 / 2) / 2, abs=0.02
    )
    equal = outcome_of("equal", pages, np.zeros(len(pages.row), dtype=np.float32))  # ties are drawn as well
    assert equal.values["mrr@20"].mean() == pytest.approx(0.75, abs=0.02)
