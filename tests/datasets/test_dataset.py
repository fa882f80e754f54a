import numpy as np

from shopwindow.datasets.dataset import sampled_categories, with_sampled_categories
from shopwindow.features.journey import standard_offset_ms


def test_keys_become_rows_and_paths_become_nodes(make_dataset) -> None:
    dataset = make_dataset(
        [
            {"customer_key": 1, "at_ms": 1, "item_key": 4, "category": "a"},
            {"customer_key": 1, "at_ms": 2, "item_key": 99, "category": "gone"},
            {"customer_key": 1, "at_ms": 3, "item_key": 0, "action": "hide"},
        ]
    )
    assert dataset.catalog.item_key[dataset.item_row[0]] == 4
    assert dataset.item_row[1] == -1
    assert dataset.category_node.tolist() == [dataset.catalog.categories.codes()["a"], -1, -1]
    assert dataset.wanted().tolist() == [True, False, False]


def test_a_sampled_category_is_an_ancestor_of_the_item_and_logged_ones_stay(make_dataset) -> None:
    rows = [{"customer_key": 1, "at_ms": n, "item_key": n % 6} for n in range(600)]
    dataset = make_dataset([*rows, {"customer_key": 1, "at_ms": 600, "item_key": 0, "category": "b"}])
    drawn = with_sampled_categories(dataset, np.random.default_rng(0)).category_node
    tree, node = dataset.catalog.categories, dataset.catalog.categories.codes()
    for row, category in zip(dataset.item_row[:600], drawn[:600], strict=True):
        assert category in tree.ancestors(int(dataset.catalog.category[row]))
    assert drawn[600] == node["b"]
    in_a_x = drawn[:600][dataset.catalog.category[dataset.item_row[:600]] == node["a/x"]]
    shares = np.bincount(in_a_x, minlength=len(tree))[[0, node["a"], node["a/x"]]] / len(in_a_x)
    np.testing.assert_allclose(shares, 1 / 3, atol=0.1)  # 200 draws, three ancestors
    np.testing.assert_array_equal(drawn, sampled_categories(dataset, np.random.default_rng(0)))


def test_standard_time_has_no_summer() -> None:
    assert standard_offset_ms("Europe/Berlin") == 3_600_000
    assert standard_offset_ms("Australia/Sydney") == 10 * 3_600_000
