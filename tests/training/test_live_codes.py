from dataclasses import replace

import numpy as np
import pytest
from tests.conftest import action_rows, customer_rows, rows_as

from shopwindow.datasets.build_columns import columns_from_table
from shopwindow.datasets.dataset import dataset_of
from shopwindow.datasets.exposures import exposures_of
from shopwindow.datasets.pages import PageTables, logged_pages
from shopwindow.datasets.split import SplitSpec
from shopwindow.errors import TrainingError
from shopwindow.features.windowed.freshness import Freshness
from shopwindow.models.attention import BlockConfig
from shopwindow.models.item_encoder import ItemEncoderConfig
from shopwindow.models.journey_encoder import JourneyEncoderConfig
from shopwindow.models.live import LiveScale
from shopwindow.models.ranker import RankerConfig
from shopwindow.schema.catalog import catalog_of
from shopwindow.schema.events import IMPRESSIONS, PAGES
from shopwindow.schema.items import ITEMS
from shopwindow.schema.shop import ShopConfig
from shopwindow.training.live_codes import LiveCodes
from shopwindow.training.page_split import page_split
from shopwindow.training.run import RankerRun
from shopwindow.training.train_ranker import load_ranker, train_ranker
from shopwindow.training.validation import page_ndcg_at_10, some_pages

NUM_ITEMS, NUM_PAGES, HOUR_MS, SHOP = 30, 600, 3_600_000, ShopConfig(name="fashions")


def shop_tables():
    """Strangers click what everybody clicked in the last hours: the wanted items change every 40 hours."""
    rng = np.random.default_rng(2)
    pages, actions = [], []
    for n in range(NUM_PAGES):
        fashion = np.random.default_rng(n // 40).permutation(NUM_ITEMS)[:10]
        shown = rng.permutation(NUM_ITEMS)[:8].tolist()
        common = {"customer_key": n, "surface": "home", "page_id": f"p{n}"}
        pages.append(common | {"at_ms": (n + 1) * HOUR_MS, "items": shown})
        actions += [
            common | {"at_ms": (n + 1) * HOUR_MS + 1, "item_key": item, "action": "click"}
            for item in shown if item in fashion
        ]  # fmt: skip
    return PageTables(
        pages=rows_as(pages, PAGES),
        impressions=rows_as([], IMPRESSIONS),
        actions=action_rows(actions),
        customers=customer_rows([]),
    )


@pytest.fixture(scope="module")
def tables():
    return shop_tables()


@pytest.fixture(scope="module")
def dataset(tables):
    items = [{"item_key": key, "item_id": f"i{key}", "first_seen_ms": 0} for key in range(NUM_ITEMS)]
    columns = columns_from_table(tables.actions, None, SHOP)
    return dataset_of(SHOP, columns, catalog_of(rows_as(items, ITEMS)))


@pytest.fixture(scope="module")
def codes(dataset, tables):
    dataset, pages = logged_pages(dataset, tables)
    return pages, LiveCodes.learned(dataset, pages, exposures_of(tables, SHOP), Freshness(), seed=0)


def column(codes, live, name):
    return codes[:, live.scale.names.index(name)]


def test_clicks_and_listings_of_the_last_day_are_counted_and_the_pages_own_are_not(codes, tables) -> None:
    pages, live = codes
    first = pages.where(np.arange(len(pages)) < 1)
    assert len(set(column(live.of_pages(first), live, "item.listed.1d"))) == 1  # its own listing is not seen
    late = pages.where(np.arange(len(pages)) == 100)
    listed = column(live.of_pages(late), live, "item.listed.1d")
    before = [row["items"] for row in tables.pages.to_pylist()[76:100]]
    times = [sum(int(row) in each for each in before) for row in late.row]
    assert np.corrcoef(listed, times)[0, 1] > 0.95


def test_pages_get_the_same_codes_together_and_one_by_one(codes) -> None:
    pages, live = codes
    some = pages.take(np.array([400, 3, 77]))
    together = live.of_pages(some)
    alone = [live.of_pages(pages.take(np.array([n]))) for n in (400, 3, 77)]
    assert np.array_equal(together, np.concatenate(alone))


def test_whatever_happens_from_a_page_on_changes_none_of_its_codes(codes, tables) -> None:
    pages, live = codes
    page = pages.take(np.array([300]))
    moment_ms = int(page.requests.at_ms[0])
    columns = live.dataset.columns
    other = np.random.default_rng(0).integers(0, NUM_ITEMS, columns.num_events).astype(np.int32)
    late = np.asarray(columns.at_ms) >= moment_ms
    changed = replace(columns, item_key=np.where(late, other, columns.item_key))
    shown = exposures_of(replace(tables, pages=tables.pages.slice(0, 300)), SHOP)  # not this page, none later
    disturbed = replace(
        live,
        dataset=replace(live.dataset, columns=changed),
        plan=replace(live.plan, exposures=shown),
    )
    assert np.array_equal(live.of_pages(page), disturbed.of_pages(page))


def run_of(live: int) -> RankerRun:
    block = BlockConfig(dim=16, heads=2, activation="relu")
    return RankerRun(
        model=RankerConfig(
            items=ItemEncoderConfig(dim=16, bias=False),
            journeys=JourneyEncoderConfig(block=block, blocks=1, positions="none"),
            width=8,
            live=live,
        ),
        epochs=8, patience=8, batch_size=16, learning_rate=5e-3, average=0.9,
    )  # fmt: skip


def test_what_is_in_fashion_is_learned_from_live_counters_alone(dataset, tables, tmp_path) -> None:
    pages = page_split(dataset, tables, SplitSpec(valid_share=0.2, test_share=0.2))
    judged = some_pages(pages.valid, 1000, 0)
    ndcg = {}
    for live in (0, 16):
        found = train_ranker(pages, run_of(live), tmp_path / str(live))
        ndcg[live] = page_ndcg_at_10(found.page_order(judged), judged)
    assert ndcg[16] > ndcg[0] + 0.25 * (1 - ndcg[0])
    again = load_ranker(tmp_path / "16", pages.dataset, pages.exposures)
    assert np.array_equal(again.page_order(judged), found.page_order(judged))


def test_a_shop_whose_features_are_others_now_is_told_to_train_again(codes) -> None:
    _, live = codes
    other = LiveScale(live.scale.names[1:], live.scale.knots[1:], live.scale.levels[1:])
    with pytest.raises(TrainingError, match="train again"):
        LiveCodes.kept(live.dataset, other, (), Freshness())
