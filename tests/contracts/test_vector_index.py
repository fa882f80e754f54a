"""The suite every VectorIndex adapter passes."""

from collections.abc import Callable

import numpy as np
import pytest

from shopwindow.errors import ContractError
from shopwindow.index.exact import exact_slices
from shopwindow.index.faiss_index import FaissIndex, build_lists
from shopwindow.index.shop_index import ShopIndex
from shopwindow.index.vector_index import VectorIndex
from shopwindow.index.vectors import Vectors
from shopwindow.schema.arrays import Float

DIM = 24
ROWS, CENTRES = 3_000, 60


def clustered(seed: int) -> Float:
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((CENTRES, DIM))
    return (centres[np.arange(ROWS) % CENTRES] + 0.4 * rng.standard_normal((ROWS, DIM))).astype(np.float32)


def exact(vectors: Vectors) -> VectorIndex:
    return exact_slices(vectors)


def faiss_lists(vectors: Vectors) -> VectorIndex:
    num_lists = min(32, len(vectors))
    return FaissIndex(vectors=vectors, lists=build_lists(vectors.rows, num_lists), num_probes=16)


def shop(vectors: Vectors) -> VectorIndex:
    lists = FaissIndex(vectors=vectors, lists=build_lists(vectors.rows, min(32, len(vectors))), num_probes=16)
    return ShopIndex(exact=exact_slices(vectors), lists=lists, gate_limit=50)


@pytest.fixture(params=[exact, faiss_lists, shop], ids=["exact", "faiss", "shop"])
def make(request: pytest.FixtureRequest) -> Callable[[Vectors], VectorIndex]:
    return request.param


@pytest.fixture
def vectors() -> Vectors:
    return Vectors.of(clustered(0), np.arange(ROWS, dtype=np.int32))


def queries(vectors: Vectors, num: int) -> Float:
    rng = np.random.default_rng(1)
    near = vectors.rows[rng.integers(0, len(vectors), num)]
    return (near + 0.3 * rng.standard_normal((num, DIM))).astype(np.float32)


def test_finds_nearly_all_of_the_best_rows(make: Callable[[Vectors], VectorIndex], vectors: Vectors) -> None:
    index = make(vectors)
    shares = []
    for query in queries(vectors, 40):
        best = np.argsort(-(vectors.rows.astype(np.float64) @ query))[:50]
        shares.append(len(np.intersect1d(index.search(query, 50).rows, best)) / 50)
    assert np.mean(shares) >= 0.95


def test_rows_are_unique_and_scores_descend(make: Callable[[Vectors], VectorIndex], vectors: Vectors) -> None:
    index = make(vectors)
    for query in queries(vectors, 20):
        rows, scores = index.search(query, 50)
        assert len(rows) == len(set(rows.tolist())) == len(scores) == 50
        assert np.all(np.diff(scores) <= 0)


def test_a_row_has_the_same_score_to_the_last_bit_in_every_index(
    make: Callable[[Vectors], VectorIndex], vectors: Vectors
) -> None:
    index = make(vectors)
    for query in queries(vectors, 20):
        rows, scores = index.search(query, 40)
        alone = [vectors.scores(query, rows[place : place + 1])[0] for place in range(40)]
        assert scores.tolist() == alone


def test_the_same_search_twice_is_the_same_answer(
    make: Callable[[Vectors], VectorIndex], vectors: Vectors
) -> None:
    first, second = make(vectors), make(vectors)
    for query in queries(vectors, 10):
        one, two = first.search(query, 30), second.search(query, 30)
        assert one.rows.tolist() == two.rows.tolist()
        assert one.scores.tolist() == two.scores.tolist()


def test_types_are_rows_and_float32(make: Callable[[Vectors], VectorIndex], vectors: Vectors) -> None:
    rows, scores = make(vectors).search(queries(vectors, 1)[0], 5)
    assert (rows.dtype, scores.dtype) == (np.int32, np.float32)


def test_a_query_is_not_changed(make: Callable[[Vectors], VectorIndex], vectors: Vectors) -> None:
    query = queries(vectors, 1)[0]
    before = query.copy()
    make(vectors).search(query, 5)
    assert query.tolist() == before.tolist()


def test_found_rows_of_equal_score_stand_in_an_order_that_rows_do_not_decide(
    make: Callable[[Vectors], VectorIndex],
) -> None:
    same = Vectors.of(np.ones((200, DIM), dtype=np.float32), np.arange(200, dtype=np.int32))
    rows = make(same).search(np.ones(DIM, dtype=np.float32), 40).rows
    assert np.all(np.diff(same.tie[rows].astype(np.float64)) > 0)
    assert rows.tolist() != sorted(rows.tolist())


def test_a_query_of_the_wrong_width_is_refused(
    make: Callable[[Vectors], VectorIndex], vectors: Vectors
) -> None:
    with pytest.raises(ContractError, match=r"query is float32 \(25,\), expected float32 \(24,\)"):
        make(vectors).search(np.ones(25, dtype=np.float32), 5)


def test_a_query_that_is_not_a_number_is_refused(
    make: Callable[[Vectors], VectorIndex], vectors: Vectors
) -> None:
    with pytest.raises(ContractError, match="not finite"):
        make(vectors).search(np.full(DIM, np.nan, dtype=np.float32), 5)


def test_a_limit_below_one_is_refused(make: Callable[[Vectors], VectorIndex], vectors: Vectors) -> None:
    with pytest.raises(ContractError, match="limit is 0, expected at least 1"):
        make(vectors).search(np.ones(DIM, dtype=np.float32), 0)


def test_one_item_is_found(make: Callable[[Vectors], VectorIndex]) -> None:
    one = Vectors.of(np.full((1, DIM), 0.5, dtype=np.float32), np.array([7], dtype=np.int32))
    rows, scores = make(one).search(np.ones(DIM, dtype=np.float32), 500)
    assert (rows.tolist(), scores.tolist()) == ([0], [0.5 * DIM])
