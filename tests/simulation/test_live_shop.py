"""LiveShop against the log: what models read while customers visit is what they would read of the log of those visits."""

from dataclasses import replace

import numpy as np
import pytest

from shopwindow.config import ShopDirectory
from shopwindow.datasets.dataset import load_dataset
from shopwindow.datasets.exposures import load_exposures
from shopwindow.datasets.pages import logged_pages, read_page_tables
from shopwindow.datasets.point_in_time import FeaturePlan, point_in_time, values_in_time
from shopwindow.datasets.requests import journeys
from shopwindow.ingest.importer import import_file
from shopwindow.ingest.source import Source
from shopwindow.schema.shop import read_shop
from shopwindow.simulation import life as life_module
from shopwindow.simulation.generator import write_shop
from shopwindow.simulation.life import Life
from shopwindow.simulation.live_shop import DAILY, LAST, LiveShop
from shopwindow.simulation.log import Log
from shopwindow.simulation.logging_policy import LoggingPolicy
from shopwindow.simulation.schedule import plan_visits
from shopwindow.simulation.spec import DAY_MS, tiny
from shopwindow.simulation.world import Stream, World, spawn

SPEC = replace(tiny(), bots=0.0, guests=0.1, visits=16.0)
TURN_MS = SPEC.start_ms + 5 * DAY_MS
CANDIDATES = 12


class Watching:
    """The logging policy, and what a LiveShop says of each of its pages."""

    def __init__(self, inner, live) -> None:
        self.inner, self.live, self.seen = inner, live, []

    def start_day(self, day) -> None:
        self.inner.start_day(day)

    def pages(self, asks, visit):
        shown = self.inner.pages(asks, visit)
        dataset, requests = self.live.requests(asks, visit)
        rows = np.tile(np.arange(CANDIDATES, dtype=np.int32), (len(requests), 1))
        journey = journeys(dataset, requests, LAST)
        values = np.empty((len(requests), CANDIDATES, 0))
        for places, some in values_in_time(dataset, requests, rows, self.live.plan):
            if not values.shape[2]:
                values = np.empty((len(requests), CANDIDATES, some.shape[2]))
            values[places] = some
        for place in np.flatnonzero((shown.items >= 0).any(axis=1)).tolist():
            length = int(journey.length[place])
            self.seen.append(
                (
                    int(dataset.columns.customer_key[place]),
                    [getattr(journey, name)[place, :length].tolist() for name in ("item", "action")],
                    [
                        getattr(journey, name)[place, : length + 1].tolist()
                        for name in ("surface", "category", "query")
                    ],
                    int(journey.country[place]),
                    values[place],
                )
            )
        return shown

    def learn(self, asks, shown, reaction) -> None:
        self.inner.learn(asks, shown, reaction)
        self.live.learn(asks, shown.items, reaction)


def imported(folder, world):
    write_shop(world, folder)
    shop_dir = ShopDirectory(folder)
    shop = read_shop(shop_dir.config)
    for name in ("items", "customers", "actions", "pages", "impressions"):
        import_file(shop_dir, shop, Source(folder / "files" / f"{name}.parquet", name), seed=1)
    return shop_dir


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """What was seen live in the last five days, and the pages and data set of the whole log."""
    monkey = pytest.MonkeyPatch()
    monkey.setattr(life_module, "TOGETHER", 16)  # several chunks of visits a day, as in a larger shop
    world = World.of(SPEC)
    visits, folders = plan_visits(world, spawn(SPEC, Stream.VISITS)), []
    for name in ("first", "whole"):
        folders.append(tmp_path_factory.mktemp(name))
        (folders[-1] / "files").mkdir()
    life = Life.begin(world)
    policy = LoggingPolicy(world, life.memory, spawn(SPEC, Stream.LOGGING_POLICY))
    first, whole = (Log(world, folder / "files", "parquet") for folder in folders)

    class Two:
        def add(self, *step) -> None:
            first.add(*step)
            whole.add(*step)

    life.live(visits.between(SPEC.start_ms, TURN_MS), policy, Two())
    first.close()
    shop_dir = imported(folders[0], world)
    later = visits.between(TURN_MS, SPEC.end_ms)
    watching = Watching(policy, LiveShop(world, shop_dir, load_dataset(shop_dir), later.start_ms))
    life.live(later, watching, whole)
    whole.close()
    monkey.undo()
    return watching.seen, imported(folders[1], world)


def test_histories_and_live_features_are_those_of_the_log(both) -> None:
    seen, shop_dir = both
    dataset, pages = logged_pages(load_dataset(shop_dir), read_page_tables(shop_dir))
    late = pages.where(pages.requests.at_ms >= TURN_MS)
    rows = np.tile(np.arange(CANDIDATES, dtype=np.int32), (len(late), 1))
    plan = FeaturePlan(exposures=load_exposures(shop_dir, dataset.shop), freshness=DAILY)
    found = point_in_time(dataset, late.requests, rows, plan)
    journey = journeys(dataset, late.requests, LAST)
    by_customer: dict[int, list[int]] = {}
    for place, customer in enumerate(late.requests.customer.tolist()):
        by_customer.setdefault(int(dataset.columns.customer_key[customer]), []).append(place)
    compared = 0
    for customer, events, requests, country, values in seen:
        if customer < 0:
            continue
        place = by_customer[customer].pop(0)
        length = int(journey.length[place])
        assert events == [getattr(journey, name)[place, :length].tolist() for name in ("item", "action")]
        assert requests == [
            getattr(journey, name)[place, : length + 1].tolist() for name in ("surface", "category", "query")
        ]
        assert journey.country[place] in (country, -1)  # -1: the log knows nobody who never acted
        np.testing.assert_allclose(values, found.values[place], rtol=1e-3, atol=0.02, err_msg=str(place))
        compared += 1
    assert compared > 100
    assert not any(by_customer.values())
