import numpy as np
import pytest

from shopwindow.datasets.build_columns import columns_from_table
from shopwindow.datasets.columns import ARRAYS, load_columns, save_columns
from shopwindow.errors import DatasetError
from shopwindow.features.journey import hashed


def test_events_are_sorted_by_customer_then_time_then_arrival(action_table, small_shop) -> None:
    rows = [
        {"customer_key": 9, "at_ms": 5, "item_key": 0},
        {"customer_key": 4, "at_ms": 7, "item_key": 1},
        {"customer_key": 4, "at_ms": 3, "item_key": 2},
        {"customer_key": 4, "at_ms": 3, "item_key": 3},
    ]
    columns = columns_from_table(action_table(rows), None, small_shop)
    assert columns.customer_key.tolist() == [4, 9]
    assert columns.offsets.tolist() == [0, 3, 4]
    assert columns.item_key.tolist() == [2, 3, 1, 0]
    assert columns.customer_of_event().tolist() == [0, 0, 0, 1]


def test_words_become_places_codes_and_hashes_and_absence_is_minus_one(action_table, small_shop) -> None:
    rows = [
        {"customer_key": 1, "at_ms": 1, "item_key": 0, "action": "cart", "surface": "browse", "category": "b",
         "query": "Red Shoe", "position": 3, "device": "phone"},
        {"customer_key": 1, "at_ms": 2, "item_key": 0, "category": "a/x"},
    ]  # fmt: skip
    columns = columns_from_table(action_table(rows), None, small_shop)
    assert columns.action.tolist() == [small_shop.action_names.index("cart"), 0]
    assert columns.surface.tolist() == [small_shop.surface_names.index("browse"), -1]
    assert columns.category_paths == ("a/x", "b")
    assert columns.category.tolist() == [1, 0]
    assert columns.query.tolist() == [hashed("red shoe"), -1]
    assert columns.position.tolist() == [3, -1]
    assert columns.device.tolist() == [hashed("phone")]


def test_test_events_and_customers_without_consent_are_left_out(
    action_table, customer_table, small_shop
) -> None:
    rows = [
        {"customer_key": 1, "at_ms": 1, "item_key": 0, "test": True},
        {"customer_key": 2, "at_ms": 1, "item_key": 1},
        {"customer_key": 3, "at_ms": 1, "item_key": 2},
    ]
    people = [
        {"customer_key": 2, "consent": False, "country": "de"},
        {"customer_key": 3, "consent": None, "country": "fr"},
    ]
    columns = columns_from_table(action_table(rows), customer_table(people), small_shop)
    assert columns.customer_key.tolist() == [3]
    assert columns.country.tolist() == [hashed("fr")]


def test_an_action_the_shop_does_not_know_is_refused_by_name(action_table, small_shop) -> None:
    rows = [{"customer_key": 1, "at_ms": 1, "item_key": 0, "action": "teleport"}]
    with pytest.raises(DatasetError, match=r"came .teleport.; append it to shop\.toml"):
        columns_from_table(action_table(rows), None, small_shop)


@pytest.mark.parametrize("num_events", [0, 1, 7])
def test_what_is_saved_is_loaded_memory_mapped(action_table, small_shop, tmp_path, num_events: int) -> None:
    rows = [{"customer_key": n % 3, "at_ms": n, "item_key": n, "category": "b"} for n in range(num_events)]
    built = columns_from_table(action_table(rows), None, small_shop)
    save_columns(built, tmp_path / "columns")
    loaded = load_columns(tmp_path / "columns")
    assert loaded.fingerprint == built.fingerprint
    assert loaded.category_paths == built.category_paths
    for name in ARRAYS:
        assert isinstance(getattr(loaded, name), np.memmap)
        np.testing.assert_array_equal(getattr(loaded, name), getattr(built, name))


def test_new_columns_replace_the_old_while_those_are_being_read(action_table, small_shop, tmp_path) -> None:
    first = columns_from_table(
        action_table([{"customer_key": 1, "at_ms": 1, "item_key": 5}]), None, small_shop
    )
    second = columns_from_table(
        action_table([{"customer_key": 1, "at_ms": 1, "item_key": 6}]), None, small_shop
    )
    save_columns(first, tmp_path)
    reader = load_columns(tmp_path)
    save_columns(second, tmp_path)
    assert reader.item_key.tolist() == [5]
    assert load_columns(tmp_path).item_key.tolist() == [6]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([second.fingerprint, "manifest.json"])


def test_missing_columns_say_what_to_do(tmp_path) -> None:
    with pytest.raises(DatasetError, match="import data first"):
        load_columns(tmp_path)
