import pyarrow as pa
import pytest
from tests.conftest import rows_as

from shopwindow.datasets.build_columns import counted
from shopwindow.datasets.exposures import in_view, listed
from shopwindow.features.journey import hashed
from shopwindow.features.windowed.events import kinds
from shopwindow.schema.events import IMPRESSIONS, PAGES


def test_each_item_of_a_page_was_listed_at_the_pages_time(small_shop) -> None:
    pages = [
        {"at_ms": 5, "customer_key": 1, "surface": "search", "query": "Boots", "items": [3, 4]},
        {"at_ms": 6, "customer_key": None, "surface": "window", "items": None},
        {"at_ms": 7, "customer_key": None, "surface": "home", "items": [3]},
    ]
    found = listed(rows_as(pages, PAGES), small_shop)
    assert found.at_ms.tolist() == [5, 5, 7]
    assert found.item_key.tolist() == [3, 4, 3]
    assert found.customer_key.tolist() == [1, 1, -1]
    assert found.query.tolist() == [hashed("boots"), hashed("boots"), -1]
    assert found.surface.tolist() == [
        small_shop.surface_names.index(name) for name in ("search", "search", "home")
    ]
    assert {kinds(small_shop)[kind] for kind in found.kind} == {"listed"}


def test_an_impression_is_an_event_of_its_item(small_shop) -> None:
    found = in_view(rows_as([{"at_ms": 5, "customer_key": 1, "item_key": 3}], IMPRESSIONS), small_shop)
    assert (found.at_ms.tolist(), found.item_key.tolist(), found.customer_key.tolist()) == ([5], [3], [1])
    assert kinds(small_shop)[found.kind[0]] == "impression"
    assert (found.query.tolist(), found.surface.tolist()) == ([-1], [-1])


@pytest.mark.parametrize(
    "empty", [PAGES.empty_table(), IMPRESSIONS.empty_table()], ids=["pages", "impressions"]
)
def test_nothing_shown_is_no_event(small_shop, empty: pa.Table) -> None:
    make = listed if "items" in empty.column_names else in_view
    assert len(make(empty, small_shop)) == 0


def test_test_impressions_and_customers_who_declined_are_not_counted(customer_table) -> None:
    rows = [
        {"item_key": 1, "customer_key": 1, "test": True},
        {"item_key": 2, "customer_key": 2},
        {"item_key": 3, "customer_key": 3},
        {"item_key": 4, "customer_key": None},
    ]
    kept = counted(rows_as(rows, IMPRESSIONS), customer_table([{"customer_key": 2, "consent": False}]))
    assert kept.column("item_key").to_pylist() == [3, 4]
