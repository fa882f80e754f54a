import faiss
import numpy as np
import pytest

from shopwindow.index.exact import ExactSlices, exact_slices
from shopwindow.index.faiss_index import build_lists
from shopwindow.index.recall import GateConfig, Queries, gated_lists, perturbed
from shopwindow.index.scope import Scope, whole
from shopwindow.index.shop_index import ShopIndex
from shopwindow.index.vectors import Vectors
from shopwindow.schema.arrays import Float

DIM = 16
GATE = GateConfig(limit=20, min_recall=0.9, min_items=1_000, probes=(1, 2, 4, 8, 16, 32, 64))


@pytest.fixture(scope="module")
def index() -> ExactSlices:
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((40, DIM))
    rows = centres[np.arange(4_000) % 40] + 0.3 * rng.standard_normal((4_000, DIM))
    return exact_slices(Vectors.of(rows.astype(np.float32), np.arange(4_000, dtype=np.int32)))


def queries(index: ExactSlices) -> Queries:
    return perturbed(index.vectors.rows, 60, seed=1)


def test_an_index_with_enough_recall_passes_and_says_what_was_measured(index: ExactSlices) -> None:
    found, report = gated_lists(index, queries(index), GATE)
    assert found is not None
    assert report.used
    assert report.recall >= 0.9
    assert (report.num_queries, report.queries) == (30, "perturbed item vectors")
    assert found.num_probes == report.num_probes


def test_more_recall_costs_more_probes(index: ExactSlices) -> None:
    def probes(min_recall: float) -> int:
        gate = GateConfig(limit=20, min_recall=min_recall, min_items=1_000, probes=GATE.probes)
        return gated_lists(index, queries(index), gate)[1].num_probes

    assert probes(0.5) < probes(0.999)


def test_an_index_below_the_gate_does_not_serve(index: ExactSlices) -> None:
    gate = GateConfig(limit=20, min_recall=0.999, min_items=1_000, probes=(1,))
    found, report = gated_lists(index, queries(index), gate)
    assert found is None
    assert not report.used
    assert "is below 0.999" in report.reason


def test_a_small_shop_is_searched_exactly(index: ExactSlices) -> None:
    found, report = gated_lists(index, queries(index), GateConfig())
    assert found is None
    assert report.reason == "4000 items: below 50000 the exact scan serves"


def test_without_queries_nothing_was_measured_and_nothing_approximate_serves(index: ExactSlices) -> None:
    none = Queries(values=np.empty((0, DIM), dtype=np.float32), source="customers")
    assert gated_lists(index, none, GATE)[0] is None


def test_the_same_vectors_give_the_same_lists_to_the_last_byte(index: ExactSlices) -> None:
    one, two = (faiss.serialize_index(build_lists(index.vectors.rows, 64)) for _ in range(2))
    assert one.tobytes() == two.tobytes()


@pytest.fixture(scope="module")
def shop(index: ExactSlices) -> ShopIndex:
    found, _ = gated_lists(index, queries(index), GATE)
    return ShopIndex(exact=index, lists=found, gate_limit=20, min_share=GATE.min_share)


def query(index: ExactSlices) -> Float:
    return queries(index).values[0]


def test_a_narrow_slice_is_searched_exactly_even_where_lists_exist(shop: ShopIndex) -> None:
    scope = Scope(first=7, last=500, others=np.empty(0, dtype=np.int32))
    expected = shop.exact.search(query(shop.exact), 20, scope)
    assert shop.search(query(shop.exact), 20, scope).rows.tolist() == expected.rows.tolist()


def test_a_wide_slice_that_the_gate_measured_is_searched_in_the_lists_with_that_recall(
    index: ExactSlices,
) -> None:
    scope = Scope(first=1_000, last=3_000, others=np.array([5, 3_999], dtype=np.int32))
    found, report = gated_lists(index, queries(index), GATE, [scope])
    wide = ShopIndex(exact=index, lists=found, gate_limit=20, min_share=report.min_share)
    share, recall = next(each for each in report.slices if each[0] == 2_002 / 4_000)
    assert share >= report.min_share
    shares = []
    for each in queries(index).values[1::2]:
        rows, best = wide.search(each, 20, scope).rows, index.search(each, 20, scope).rows
        assert set(rows.tolist()) <= {5, 3_999, *range(1_000, 3_000)}
        shares.append(len(np.intersect1d(rows, best)) / 20)
    assert np.mean(shares) == pytest.approx(recall)


def test_slices_below_the_gate_are_scanned_exactly_and_so_are_all_narrower_ones(index: ExactSlices) -> None:
    """The allowed rows lie where no query looks: few lists find few of them."""
    centre = np.arange(4_000) % 40
    hidden = Scope(first=0, last=4_000, others=np.empty(0, dtype=np.int32), allowed=centre < 12)
    asked = Queries(values=index.vectors.rows[centre >= 36][:60], source="items of four other centres")
    gate = GateConfig(limit=20, min_recall=0.9, min_items=1_000, probes=(6,), min_share=0.1)
    found, report = gated_lists(index, asked, gate, [hidden])
    assert report.used
    assert report.min_share > 0.3
    shop = ShopIndex(exact=index, lists=found, gate_limit=20, min_share=report.min_share)
    for each in asked.values:
        assert shop.search(each, 20, hidden).rows.tolist() == index.search(each, 20, hidden).rows.tolist()


@pytest.mark.parametrize("share", [0.9, 0.6, 0.3, 0.001])
def test_a_mask_is_obeyed_and_the_page_is_full_whatever_it_lets_through(
    shop: ShopIndex, share: float
) -> None:
    allowed = np.random.default_rng(2).random(4_000) < share
    for each in queries(shop.exact).values:
        rows = shop.search(each, 20, whole(4_000, allowed)).rows
        assert allowed[rows].all()
        assert len(rows) == min(20, np.count_nonzero(allowed))


def test_more_rows_than_the_gate_measured_come_from_the_exact_scan(shop: ShopIndex) -> None:
    found = shop.search(query(shop.exact), 500)
    assert found.rows.tolist() == shop.exact.search(query(shop.exact), 500).rows.tolist()
