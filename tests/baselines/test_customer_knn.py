import math

import pytest
from scipy.sparse import csr_matrix

from shopwindow.baselines.customer_knn import CustomerKnn, strongest


def test_a_score_is_the_sum_of_the_cosines_of_those_who_wanted_the_item(make_dataset, scores_after) -> None:
    wanted = [(0, 1), (0, 1, 2), (3, 4)]
    rows = [
        {"customer_key": u, "at_ms": 10 * u + t, "item_key": i}
        for u, items in enumerate(wanted)
        for t, i in enumerate(items)
    ]
    scores = scores_after(make_dataset, rows, CustomerKnn(idf=False), [0])
    assert scores[1] == pytest.approx(1 / math.sqrt(2) + 1 / math.sqrt(3), rel=1e-4)
    assert scores[2] == pytest.approx(1 / math.sqrt(3), rel=1e-4)
    assert scores[[3, 4]] == pytest.approx(0, abs=1e-5)
    nearest = scores_after(make_dataset, rows, CustomerKnn(idf=False, neighbours=1), [0])
    assert nearest[1] == pytest.approx(1 / math.sqrt(2), rel=1e-4)


def test_idf_makes_a_rare_item_in_common_count_for_more(make_dataset, scores_after) -> None:
    rows = [{"customer_key": u, "at_ms": 10 * u, "item_key": 0} for u in range(6)]  # everybody wants item 0
    rows += [{"customer_key": 0, "at_ms": 1, "item_key": 2}, {"customer_key": 7, "at_ms": 90, "item_key": 1}]
    rows += [{"customer_key": 7, "at_ms": 91, "item_key": 3}]
    rare = scores_after(make_dataset, rows, CustomerKnn(idf=True), [0, 1])
    assert rare[3] > rare[2]  # by item 1, wanted by one other, before item 0
    assert scores_after(make_dataset, rows, CustomerKnn(idf=False), [0, 1])[[2, 3]] == pytest.approx(
        1 / math.sqrt(2), rel=1e-4
    )


def test_the_strongest_of_each_row_are_kept() -> None:
    found = strongest(csr_matrix([[3.0, 1.0, 2.0], [0.0, 5.0, 0.0]]), 2)
    assert found.toarray().tolist() == [[3.0, 0.0, 2.0], [0.0, 5.0, 0.0]]
