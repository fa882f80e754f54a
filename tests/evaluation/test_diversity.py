import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwindow.evaluation import diversity

pages = st.lists(st.integers(-1, 3), min_size=1, max_size=8).map(
    lambda page: np.array([page], dtype=np.int32)
)


def test_the_longest_run_counts_equal_neighbours_and_unknown_breaks_it() -> None:
    labels = np.array([[3, 3, 1, 1, 1, 3], [-1, -1, 2, 2, -1, 2], [-1, -1, -1, -1, -1, -1]], dtype=np.int32)
    assert diversity.longest_run(labels).tolist() == [3, 2, 0]


def test_entropy_of_equal_halves_is_log_two() -> None:
    labels = np.array([[0, 1, 0, 1], [5, 5, 5, 5], [0, 1, -1, -1]], dtype=np.int32)
    np.testing.assert_allclose(diversity.label_entropy(labels), [math.log(2), 0, math.log(2)], atol=1e-12)


@given(pages)
def test_a_run_is_the_longest_stretch_of_equal_known_neighbours(labels) -> None:
    page = labels[0].tolist()
    stretches = [page[i:j] for i in range(len(page)) for j in range(i + 1, len(page) + 1)]
    longest = max((len(each) for each in stretches if len(set(each)) == 1 and each[0] >= 0), default=0)
    assert diversity.longest_run(labels).tolist() == [longest]


@given(pages)
def test_entropy_and_diversity_follow_their_definitions(labels) -> None:
    known = [label for label in labels[0].tolist() if label >= 0]
    shares = [known.count(each) / len(known) for each in set(known)]
    assert diversity.label_entropy(labels)[0] == pytest.approx(-sum(p * math.log(p) for p in shares))
    differ = [one != other for one, other in combinations(known, 2)]
    found = diversity.label_diversity(labels)[0]
    assert found == pytest.approx(np.mean(differ)) if differ else math.isnan(found)


@given(st.lists(st.integers(-1, 4), min_size=1, max_size=7), st.integers(0, 99))
def test_content_diversity_is_the_mean_distance_of_all_pairs(page, seed) -> None:
    content = np.random.default_rng(seed).normal(size=(5, 3)).astype(np.float32)
    content /= np.linalg.norm(content, axis=1, keepdims=True)
    content[4] = 0  # nothing is known of item 4
    known = [content[row] for row in page if 0 <= row < 4]
    distances = [1 - float(one @ other) for one, other in combinations(known, 2)]
    found = diversity.content_diversity(content, np.array([page], dtype=np.int32))[0]
    assert found == pytest.approx(np.mean(distances), abs=1e-6) if distances else math.isnan(found)


def test_content_is_read_from_titles_and_kept_for_the_next_model(make_dataset) -> None:
    dataset = make_dataset([{"customer_key": 1, "at_ms": 0, "item_key": 0}])
    first = diversity.content_of(dataset.catalog, dataset.shop)
    assert first.shape[0] == dataset.num_items
    assert diversity.content_of(dataset.catalog, dataset.shop) is first
