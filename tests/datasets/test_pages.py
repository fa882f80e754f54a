import numpy as np
import pytest
from tests.conftest import action_rows, customer_rows, rows_as

from shopwindow.datasets.pages import PageTables, logged_pages, with_customers
from shopwindow.errors import DatasetError
from shopwindow.schema.events import IMPRESSIONS, PAGES


def tables(pages, actions, customers=(), impressions=()):
    return PageTables(
        pages=rows_as(pages, PAGES),
        impressions=rows_as(impressions, IMPRESSIONS),
        actions=action_rows(actions),
        customers=customer_rows(customers),
    )


ACTIONS = [
    {"customer_key": 7, "at_ms": 5, "item_key": 0},
    {"customer_key": 7, "at_ms": 12, "item_key": 3, "page_id": "p1", "action": "click"},
    {"customer_key": 7, "at_ms": 13, "item_key": 3, "page_id": "p1", "action": "cart"},
    {"customer_key": 7, "at_ms": 14, "item_key": 1, "page_id": "p1", "action": "hide"},
    {"customer_key": 7, "at_ms": 15, "item_key": 5, "page_id": "p1"},  # not on the page
]
PAGE = {"page_id": "p1", "at_ms": 10, "customer_key": 7, "surface": "home", "items": [1, 3, 0]}


def test_a_page_knows_its_order_and_the_largest_gain_of_each_item(make_dataset) -> None:
    dataset, pages = logged_pages(make_dataset(ACTIONS), tables([PAGE], ACTIONS))
    assert dataset.catalog.item_key[pages.row].tolist() == [1, 3, 0]
    assert pages.gain.tolist() == [0, 3, 0]  # a cart counts 3, more than the click; hiding is no wish
    assert dataset.catalog.item_key[pages.requests.truth_rows].tolist() == [3]
    assert pages.requests.truth_gain.tolist() == [3]
    assert pages.requests.history_end.tolist() == [1]  # the action at 5, none after the page
    assert np.isnan(pages.propensity).all()


def test_every_action_on_an_item_of_the_page_is_known_by_name(make_dataset) -> None:
    dataset, pages = logged_pages(make_dataset(ACTIONS), tables([PAGE], ACTIONS))
    named = [
        [name for name, done in zip(dataset.shop.action_names, acted, strict=True) if done]
        for acted in pages.acted
    ]
    assert named == [["hide"], ["click", "cart"], []]


def test_what_is_done_later_is_not_known_yet(make_dataset) -> None:
    _, pages = logged_pages(make_dataset(ACTIONS), tables([PAGE], ACTIONS).acted_before(13))
    assert pages.gain.tolist() == [0, 1, 0]  # the click at 12, not the cart at 13
    assert pages.acted.sum() == 1


def test_pages_of_different_lengths_stand_side_by_side(make_dataset) -> None:
    later = PAGE | {"page_id": "p2", "at_ms": 30, "items": [4]}
    _, pages = logged_pages(make_dataset(ACTIONS), tables([PAGE, later], ACTIONS))
    assert pages.position().tolist() == [0, 1, 2, 0]
    assert pages.by_page().tolist() == [pages.row[:3].tolist(), [pages.row[3], -1, -1]]
    there, places = pages.cells(np.array([1, 0]))
    assert there.tolist() == [[True, False, False], [True, True, True]]
    assert places.tolist() == [3, 0, 1, 2]


def test_customers_who_never_acted_have_a_place_and_no_history(make_dataset) -> None:
    stranger = PAGE | {"page_id": "p2", "customer_key": 3, "at_ms": 11}
    dataset, pages = logged_pages(make_dataset(ACTIONS), tables([PAGE, stranger], ACTIONS))
    assert dataset.columns.customer_key[pages.requests.customer].tolist() == [7, 3]
    first = dataset.columns.offsets[pages.requests.customer]
    assert (pages.requests.history_end - first).tolist() == [1, 0]
    assert np.diff(pages.requests.truth_offsets).tolist() == [1, 0]


def test_new_customers_leave_the_events_of_others_where_they_were(make_dataset) -> None:
    before = make_dataset([{"customer_key": key, "at_ms": key, "item_key": 0} for key in (2, 4)])
    after = with_customers(before, np.array([1, 3, 4, 9]))
    assert after.columns.customer_key.tolist() == [1, 2, 3, 4, 9]
    assert after.columns.offsets.tolist() == [0, 0, 1, 1, 2, 2]


def test_tests_refusals_and_empty_pages_are_left_out(make_dataset) -> None:
    pages = [
        PAGE | {"page_id": "a", "test": True},
        PAGE | {"page_id": "b", "customer_key": 8},
        PAGE | {"page_id": "c", "items": []},
        PAGE,
    ]
    _, found = logged_pages(
        make_dataset(ACTIONS), tables(pages, ACTIONS, [{"customer_key": 8, "consent": False}])
    )
    assert len(found) == 1
    assert found.gain.tolist() == [0, 3, 0]


def test_propensities_stand_beside_their_items_and_an_item_counts_once(make_dataset) -> None:
    twice = PAGE | {"items": [1, 3, 1], "propensities": [0.5, 0.25, 0.75]}
    odd = PAGE | {"page_id": "p2", "at_ms": 20, "propensities": [0.5]}  # not one for each item
    dataset, pages = logged_pages(make_dataset(ACTIONS), tables([odd, twice], ACTIONS))
    assert pages.offsets.tolist() == [0, 2, 5]
    assert dataset.catalog.item_key[pages.row].tolist() == [1, 3, 1, 3, 0]
    np.testing.assert_array_equal(pages.propensity, np.float32([0.5, 0.25, np.nan, np.nan, np.nan]))


def test_items_that_the_catalogue_does_not_know_keep_their_place(make_dataset) -> None:
    _, pages = logged_pages(make_dataset(ACTIONS), tables([PAGE | {"items": [99, 3]}], ACTIONS))
    assert pages.row[0] == -1
    assert pages.gain.tolist() == [0, 3]


def test_chosen_pages_keep_their_items(make_dataset) -> None:
    later = PAGE | {"page_id": "p2", "at_ms": 30, "items": [4, 5]}
    _, pages = logged_pages(make_dataset(ACTIONS), tables([PAGE, later], ACTIONS))
    second = pages.where(pages.requests.at_ms > 20)
    assert (len(second), second.offsets.tolist()) == (1, [0, 2])
    np.testing.assert_array_equal(second.row, pages.row[3:])
    turned = pages.take(np.array([1, 0, 1]))
    assert turned.offsets.tolist() == [0, 2, 5, 7]
    np.testing.assert_array_equal(turned.row, np.r_[pages.row[3:], pages.row[:3], pages.row[3:]])
    assert turned.requests.at_ms.tolist() == [30, 10, 30]


def test_a_surface_that_the_shop_does_not_know_is_refused(make_dataset) -> None:
    with pytest.raises(DatasetError, match=r"surface: expected one of home, .*came 'moon'"):
        logged_pages(make_dataset(ACTIONS), tables([PAGE | {"surface": "moon"}], ACTIONS))


def test_what_came_into_view_or_was_wanted_is_seen_and_all_where_no_view_is_known(make_dataset) -> None:
    viewed = [{"page_id": "p1", "item_key": 1, "at_ms": 11, "customer_key": 7}]
    other = PAGE | {"page_id": "p2", "at_ms": 30}
    dataset, pages = logged_pages(make_dataset(ACTIONS), tables([PAGE, other], ACTIONS, impressions=viewed))
    assert pages.seen.tolist() == [True, True, False, True, True, True]  # item 3 was put into the cart
    only = pages.only(pages.seen)
    assert only.offsets.tolist() == [0, 2, 5]
    assert dataset.catalog.item_key[only.row].tolist() == [1, 3, 1, 3, 0]
