from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import SMALL_SHOP, action_rows, customer_rows, rows_as, small_catalog_table

from shopwindow.datasets.build_columns import columns_from_table
from shopwindow.datasets.dataset import dataset_of
from shopwindow.datasets.page_examples import PagePlan, head_gains, kept_share, page_batches, whole_pages
from shopwindow.datasets.pages import PageTables, logged_pages
from shopwindow.errors import ConfigError, DatasetError
from shopwindow.schema.catalog import catalog_of
from shopwindow.schema.events import IMPRESSIONS, PAGES

HOUR_MS = 3_600_000
ACTIONS = [
    {"customer_key": 7, "at_ms": 1 * HOUR_MS, "item_key": 0},
    {"customer_key": 7, "at_ms": 5 * HOUR_MS - 1, "item_key": 2},
    {"customer_key": 7, "at_ms": 5 * HOUR_MS, "item_key": 3, "page_id": "p1", "action": "click"},
    {"customer_key": 7, "at_ms": 5 * HOUR_MS + 1, "item_key": 3, "page_id": "p1", "action": "cart"},
    {"customer_key": 7, "at_ms": 5 * HOUR_MS + 2, "item_key": 1, "page_id": "p1", "action": "hide"},
]
PAGE = {
    "page_id": "p1", "at_ms": 5 * HOUR_MS, "customer_key": 7, "surface": "browse", "category": "a",
    "items": [1, 3, 0, 99],
}  # fmt: skip
QUIET = PAGE | {"page_id": "p2", "at_ms": 9 * HOUR_MS, "items": [4, 5]}


def shop_of(pages, actions=ACTIONS):
    """Data set and pages of a shop of six items."""
    columns = columns_from_table(action_rows(actions), None, SMALL_SHOP)
    dataset = dataset_of(SMALL_SHOP, columns, catalog_of(small_catalog_table()))
    tables = PageTables(
        pages=rows_as(pages, PAGES),
        impressions=rows_as([], IMPRESSIONS),
        actions=action_rows(actions),
        customers=customer_rows([]),
    )
    return logged_pages(dataset, tables)


def only_batch(dataset, pages, plan, seed=0):
    (batch,) = page_batches(dataset, pages, plan, 10, np.random.default_rng(seed))
    return batch


def test_a_page_gives_what_was_acted_on_and_others_with_one_label_for_each_head() -> None:
    dataset, pages = shop_of([PAGE])
    batch = only_batch(dataset, pages, PagePlan())
    assert PagePlan().head_names(dataset.shop) == ("click", "wishlist", "cart", "purchase")
    assert dataset.catalog.item_key[batch.row].tolist() == [1, 3, 0]  # item 99 is not known
    assert batch.label.tolist() == [[0, 0, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]]
    assert batch.position.tolist() == [0, 1, 2]
    assert batch.shown.tolist() == [pages.row.tolist()]
    browse = dataset.shop.surface_names.index("browse")
    assert batch.surface.tolist() == [browse] * 3
    assert head_gains(dataset, PagePlan()).tolist() == [1, 2, 3, 5]


def test_whole_pages_give_every_place_unknown_items_too() -> None:
    dataset, pages = shop_of([PAGE, QUIET])
    batch = whole_pages(dataset, pages, PagePlan())
    assert batch.row.tolist() == pages.row.tolist()
    assert batch.page.tolist() == [0] * 4 + [1] * 2
    assert batch.position.tolist() == [0, 1, 2, 3, 0, 1]
    assert batch.label.sum(axis=1).tolist() == [0, 2, 0, 0, 0, 0]


def test_the_journey_ends_before_the_page_and_carries_its_context() -> None:
    dataset, pages = shop_of([PAGE])
    journey = only_batch(dataset, pages, PagePlan()).journey
    assert dataset.catalog.item_key[journey.item].tolist() == [
        [0, 2]
    ]  # not the click at the page's own moment
    assert journey.length.tolist() == [2]
    assert journey.category[0, 2] == dataset.catalog.categories.codes()["a"]
    assert journey.wait[0, 2] == pytest.approx(np.log1p(0.001))
    assert journey.hour[0, 2] == 5 + 1  # Berlin


@given(st.integers(0, 999))
def test_whatever_happens_from_the_page_on_its_history_stays_as_it_was(seed) -> None:
    rng = np.random.default_rng(seed)
    dataset, pages = shop_of([PAGE])
    late = np.asarray(dataset.columns.at_ms) >= PAGE["at_ms"]
    row = np.where(late, rng.integers(0, 6, len(late)), dataset.item_row).astype(np.int32)
    before = only_batch(dataset, pages, PagePlan()).journey
    after = only_batch(replace(dataset, item_row=row), pages, PagePlan()).journey
    assert np.array_equal(before.item, after.item)


def test_a_history_that_reads_on_into_its_page_would_be_seen() -> None:
    dataset, pages = shop_of([PAGE])
    leaking = replace(pages, requests=replace(pages.requests, history_end=pages.requests.history_end + 1))
    journey = only_batch(dataset, leaking, PagePlan()).journey
    assert dataset.catalog.item_key[journey.item].tolist() == [[0, 2, 3]]  # the answer


@given(st.integers(0, 999), st.integers(1, 6))
def test_negatives_are_so_many_per_positive_each_once_and_never_wanted(seed, negatives) -> None:
    dataset, pages = shop_of([PAGE | {"items": [1, 3, 0, 99, 2, 4, 5]}])
    batch = only_batch(dataset, pages, PagePlan(negatives=negatives), seed)
    positive = batch.label.any(axis=1)
    assert positive.sum() == 1
    assert (~positive).sum() == min(negatives, 5)  # of six known items one was wanted
    assert len(set(batch.row.tolist())) == len(batch.row)
    assert (batch.row >= 0).all()
    assert np.array_equal(pages.row[batch.position], batch.row)


def test_every_other_item_is_drawn_as_often_as_any() -> None:
    dataset, pages = shop_of([PAGE | {"items": [1, 3, 0, 2, 4]}])
    drawn = np.zeros(5)
    for seed in range(2000):
        batch = only_batch(dataset, pages, PagePlan(negatives=1), seed)
        drawn[batch.position] += 1
    assert drawn[1] == 2000
    np.testing.assert_allclose(drawn[[0, 2, 3, 4]], 2000 / 4, rtol=0.2)


def test_an_item_that_was_wanted_by_no_head_is_no_negative_either() -> None:
    dataset, pages = shop_of([PAGE | {"items": [1, 3, 0]}, QUIET])
    batch = only_batch(dataset, pages, PagePlan(heads=("purchase",), every_page=True))
    assert dataset.catalog.item_key[batch.row].tolist() == [1, 0, 4, 5]  # nobody bought 3, but it was clicked


def test_pages_without_a_positive_are_left_out_unless_they_are_asked_for() -> None:
    dataset, pages = shop_of([PAGE, QUIET])
    assert len(only_batch(dataset, pages, PagePlan())) == 1
    batch = only_batch(dataset, pages, PagePlan(every_page=True, negatives=1))
    assert len(batch) == 2
    assert np.bincount(batch.page).tolist() == [2, 1]


def test_a_hidden_window_takes_the_latest_actions_away() -> None:
    dataset, pages = shop_of([PAGE])
    hidden = only_batch(dataset, pages, PagePlan(hide_share=1.0, hide_ms=2 * HOUR_MS)).journey
    assert dataset.catalog.item_key[hidden.item].tolist() == [[0]]
    assert hidden.wait[0, 1] == pytest.approx(np.log1p(4 * 3600))


def test_each_page_is_in_one_batch_and_equal_seeds_give_equal_batches() -> None:
    many = [PAGE | {"page_id": f"p{n}", "at_ms": n, "items": [n % 6, 3]} for n in range(1, 8)]
    actions = [
        {"customer_key": 7, "at_ms": n + 1, "item_key": n % 6, "page_id": f"p{n}", "action": "click"}
        for n in range(1, 8)
    ]
    dataset, pages = shop_of(many, actions)
    one, two = (list(page_batches(dataset, pages, PagePlan(), 3, np.random.default_rng(5))) for _ in "ab")
    assert [len(batch) for batch in one] == [len(batch) for batch in two]
    assert sorted(len(batch) for batch in one) == [1, 3, 3]
    wanted = sorted(row for batch in one for row in batch.row[batch.label[:, 0] > 0].tolist())
    assert wanted == sorted(pages.row[pages.acted[:, 0]].tolist())
    for left, right in zip(one, two, strict=True):
        assert np.array_equal(left.row, right.row)


def test_the_share_of_kept_zeros_counts_pages_that_were_left_out() -> None:
    dataset, pages = shop_of([PAGE | {"items": [1, 3, 0, 2, 4]}, QUIET])
    share = kept_share(dataset, pages, PagePlan(negatives=1))
    # click: one of the four others of the first page is kept, none of the two of the second; purchase: item 3, too
    assert share.tolist() == pytest.approx([1 / (4 + 2), 2 / (5 + 2), 1 / (4 + 2), 2 / (5 + 2)])


def test_a_head_that_the_shop_does_not_know_is_refused() -> None:
    dataset, pages = shop_of([PAGE])
    with pytest.raises(DatasetError, match=r"heads: expected some of click, .*came 'share'"):
        only_batch(dataset, pages, PagePlan(heads=("share",)))


@pytest.mark.parametrize("wrong", [{"negatives": 0}, {"hide_share": 1.5}])
def test_a_plan_without_negatives_or_with_no_share_is_refused(wrong) -> None:
    with pytest.raises(ConfigError, match="expected 1 or more negatives and a hide_share from 0 to 1"):
        PagePlan(**wrong)
