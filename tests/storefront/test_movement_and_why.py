"""What moved and why: counted, never invented. The functions run where they run for people, in a browser."""

from typing import Any

import pytest
from playwright.sync_api import Page


@pytest.fixture
def modules(page: Page, site: str) -> Page:
    page.route("**/ready", lambda route: route.abort())  # the page itself stays at rest
    page.goto(site)
    return page


def moves(modules: Page, before: str, after: str, acted: str | None = None) -> dict[str, str]:
    script = """async ([before, after, acted]) => {
        const { movement } = await import("/movement.js");
        return [...movement([...before], [...after], acted)].map(([id, { kind, by }]) => [id, `${kind} ${by}`]);
    }"""
    return dict(modules.evaluate(script, [before, after, acted]))


def why(modules: Page, action: str, item: dict[str, Any], before: list[Any], after: list[Any]) -> str:
    script = """async ([action, item, before, after]) => {
        const { why } = await import("/why.js");
        const line = why(action, item, before, after);
        return [`${line.lead} ${line.title}${line.tail}`, line.compare].filter(Boolean).join(" ");
    }"""
    return str(modules.evaluate(script, [action, item, before, after]))


def item(name: str, **traits: str) -> dict[str, Any]:
    listed = {key: value for key, value in traits.items() if key not in ("brand", "category")}
    return {
        "item": name,
        "title": name,
        "brand": traits.get("brand"),
        "category": traits.get("category"),
        "attributes": listed,
    }


def test_moves_are_places_gained_and_lost(modules: Page) -> None:
    assert moves(modules, "abcd", "dabc") == {"d": "rose 3", "a": "fell 1", "b": "fell 1", "c": "fell 1"}


def test_an_item_that_was_not_on_the_page_entered(modules: Page) -> None:
    assert moves(modules, "ab", "axb") == {"a": "same 0", "x": "entered 0", "b": "fell 1"}


def test_closing_up_after_a_hidden_item_is_no_rise(modules: Page) -> None:
    assert moves(modules, "abcd", "acd", "b") == {"a": "same 0", "c": "same 0", "d": "same 0"}


def test_the_item_acted_on_tells_its_own_way(modules: Page) -> None:
    assert moves(modules, "abcd", "acdb", "b") == {"a": "same 0", "c": "same 0", "d": "same 0", "b": "fell 2"}


def test_the_line_counts_what_the_risen_share_with_the_item_and_what_the_rest_do(modules: Page) -> None:
    seen = item("boot", brand="Velora", colour="green", pattern="plain")
    traits = {
        "a": ("Kito", "red", "dots"),
        "b": ("Kito", "blue", "dots"),
        "c": ("Velora", "green", "plain"),
        "d": ("Velora", "blue", "dots"),
        "e": ("Velora", "green", "dots"),
    }
    page = {
        name: item(name, brand=brand, colour=colour, pattern=pattern)
        for name, (brand, colour, pattern) in traits.items()
    }
    before, after = [page[n] for n in "abcde"], [page[n] for n in "cdeab"]
    # c, d and e rose: 3 of 3 by Velora, 2 of 3 green; a and b did not: 0 and 0. One plain item is no pattern.
    assert why(modules, "click", seen, before, after) == (
        "You looked at Velora boot: of the 3 items that rose, 3 are by Velora, 2 green. "
        "Among the other 2: 0 by Velora, 0 green."
    )


def test_a_trait_that_the_whole_page_has_is_no_reason(modules: Page) -> None:
    seen = item("boot", colour="green")
    page = {name: item(name, colour="green") for name in "abc"}
    told = why(modules, "click", seen, [page[n] for n in "abc"], [page[n] for n in "cab"])
    assert told == "You looked at boot. 1 item rose; nothing listed ties it to this item."


def test_if_nothing_moved_the_line_says_so(modules: Page) -> None:
    page = [item(name) for name in "abc"]
    assert (
        why(modules, "cart", page[0], page, page)
        == "You put a in your cart. Nothing else on this page moved."
    )


def test_a_hidden_item_is_said_to_have_left(modules: Page) -> None:
    page = [item(name) for name in "abc"]
    told = why(modules, "hide", page[1], page, [page[0], page[2]])
    assert told == "You hid b. It left this page. Nothing else on this page moved."


def test_a_number_is_told_with_the_name_of_its_attribute(modules: Page) -> None:
    page = {name: item(name, shoe_size=size) for name, size in (("a", "40"), ("b", "42"))}
    told = why(modules, "click", item("boot", shoe_size="42"), [page["a"], page["b"]], [page["b"], page["a"]])
    assert "1 is shoe size 42" in told
