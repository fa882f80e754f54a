import numpy as np
import pytest

from shopwindow.errors import ContractError
from shopwindow.serving.candidates import CandidateSet, Proposals, merge


def proposals(*pairs: tuple[int, float]) -> Proposals:
    rows = np.array([row for row, _ in pairs], dtype=np.int32)
    return Proposals(rows, np.array([score for _, score in pairs], dtype=np.float32))


def test_a_row_stands_where_the_first_source_put_it_with_its_score() -> None:
    merged = merge(["a", "b"], [proposals((3, 0.5), (1, 0.2)), proposals((7, 90.0), (3, 80.0))])
    assert merged.rows.tolist() == [3, 1, 7]
    assert merged.score.tolist() == pytest.approx([0.5, 0.2, 90.0])
    assert merged.retrieval[0].tolist() == pytest.approx([0.5, 80.0])
    assert np.isnan(merged.retrieval[1, 1])
    assert np.isnan(merged.retrieval[2, 0])


def test_no_source_at_all_is_an_empty_set() -> None:
    assert len(merge([], [])) == 0


@pytest.mark.parametrize("seed", range(100))
def test_merge_loses_nothing_and_doubles_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    brought = []
    for _ in range(rng.integers(1, 5)):
        rows = rng.choice(50, size=rng.integers(0, 30), replace=False).astype(np.int32)
        brought.append(Proposals(rows, rng.standard_normal(len(rows)).astype(np.float32)))
    merged = merge([str(n) for n in range(len(brought))], brought)
    assert sorted(merged.rows.tolist()) == sorted({row for each in brought for row in each.rows.tolist()})
    for column, each in enumerate(brought):
        by_row = dict(zip(each.rows.tolist(), each.scores.tolist(), strict=True))
        for row, score in zip(merged.rows.tolist(), merged.retrieval[:, column].tolist(), strict=True):
            assert (row not in by_row) if np.isnan(score) else score == by_row[row]


def test_a_candidate_twice_is_refused() -> None:
    with pytest.raises(ContractError, match="comes twice"):
        merge(["a"], [proposals((1, 1.0), (1, 2.0))])


def test_a_selection_cannot_name_what_is_not_there() -> None:
    with pytest.raises(ContractError, match="cannot invent"):
        merge(["a"], [proposals((1, 1.0))]).take(np.array([1]))


def test_a_selection_cannot_name_a_candidate_twice() -> None:
    with pytest.raises(ContractError, match="comes twice"):
        merge(["a"], [proposals((1, 1.0))]).take(np.array([0, 0]))


def test_outcomes_are_weighed_and_order_the_set() -> None:
    candidates = merge(["a"], [proposals((1, 3.0), (2, 2.0), (3, 1.0))])
    outcomes = np.array([[0.1, 0.0], [0.2, 0.5], [0.9, 0.0]], dtype=np.float32)
    scored = candidates.scored(outcomes, np.array([1.0, 2.0], dtype=np.float32))
    assert scored.rows.tolist() == [2, 3, 1]
    assert scored.score.tolist() == pytest.approx([0.2 + 2 * 0.5, 0.9, 0.1])


def test_outcomes_of_another_shape_are_refused() -> None:
    candidates = merge(["a"], [proposals((1, 3.0))])
    with pytest.raises(ContractError, match="one row per candidate"):
        candidates.scored(np.zeros((2, 1), np.float32), np.ones(1, np.float32))


def test_arrays_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ContractError, match="expected retrieval"):
        CandidateSet(
            sources=("a",),
            rows=np.zeros(1, np.int32),
            retrieval=np.zeros((2, 1), np.float32),
            outcomes=np.zeros((1, 0), np.float32),
            score=np.zeros(1, np.float32),
        )
