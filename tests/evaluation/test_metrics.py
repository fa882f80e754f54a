import math

import numpy as np
import pytest

from shopwindow.evaluation import metrics
from shopwindow.evaluation.metrics import MISSED, Ranks


def ranks(*requests: dict[int, float], candidates: int = 10) -> Ranks:
    """One dict per request: rank (0 = first) -> gain."""
    return Ranks(
        request=np.repeat(np.arange(len(requests)), [len(each) for each in requests]),
        rank=np.array([rank for each in requests for rank in each], dtype=np.int64),
        gain=np.array([gain for each in requests for gain in each.values()], dtype=np.float32),
        num_candidates=np.full(len(requests), candidates),
    )


def test_one_hit_at_rank_two_scores_one_over_log2_of_three() -> None:
    assert metrics.ndcg(ranks({1: 1.0}), 3).tolist() == pytest.approx([1 / math.log2(3)])


def test_a_hit_beyond_k_scores_nothing() -> None:
    assert metrics.ndcg(ranks({3: 1.0}), 3).tolist() == [0]
    assert metrics.recall(ranks({3: 1.0}), 3).tolist() == [0]


def test_gains_grade_the_order() -> None:
    # A purchase (gain 5) second and a click (gain 1) first, where the reverse would be best.
    found, best = 1 + 5 / math.log2(3), 5 + 1 / math.log2(3)
    assert metrics.ndcg(ranks({0: 1.0, 1: 5.0}), 10).tolist() == pytest.approx([found / best])


def test_the_best_order_is_cut_at_k_too() -> None:
    assert metrics.ndcg(ranks({0: 1.0, 1: 1.0, 5: 1.0}), 2).tolist() == pytest.approx([1.0])


def test_recall_precision_and_reciprocal_rank_by_hand() -> None:
    two = ranks({1: 1.0, 4: 1.0, MISSED: 1.0}, {0: 1.0})
    assert metrics.recall(two, 5).tolist() == pytest.approx([2 / 3, 1])
    assert metrics.precision(two, 5).tolist() == pytest.approx([2 / 5, 1 / 5])
    assert metrics.reciprocal_rank(two, 5).tolist() == pytest.approx([1 / 2, 1])
    assert metrics.reciprocal_rank(two, 1).tolist() == [0, 1]


def test_auc_is_the_share_of_pairs_in_the_right_order() -> None:
    # Ten candidates, wanted at places 1 and 3 (of 0..9): eight unwanted, of which one and two are above.
    assert metrics.auc(ranks({1: 1.0, 3: 1.0})).tolist() == pytest.approx([(7 / 8 + 6 / 8) / 2])
    assert metrics.auc(ranks({0: 1.0})).tolist() == [1]
    assert metrics.auc(ranks({9: 1.0})).tolist() == [0]
    assert metrics.auc(ranks({MISSED: 1.0})).tolist() == [0]
    assert np.isnan(metrics.auc(ranks({0: 1.0}, candidates=1))).all()


def test_recall_of_some_wanted_items_applies_only_where_there_are_some() -> None:
    found = metrics.recall_of(ranks({0: 1.0, 7: 1.0}, {0: 1.0}), np.array([False, True, False]), 5)
    assert found[0] == 0
    assert np.isnan(found[1])


def test_a_page_with_any_hit_is_a_hit() -> None:
    assert metrics.hit_rate(ranks({1: 1.0, 2: 1.0}, {3: 1.0}), 3).tolist() == [1, 0]
