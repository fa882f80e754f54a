"""The storefront driven by a program in a real browser: what a visitor should see is asked for step by step."""

import asyncio
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from shopwindow.config import ShopDirectory
from shopwindow.errors import ConfigError, ShopwindowError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
WAIT_MS: Final = 20_000
FEWEST_CARDS: Final = 12
PLACE: Final = 8  # of the item to open: far enough down that the page has something to move
NUM_VISITS: Final = 40  # simulated
CARDS: Final = "#own .card[data-item]"
DECODE: Final = """async (images) => {
    const sizes = images.map(async (image) => { image.loading = "eager"; await image.decode(); return image.naturalWidth; });
    return (await Promise.all(sizes)).filter((width) => width > 0).length;
}"""
STILL: Final = """() => Promise.allSettled(document.getAnimations()
    .filter((each) => each.effect.getComputedTiming().endTime !== Infinity).map((each) => each.finished))"""
Told = Callable[[str], None]


class CheckFailed(ShopwindowError):
    """The storefront does not do what it should; says what was expected and what came."""


@dataclass(frozen=True)
class CheckedVisit:
    """What the program did: who it was, and the steps that must be in the log."""

    customer: str
    steps: tuple[tuple[str, str], ...]  # (action, item)


def check_storefront(address: str, picture: Path, told: Told) -> CheckedVisit:
    """Visit the storefront in a browser of its own; see `visit_storefront`.

    Raises:
        CheckFailed: something is not as expected, or the browser's console shows an error.
        ConfigError: there is no browser, or playwright is not installed.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise ConfigError("--check needs playwright: pip install 'shopwindow[dev]'") from error
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_browser(), args=_arguments())
        try:
            return visit_storefront(browser, address, picture, told)
        finally:
            browser.close()


def visit_storefront(browser: "Browser", address: str, picture: Path, told: Told) -> CheckedVisit:
    """As a new customer: browse, open an item, put it in the cart, compare; keeps a screenshot.

    Raises:
        CheckFailed: something is not as expected, or the browser's console shows an error.
    """
    from playwright.sync_api import Error

    faults: list[str] = []
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(WAIT_MS)
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    try:
        page.goto(address)
        visit = _visit(page, told)
        page.screenshot(path=picture)
    except Error as error:
        raise CheckFailed(f"expected the page to go on, came: {error.message}; console: {faults}") from error
    finally:
        page.close()
    _expect(not faults, "no error in the browser's console", faults)
    told(f"no error in the browser's console; screenshot in {picture}")
    return visit


def check_log(shop_dir: ShopDirectory, visit: CheckedVisit, told: Told) -> None:
    """The steps of the visit are in the event log, in order, each once.

    Raises:
        CheckFailed: they are not.
    """
    from shopwindow.ingest.identity import open_identity
    from shopwindow.schema.live import ActionEvent
    from shopwindow.stream.event_log import event_of
    from shopwindow.stream.sqlite_log import SqliteReader

    identity = open_identity(shop_dir.identity)
    try:
        customer = int(identity.find_customers([visit.customer])[0])
        found = [
            (event.action, identity.item_ids([event.item_key])[0])
            for batch in SqliteReader(shop_dir.state / "log.sqlite").replay(0)
            for event in map(event_of, (logged.record for logged in batch if logged.record.kind == "action"))
            if isinstance(event, ActionEvent) and event.customer_key == customer
        ]
    finally:
        identity.close()
    _expect(tuple(found) == visit.steps, f"the log to hold the steps {list(visit.steps)}", found)
    told(f"the log holds the visit's {len(found)} steps: {', '.join(action for action, _ in found)}")


def check_loop(address: str, world_json: Path, told: Told) -> None:
    """A few simulated customers visit the server and act on what they are shown, as `simulate --against` does.

    Raises:
        CheckFailed: a page or an event was not taken.
    """
    import httpx

    from shopwindow.simulation.closed_loop import LoopFigures, LoopOptions, visit_server
    from shopwindow.simulation.world import read_world

    world = read_world(world_json)
    options = LoopOptions(visits=NUM_VISITS, run=f"check-{time.time_ns() // 1_000_000:x}", test=True)

    async def go() -> LoopFigures:
        limits = httpx.Limits(keepalive_expiry=1.0)  # let go of idle connections well before the server does
        async with httpx.AsyncClient(base_url=address, timeout=30.0, limits=limits) as client:
            return await visit_server(world, client, options)

    figures = asyncio.run(go())
    _expect(figures.pages > 0, "simulated customers to see pages", figures.last_error or figures)
    refused = figures.errors + figures.rejected
    _expect(refused == 0, "every page and event of simulated customers to be taken", figures.last_error)
    told(
        f"{figures.visits} simulated visits: {figures.pages} pages, click rate {figures.ctr:.1%}, "
        f"{figures.carts} in carts, {figures.purchases} bought"
    )


def _visit(page: "Page", told: Told) -> CheckedVisit:
    cards = page.locator(CARDS)
    cards.first.wait_for()
    pictures = page.locator(f"{CARDS} img").evaluate_all(DECODE)
    _expect(pictures >= FEWEST_CARDS, f"at least {FEWEST_CARDS} cards with pictures", pictures)
    told(f"the home page shows {cards.count()} cards, {pictures} with pictures")

    page.locator("#person").click()
    page.locator(".person-row.fresh").click()
    page.locator("#people").wait_for(state="hidden")
    customer = page.evaluate("JSON.parse(localStorage.getItem('shopwindow.shopper')).id")
    _expect(str(customer).startswith("guest-"), "a new customer", customer)

    name = _browse_largest(page)
    before = _order(page)
    card = cards.nth(min(PLACE, len(before) - 1))
    item = str(card.get_attribute("data-item"))
    title = card.locator(".card-title").inner_text()
    card.locator(".card-open").click()
    _await_why(page, "You looked at", title)
    page.locator(".similar-row .card[data-item]").first.wait_for()
    told(f"in {name}, opened '{title}'; similar items are shown")

    page.locator('[data-action="cart"]').click()
    why = _await_why(page, "You put", title)
    after = _order(page)
    _expect(after != before, "another order after the item was opened and put in the cart", "the same order")
    moved = page.locator("#own .badge:visible").count()
    told(
        f"the page moved ({sum(a != b for a, b in zip(before, after, strict=False))} places differ, {moved} marked)"
    )
    told(why)
    page.keyboard.press("Escape")
    _compare(page)
    return CheckedVisit(str(customer), (("click", item), ("cart", item)))


def _browse_largest(page: "Page") -> str:
    """Go to the largest category of the rail, and to its largest part; its name."""
    for level in (".rail > ul > li > a:not([href='#/'])", ".rail > ul > li > ul > li > a"):
        links = page.locator(level)
        counts = links.locator(".number").all_inner_texts()
        largest = max(range(len(counts)), key=lambda place: int("".join(filter(str.isdigit, counts[place]))))
        link = links.nth(largest)
        name = link.locator("span").first.inner_text()
        link.click()
        page.locator("#title", has_text=name).wait_for()
        page.locator(CARDS).first.wait_for()
    return name


def _compare(page: "Page") -> None:
    """Show the popular order beside; wait until both panes stand still."""
    page.locator("#compare").click()
    page.locator("#popular .card[data-item]").first.wait_for()
    page.evaluate(STILL)


def _await_why(page: "Page", lead: str, title: str) -> str:
    line: Locator = page.locator("#why.on .why-text", has_text=lead).filter(has_text=title)
    line.wait_for()
    return line.inner_text()


def _order(page: "Page") -> list[str]:
    return [
        str(item)
        for item in page.locator(CARDS).evaluate_all("cards => cards.map((card) => card.dataset.item)")
    ]


def _expect(holds: bool, expected: str, came: object) -> None:
    if not holds:
        raise CheckFailed(f"expected {expected}, came {came}")


def _browser() -> str:
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        raise ConfigError(
            f"--check needs a browser, one of {', '.join(BROWSERS)}: `sh scripts/chromium.sh` installs one"
        )
    return path


def _arguments() -> list[str]:
    """Chromium's sandbox does not start for root, as in containers."""
    return ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
