import math
from dataclasses import replace

import numpy as np
import pytest
from tests.evaluation.test_page_order import pages_of

from shopwindow.errors import EvaluationError
from shopwindow.evaluation.head_weights import discounted, mixtures, pareto, weighed


def test_an_action_counts_by_the_place_where_the_score_puts_its_item_and_not_below_the_sixth() -> None:
    pages = pages_of([[0, 1, 2], [3, 4, 5, 6, 7, 8, 9]], [[1, 0, 1], [1, 0, 0, 0, 0, 0, 0]])
    acted = np.zeros((10, 2), dtype=bool)
    acted[0, 0] = acted[2, 0] = acted[2, 1] = acted[3, 0] = True
    score = np.array([1, 3, 2, 0, 1, 2, 3, 4, 5, 6], dtype=np.float32)
    found = discounted(pages, acted, score)
    assert found[0].tolist() == pytest.approx([1 / math.log2(4) + 1 / math.log2(3), 1 / math.log2(3)])
    assert found[1].tolist() == [0, 0]  # seventh


def test_the_front_holds_what_nothing_beats_everywhere() -> None:
    reached = np.array([[1.0, 0.0], [0.5, 0.5], [0.4, 0.5], [0.0, 1.0], [0.5, 0.5]])
    assert pareto(reached).tolist() == [True, True, False, True, True]


def test_mixtures_begin_with_the_values_and_each_head_alone_and_share_rare_heads_out_fairly() -> None:
    rates = np.array([0.1, 0.001], dtype=np.float32)
    tried = mixtures([1.0, 5.0], rates, 0)
    assert tried[:3].tolist() == [[0.2, 1.0], [1.0, 0.0], [0.0, 1.0]]
    rare_first = tried[3:, 1] * rates[1] > tried[3:, 0] * rates[0]
    assert 0.3 < rare_first.mean() < 0.7


@pytest.fixture
def shop():
    """The head of purchases is noise, that of clicks is right, and whoever clicks may buy."""
    rng = np.random.default_rng(0)
    pages = pages_of([rng.permutation(12).tolist() for _ in range(600)], [[0] * 12] * 600)
    size = 600 * 12
    click = rng.random(size) < 0.15
    purchase = click & (rng.random(size) < 0.2)
    p = np.stack([0.15 + 0.3 * click + 0.1 * rng.random(size), 0.03 + 0.2 * rng.random(size)], axis=1)
    return pages, np.stack([click, purchase], axis=1), p.astype(np.float32)


def test_weights_follow_the_head_that_can_tell_rather_than_the_values(shop) -> None:
    found = weighed(*shop, [0.01, 10.0])
    assert found.gain.low > 0
    weights = found.weights[found.chosen]
    assert weights[0] > 0.2 * weights[1]
    assert found.worth[found.chosen].value > found.worth[0].value
    assert not found.front[2]  # purchases alone: noise


def test_an_action_that_no_page_had_is_no_fault(shop) -> None:
    pages, acted, p = shop
    acted[:, 1] = False
    found = weighed(pages, acted, p, [1.0, 1.0])
    assert found.ndcg[:, 1].tolist() == [0.0] * len(found.weights)
    assert np.isfinite(found.ndcg).all()


def test_a_single_customer_leaves_nobody_to_judge_by(shop) -> None:
    pages, acted, p = shop
    alone = replace(pages, requests=replace(pages.requests, customer=np.zeros(len(pages), dtype=np.int32)))
    with pytest.raises(EvaluationError, match="at least two customers, came 1"):
        weighed(alone, acted, p, [1.0, 1.0])
