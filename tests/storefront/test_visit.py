"""The storefront on a real server with a small simulated shop."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from tests.release.conftest import customer_graph, item_graph

from shopwindow.cli.demo_check import CheckedVisit, CheckFailed, check_log, visit_storefront
from shopwindow.cli.demo_server import serving
from shopwindow.config import ShopDirectory
from shopwindow.datasets.dataset import Dataset, load_dataset
from shopwindow.features.items import CONTENT, ItemVocabulary
from shopwindow.index.recall import perturbed
from shopwindow.ingest.importer import import_file
from shopwindow.ingest.source import Source
from shopwindow.release.build import popularity
from shopwindow.release.registry import activate
from shopwindow.release.write import ReleaseParts, write_release
from shopwindow.schema.live import ImpressionEvent, PageEvent
from shopwindow.schema.shop import read_shop
from shopwindow.simulation.generator import simulate
from shopwindow.simulation.spec import tiny
from shopwindow.stream.event_log import event_of
from shopwindow.stream.sqlite_log import SqliteReader


@pytest.fixture(scope="module")
def shop_dir(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> ShopDirectory:
    """Simulated people and goods; vectors straight from the titles, so that nothing has to be trained."""
    shop_dir = ShopDirectory(tmp_path_factory.mktemp("shop"))
    simulate(tiny(), shop_dir.root)
    shop = read_shop(shop_dir.config)
    for table in ("items", "customers", "actions"):
        import_file(shop_dir, shop, Source(shop_dir.root / "files" / f"{table}.parquet", table), seed=1)
    path = write_release(parts_of(load_dataset(shop_dir), shop_dir.root), shop_dir.releases, created_ms=1)
    activate(shop_dir, path.name)
    return shop_dir


def parts_of(dataset: Dataset, folder: Path) -> ReleaseParts:
    """A customer is the mean of the titles acted on, an item its title."""
    catalog = dataset.catalog
    vocabulary = ItemVocabulary.of(catalog, dataset.shop)
    content = vocabulary.encode(catalog.table).content
    model = {
        "dim": CONTENT,
        "max_actions": 20,
        "action_names": dataset.shop.action_names,
        "surface_names": dataset.shop.surface_names,
        "category_paths": catalog.categories.paths,
    }
    return ReleaseParts(
        shop=dataset.shop,
        catalog=catalog,
        input=np.concatenate([content, np.zeros((1, CONTENT), dtype=np.float32)]),
        output=content,
        popularity=popularity(dataset),
        vocabulary=vocabulary,
        model_json=json.dumps(model),
        customer_graph=customer_graph(folder / "customer.onnx", CONTENT),
        item_graph=item_graph(folder / "item.onnx", len(vocabulary.fields), CONTENT),
        queries=perturbed(content, 20, seed=1),
    )


@pytest.fixture(scope="module")
def address(shop_dir: ShopDirectory) -> Iterator[str]:
    with serving(shop_dir.root, 0) as server:
        yield server.address


def impressions(shop_dir: ShopDirectory) -> list[ImpressionEvent]:
    return [event for event in events(shop_dir) if isinstance(event, ImpressionEvent)]


def events(shop_dir: ShopDirectory) -> list[object]:
    log = SqliteReader(shop_dir.state / "log.sqlite")
    return [event_of(logged.record) for batch in log.replay(0) for logged in batch]


def test_a_visit_moves_the_page_and_its_steps_are_in_the_log(
    shop_dir: ShopDirectory, browser: Browser, address: str, tmp_path: Path
) -> None:
    told: list[str] = []
    visit = visit_storefront(browser, address, tmp_path / "page.png", told.append)
    check_log(shop_dir, visit, told.append)
    assert any(line.startswith("You put ") for line in told)
    assert (tmp_path / "page.png").stat().st_size > 10_000


def test_a_visit_that_is_not_in_the_log_fails_the_check(shop_dir: ShopDirectory, address: str) -> None:
    with pytest.raises(CheckFailed, match=r"expected the log to hold the steps .* came \[\]"):
        check_log(shop_dir, CheckedVisit("nobody", (("click", "x"),)), lambda line: None)


def test_what_comes_into_view_is_posted_once_with_its_page_and_place(
    shop_dir: ShopDirectory, address: str, page: Page, faults: list[str]
) -> None:
    before = len(impressions(shop_dir))
    page.goto(address)
    page.locator("#own .card[data-item]").first.wait_for()
    in_view = page.locator("#own .card").evaluate_all(
        "cards => cards.filter((card) => card.getBoundingClientRect().top < innerHeight).length"
    )
    with page.expect_response("**/v1/events"):
        pass
    new = impressions(shop_dir)[before:]
    (page_id,) = {each.page_id for each in new}
    shown = next(each for each in events(shop_dir) if isinstance(each, PageEvent) and each.page_id == page_id)
    assert 0 < len(new) <= in_view
    assert len({each.item_key for each in new}) == len(new)
    assert all(shown.items[each.position] == each.item_key for each in new)
    assert faults == []


def test_another_customer_sees_another_page_but_the_same_popular_order(
    address: str, page: Page, faults: list[str]
) -> None:
    page.goto(address)
    page.locator("#compare").click()
    page.locator("#popular .card[data-item]").first.wait_for()
    own, popular = order(page, "#own"), order(page, "#popular")
    page.locator("#person").click()
    page.locator(".people-list .person-row").first.click()
    expect(page.locator("#why")).to_contain_text("This is the page for")
    expect(page.locator("#journey .step").first).to_be_visible()
    assert order(page, "#own") != own
    assert order(page, "#popular") == popular
    assert faults == []


def test_hiding_an_item_takes_it_off_the_page(address: str, page: Page, faults: list[str]) -> None:
    page.goto(address)
    page.locator("#own .card[data-item]").first.wait_for()
    hidden = order(page, "#own")[1]
    page.locator("#own .card-open").nth(1).click()
    page.locator('[data-action="hide"]').click()
    expect(page.locator("#why")).to_contain_text("You hid")
    assert hidden not in order(page, "#own")
    expect(page.locator("#drawer")).to_be_hidden()
    assert faults == []


def test_a_phone_holds_the_move_until_the_drawer_is_closed(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(address)
    page.locator("#own .card-open").nth(1).click()
    expect(page.locator(".drawer-note")).to_contain_text("Your page")
    before = order(page, "#own")
    page.locator(".drawer-close").click()
    expect(page.locator("#why")).to_contain_text("You looked at")
    assert order(page, "#own") != before
    context.close()


def order(page: Page, shelf: str) -> list[str]:
    return [
        str(item)
        for item in page.locator(f"{shelf} .card[data-item]").evaluate_all(
            "all => all.map((card) => card.dataset.item)"
        )
    ]
