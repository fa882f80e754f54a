import numpy as np
import pyarrow as pa
import pytest

from shopwindow.schema.catalog import Catalog, catalog_of
from shopwindow.schema.items import ITEMS


def catalog(*items: tuple[int, list[str] | None]) -> Catalog:
    rows = [
        dict.fromkeys(ITEMS.names) | {"item_key": key, "item_id": str(key), "categories": paths}
        for key, paths in items
    ]
    return catalog_of(pa.Table.from_pylist(rows, schema=ITEMS))


def keys_in(found: Catalog, path: str) -> list[int]:
    return sorted(found.item_key[found.rows_in(found.categories.codes()[path])].tolist())


def test_a_subtree_is_one_slice_of_rows() -> None:
    found = catalog((0, ["b"]), (1, ["a/y"]), (2, ["a/x"]), (3, None), (4, ["a"]), (5, ["a/x"]))
    assert found.item_key.tolist() == [3, 4, 2, 5, 1, 0]
    assert found.slice_of(found.categories.codes()["a"]) == (1, 5)
    assert found.slice_of(0) == (0, 6)
    assert found.table.column("item_key").to_pylist() == found.item_key.tolist()


def test_further_categories_are_found_once() -> None:
    found = catalog((0, ["a/x", "a/y", "sale"]), (1, ["sale"]), (2, ["b", "sale", "sale"]))
    assert keys_in(found, "a") == [0]
    assert keys_in(found, "a/y") == [0]
    assert keys_in(found, "sale") == [0, 1, 2]
    assert keys_in(found, "") == [0, 1, 2]


def test_a_key_finds_its_row_and_gaps_find_none() -> None:
    found = catalog((5, ["b"]), (2, ["a"]))
    assert found.row_of_key().tolist() == [-1, -1, 0, -1, -1, 1]
    assert found.rows_of(np.array([5, 2, 3, -1, 6], dtype=np.int32)).tolist() == [1, 0, -1, -1, -1]


def test_an_empty_catalogue_is_a_root_without_rows() -> None:
    found = catalog()
    assert len(found) == 0
    assert found.slice_of(0) == (0, 0)
    assert found.row_of_key().tolist() == []


@pytest.mark.parametrize("seed", range(20))
def test_rows_in_agrees_with_looking_at_every_path(seed: int) -> None:
    rng = np.random.default_rng(seed)
    names = ["a", "a/b", "a/b/c", "a/d", "e", "e/f", "a!b"]
    items = [(int(key), list(rng.choice(names, rng.integers(0, 4)))) for key in rng.permutation(30)]
    found = catalog(*items)
    for path in found.categories.paths:
        wanted = sorted(
            key
            for key, paths in items
            if not path or any((each + "/").startswith(path + "/") for each in paths)
        )
        assert keys_in(found, path) == wanted
