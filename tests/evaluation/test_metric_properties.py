"""Metrics against independent implementations: scikit-learn where it has them, the definition where it does not."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score, precision_score, recall_score, roc_auc_score

from shopwindow.evaluation import metrics
from shopwindow.evaluation.metrics import MISSED, Ranks
from shopwindow.evaluation.ranking import order_keys

few_scores = st.lists(st.sampled_from([-1.0, 0.0, 0.5, 2.0]), min_size=2, max_size=5)
many_scores = st.lists(st.floats(-5, 5, width=16), min_size=2, max_size=30, unique=True)


def ranks_of(scores, gains, tie) -> Ranks:
    """One request over all items; gains above 0 are wanted."""
    keys = order_keys(
        np.array([scores], dtype=np.float32), np.ones((1, len(scores)), dtype=bool), np.array(tie)
    )
    wanted = np.flatnonzero(np.array(gains) > 0)
    return Ranks(
        request=np.zeros(len(wanted), dtype=np.int64),
        rank=(keys[0] > keys[0][wanted, None]).sum(axis=1),
        gain=np.array(gains, dtype=np.float32)[wanted],
        num_candidates=np.array([len(scores)]),
    )


def drawn_gains(data, size):
    gains = data.draw(st.lists(st.sampled_from([0.0, 0.0, 1.0, 2.0, 5.0]), min_size=size, max_size=size))
    assume(any(gains) and not all(gains))
    return gains


def over_all_tie_orders(metric, scores, gains) -> float:
    orders = permutations(range(len(scores)))
    return float(np.mean([metric(ranks_of(scores, gains, tie))[0] for tie in orders]))


@given(few_scores, st.data())
def test_ndcg_over_all_tie_orders_is_the_tie_averaged_one_of_sklearn(scores, data) -> None:
    gains = drawn_gains(data, len(scores))
    k = data.draw(st.integers(1, len(scores)))
    found = over_all_tie_orders(lambda ranks: metrics.ndcg(ranks, k), scores, gains)
    assert found == pytest.approx(ndcg_score([gains], [scores], k=k))


@given(few_scores, st.data())
def test_auc_over_all_tie_orders_counts_equal_scores_half_as_sklearn_does(scores, data) -> None:
    gains = drawn_gains(data, len(scores))
    found = over_all_tie_orders(metrics.auc, scores, gains)
    assert found == pytest.approx(roc_auc_score(np.array(gains) > 0, scores))


@given(many_scores, st.data())
def test_without_ties_every_tie_order_agrees_with_sklearn(scores, data) -> None:
    gains, k = drawn_gains(data, len(scores)), data.draw(st.integers(1, len(scores)))
    ranks = ranks_of(scores, gains, np.random.default_rng(0).permutation(len(scores)))
    wanted, first = np.array(gains) > 0, np.zeros(len(scores), dtype=bool)
    first[np.argsort(-np.array(scores))[:k]] = True
    assert metrics.ndcg(ranks, k)[0] == pytest.approx(ndcg_score([gains], [scores], k=k))
    assert metrics.auc(ranks)[0] == pytest.approx(roc_auc_score(wanted, scores))
    assert metrics.recall(ranks, k)[0] == pytest.approx(recall_score(wanted, first))
    assert metrics.precision(ranks, k)[0] == pytest.approx(precision_score(wanted, first))
    assert metrics.hit_rate(ranks, k)[0] == float((wanted & first).any())


@given(
    st.lists(st.one_of(st.integers(0, 12), st.just(MISSED)), min_size=1, max_size=6, unique=True),
    st.integers(1, 12),
)
def test_the_reciprocal_rank_is_that_of_the_first_wanted_item(places, k) -> None:
    ranks = Ranks(
        request=np.zeros(len(places), dtype=np.int64),
        rank=np.array(places),
        gain=np.ones(len(places), dtype=np.float32),
        num_candidates=np.array([20]),
    )
    best = min(places)
    assert metrics.reciprocal_rank(ranks, k)[0] == (1 / (best + 1) if best < k else 0)


@settings(max_examples=3)
@given(st.integers(0, 2**32 - 1))
def test_equal_scores_favour_no_item(seed) -> None:
    # Ten items with one score: over many tie orders each is first about equally often, wherever it stands.
    rng = np.random.default_rng(seed)
    first = [
        int(
            np.argmax(
                order_keys(np.zeros((1, 10), np.float32), np.ones((1, 10), bool), rng.permutation(10))[0]
            )
        )
        for _ in range(2000)
    ]
    assert np.abs(np.bincount(first, minlength=10) - 200).max() < 6 * np.sqrt(180)  # 6 standard deviations
