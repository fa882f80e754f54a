import numpy as np
from tests.conftest import SMALL_SHOP, action_rows, small_catalog_table

from shopwindow.datasets.build_columns import columns_from_table
from shopwindow.datasets.dataset import dataset_of
from shopwindow.datasets.made_pages import listed_pages, made_pages
from shopwindow.datasets.requests import requests_of_events
from shopwindow.schema.catalog import catalog_of

HOUR_MS = 3_600_000
ACTIONS = [
    {"customer_key": 7, "at_ms": 1 * HOUR_MS, "item_key": 0, "action": "click"},
    {"customer_key": 7, "at_ms": 5 * HOUR_MS, "item_key": 3, "action": "click"},
    {"customer_key": 7, "at_ms": 5 * HOUR_MS, "item_key": 3, "action": "purchase"},
    {"customer_key": 7, "at_ms": 5 * HOUR_MS, "item_key": 1, "action": "click"},
    {"customer_key": 7, "at_ms": 6 * HOUR_MS, "item_key": 2, "action": "hide"},
    {"customer_key": 9, "at_ms": 7 * HOUR_MS, "item_key": 4, "action": "cart"},
]  # fmt: skip


def small_shop():
    columns = columns_from_table(action_rows(ACTIONS), None, SMALL_SHOP)
    return dataset_of(SMALL_SHOP, columns, catalog_of(small_catalog_table()))


def made(dataset, lists, size=4, seed=0):
    events = np.arange(dataset.columns.num_events)
    return made_pages(dataset, events, lists, size, np.random.default_rng(seed))


def everything(dataset):
    return lambda requests: np.tile(np.arange(dataset.num_items, dtype=np.int32), (len(requests), 1))


def test_a_page_holds_what_was_wanted_each_action_told_apart_and_some_of_the_list() -> None:
    dataset = small_shop()
    pages = made(dataset, everything(dataset))
    assert pages.requests.at_ms.tolist() == [1 * HOUR_MS, 5 * HOUR_MS, 7 * HOUR_MS]  # nobody wants to hide
    assert np.diff(pages.offsets).tolist() == [4, 4, 4]
    names = dataset.shop.action_names
    second = slice(int(pages.offsets[1]), int(pages.offsets[2]))
    done = {
        int(dataset.catalog.item_key[row]): [name for name, yes in zip(names, acted, strict=True) if yes]
        for row, acted in zip(pages.row[second], pages.acted[second], strict=True)
    }
    assert done[3] == ["click", "purchase"]
    assert done[1] == ["click"]
    assert len(done) == 4
    assert sum(len(each) for each in done.values()) == 3
    assert pages.requests.truth_gain.tolist()[1:3] in ([1, 5], [5, 1])


def test_items_have_random_places_and_stand_once_on_a_page() -> None:
    dataset = small_shop()
    first = set()
    for seed in range(40):
        pages = made(dataset, everything(dataset), seed=seed)
        page = pages.row[pages.offsets[1] : pages.offsets[2]].tolist()
        assert len(set(page)) == len(page)
        first.add(page[0])
    assert len(first) == dataset.num_items  # what was wanted and what was not


def test_what_was_not_in_the_shop_before_the_moment_is_left_out() -> None:
    dataset = small_shop()
    dataset.catalog.first_seen_ms[:] = 0
    late = dataset.catalog.rows_of(np.array([4], dtype=np.int32))[0]
    dataset.catalog.first_seen_ms[late] = 7 * HOUR_MS  # comes to be by the very action
    pages = made(dataset, everything(dataset))
    assert pages.requests.at_ms.tolist() == [1 * HOUR_MS, 5 * HOUR_MS]


def test_wanted_items_are_on_the_page_when_the_list_has_none() -> None:
    dataset = small_shop()
    pages = made(dataset, lambda requests: np.full((len(requests), 2), -1, dtype=np.int32))
    assert np.diff(pages.offsets).tolist() == [1, 2, 1]


def test_given_lists_become_pages_in_their_order() -> None:
    dataset = small_shop()
    requests = requests_of_events(dataset, np.arange(dataset.columns.num_events))
    rows = np.array([[2, -1, 0], [-1, -1, -1], [5, 4, 3]], dtype=np.int32)
    pages = listed_pages(dataset, requests, rows)
    assert pages.row.tolist() == [2, 0, 5, 4, 3]
    assert pages.offsets.tolist() == [0, 2, 2, 5]
    assert not pages.acted.any()
    assert len(pages.requests.truth_rows) == 0
