from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq

from shopwindow.config import ShopDirectory
from shopwindow.ingest.importer import import_file
from shopwindow.ingest.source import Source
from shopwindow.schema.shop import read_shop
from shopwindow.simulation.generator import simulate
from shopwindow.simulation.reordered import Reordered, swapped
from shopwindow.simulation.spec import tiny


def test_only_a_share_of_the_places_moves_and_nothing_is_lost() -> None:
    rng = np.random.default_rng(0)
    there = np.ones((4000, 24), dtype=bool)
    there[:1000, 20:] = False
    order = swapped(there, 0.25, rng)
    assert np.array_equal(np.sort(order, axis=1), np.tile(np.arange(24), (4000, 1)))
    moved = order != np.arange(24)
    assert not moved[:1000, 20:].any()
    assert moved.sum(axis=1).max() <= 6
    assert 4.5 < moved[1000:].sum(axis=1).mean() < 5.5  # of 6 that take part one stays on average


def test_with_all_places_drawn_every_item_is_everywhere_equally_often() -> None:
    order = swapped(np.ones((20_000, 5), dtype=bool), 1.0, np.random.default_rng(1))
    shares = np.stack([(order == item).mean(axis=0) for item in range(5)])
    assert np.abs(shares - 0.2).max() < 0.02


def test_at_least_two_places_change() -> None:
    order = swapped(np.ones((2000, 24), dtype=bool), 0.05, np.random.default_rng(2))
    moved = (order != np.arange(24)).sum(axis=1)
    assert set(moved.tolist()) == {0, 2}
    assert 0.4 < (moved == 2).mean() < 0.6


def test_pages_in_another_order_log_no_propensities_and_are_imported_like_others(tmp_path) -> None:
    spec = replace(tiny(), days=4)
    simulate(
        spec,
        tmp_path,
        changed=lambda shop: Reordered(inner=shop, share=0.1, from_day=2, rng=np.random.default_rng(0)),
    )
    pages = pq.read_table(tmp_path / "files" / "pages.parquet")
    assert pages.num_rows > 20
    assert not any(pages.column("propensities").to_pylist())  # none, or none of an empty page
    shop_dir = ShopDirectory(tmp_path)
    shop = read_shop(shop_dir.config)
    for name in ("items", "pages"):
        report = import_file(shop_dir, shop, Source(tmp_path / "files" / f"{name}.parquet", name), seed=0)
        assert report.rejected == 0
