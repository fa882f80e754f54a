import numpy as np
import pytest

from shopwindow.errors import ContractError
from shopwindow.index.exact import ExactSlices, exact_slices
from shopwindow.index.scope import Scope, whole
from shopwindow.index.vectors import Vectors
from shopwindow.schema.arrays import Float, Rows

DIM = 16
NONE = np.empty(0, dtype=np.int32)


def index_of(num_rows: int, seed: int = 0) -> ExactSlices:
    rows = np.random.default_rng(seed).standard_normal((num_rows, DIM)).astype(np.float32)
    return exact_slices(Vectors.of(rows, np.arange(num_rows, dtype=np.int32)))


def query_of(seed: int) -> Float:
    return np.random.default_rng(seed + 1_000).standard_normal(DIM).astype(np.float32)


def best_of(index: ExactSlices, query: Float, rows: Rows, limit: int) -> list[int]:
    scores = index.vectors.scores(query, rows)
    return rows[np.lexsort((index.vectors.tie[rows], -scores))][:limit].tolist()


@pytest.mark.parametrize("seed", range(40))
def test_any_slice_lists_and_mask_give_exactly_the_best_rows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    index = index_of(num_rows := int(rng.integers(1, 3_000)), seed)
    first, last = np.sort(rng.integers(0, num_rows + 1, 2)).tolist()
    outside = np.setdiff1d(np.arange(num_rows, dtype=np.int32), np.arange(first, last))
    others = np.sort(rng.permutation(outside)[: int(rng.integers(0, 40))])
    allowed = None if seed % 3 == 0 else rng.random(num_rows) < rng.random()
    scope = Scope(first=first, last=last, others=others, allowed=allowed)
    rows = np.concatenate([np.arange(first, last, dtype=np.int32), others])
    rows = rows if allowed is None else rows[allowed[rows]]
    for limit in (1, 24, 5_000):
        found = index.search(query_of(seed), limit, scope)
        assert found.rows.tolist() == best_of(index, query_of(seed), rows, limit)


def test_the_answer_does_not_depend_on_how_a_shop_is_cut_into_slices() -> None:
    index = index_of(num_rows=2_111)
    for seed in range(20):
        query = query_of(seed)
        at_once = index.search(query, 2_111)
        score_of_row = dict(zip(at_once.rows.tolist(), at_once.scores.tolist(), strict=True))
        bounds = np.unique(np.random.default_rng(seed).integers(0, 2_111, 7)).tolist()
        for first, last in zip([0, *bounds], [*bounds, 2_111], strict=True):
            part = index.search(query, 2_111, Scope(first=first, last=last, others=NONE))
            assert part.scores.tolist() == [score_of_row[row] for row in part.rows.tolist()]
            assert part.rows.tolist() == [row for row in at_once.rows.tolist() if first <= row < last]


def test_rows_that_differ_by_less_than_rounding_still_stand_in_their_computed_order() -> None:
    rng = np.random.default_rng(0)
    one = rng.standard_normal(DIM).astype(np.float32)
    rows = (one + 1e-7 * rng.standard_normal((1_000, DIM))).astype(np.float32)
    index = exact_slices(Vectors.of(rows, np.arange(1_000, dtype=np.int32)))
    found = index.search(one, 10)
    assert found.rows.tolist() == best_of(index, one, np.arange(1_000, dtype=np.int32), 10)


def test_equal_items_keep_their_order_when_rows_are_renumbered() -> None:
    keys = np.arange(50, dtype=np.int32)
    ones = np.ones((50, DIM), dtype=np.float32)
    query = np.ones(DIM, dtype=np.float32)
    before = keys[exact_slices(Vectors.of(ones, keys)).search(query, 50).rows]
    after = keys[::-1][exact_slices(Vectors.of(ones, keys[::-1])).search(query, 50).rows]
    assert before.tolist() == after.tolist()


def test_an_empty_scope_finds_nothing() -> None:
    found = index_of(10).search(query_of(0), 5, Scope(first=4, last=4, others=NONE))
    assert (len(found.rows), len(found.scores)) == (0, 0)


def test_nothing_allowed_finds_nothing() -> None:
    assert len(index_of(10).search(query_of(0), 5, whole(10, np.zeros(10, dtype=np.bool_))).rows) == 0


def test_a_scope_beyond_the_rows_is_refused() -> None:
    with pytest.raises(ContractError, match="rows 3 to 11, expected within 0 to 10"):
        index_of(10).search(query_of(0), 5, Scope(first=3, last=11, others=NONE))


def test_a_mask_of_another_catalogue_is_refused() -> None:
    with pytest.raises(ContractError, match=r"allowed is \(9,\), expected \(10,\)"):
        index_of(10).search(query_of(0), 5, whole(10, np.ones(9, dtype=np.bool_)))


def test_a_scan_copy_of_other_vectors_is_refused() -> None:
    vectors = Vectors.of(np.ones((5, DIM), dtype=np.float32), np.arange(5, dtype=np.int32))
    with pytest.raises(ContractError, match=r"scan copy is \(16, 4\), expected \(16, 5\)"):
        ExactSlices(vectors=vectors, scan=np.ones((DIM, 4), dtype=np.float32), max_norm=4.0)
