"""What a person sees when all is well, and when it is not."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

Answer = Callable[[dict[str, Any]], None]
NASTY = '<img src=x onerror="window.harmed = true"><script>window.harmed = true</script>'


def item(number: int, **more: Any) -> dict[str, Any]:
    plain = {"item": f"i{number}", "title": f"Lamp {number}", "brand": "Halden", "category": "home/lamps", "categories": ["home/lamps"],
             "score": 1.0, "sources": ["two-tower"], "price_minor": 4990, "currency": "EUR", "attributes": {"colour": "green"},
             "in_stock": True, "new": False}  # fmt: skip
    return plain | more


def page_of(*items: dict[str, Any], degraded: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"request_id": "r1", "release": "0123456789abcdef", "surface": "home", "variant": "default", "log_offset": 7,
            "degraded": degraded, "items": items}  # fmt: skip


def shop(**answers: Any) -> dict[str, Any]:
    tree = [
        {"path": "home", "name": "home", "depth": 0, "count": 2},
        {"path": "home/lamps", "name": "lamps", "depth": 1, "count": 2},
    ]
    return {
        "/ready": {"status": "ready", "shop": "Lantern", "release": "0123456789abcdef", "items": 2},
        "/v1/categories": {"categories": tree},
        "/v1/customers": {"customers": [{"customer": "anna", "actions": 3}]},
        "/v1/customers/*": {"customer": "x", "actions": []},
        "/v1/events": {"accepted": 1, "duplicates": 0, "offset": 8, "rejected": []},
        "/v1/rank": page_of(item(1), item(2)),
    } | {f"/{name.replace('_', '/')}": body for name, body in answers.items()}


def test_titles_are_text_never_markup(page: Page, site: str, answer: Answer, faults: list[str]) -> None:
    answer(shop(v1_rank=page_of(item(1, title=NASTY, brand=NASTY, attributes={NASTY: NASTY}), item(2))))
    page.goto(site)
    page.locator("#own .card-open").first.click()
    expect(page.locator("#drawer-title")).to_have_text(NASTY)
    expect(page.locator("#why")).to_contain_text(NASTY)
    assert page.evaluate("window.harmed") is None
    assert faults == []


def test_an_item_without_a_picture_gets_a_drawn_one(page: Page, site: str, answer: Answer) -> None:
    answer(shop(v1_rank=page_of(item(1, picture=None), item(2, picture="data:image/png;base64,AAAA"))))
    page.goto(site)
    for place in (0, 1):  # the second does not load and is drawn as well
        image = page.locator("#own .card img").nth(place)
        expect(image).to_have_attribute("src", re.compile("^data:image/svg"))
        expect(image).to_have_js_property("complete", True)
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0


def test_prices_tags_and_ids_of_the_page_are_shown(page: Page, site: str, answer: Answer) -> None:
    answer(shop(v1_rank=page_of(item(1, new=True), item(2, in_stock=False, price_minor=500, currency="JPY"))))
    page.goto(site)
    expect(page.locator("#own .card").first).to_contain_text("49.90")
    expect(page.locator("#own .card").first).to_contain_text("New in")
    expect(page.locator("#own .card").nth(1)).to_contain_text("500")
    expect(page.locator("#own .card").nth(1)).to_contain_text("Sold out")
    for part in ("01234567", "r1", "#7", " ms"):
        expect(page.locator("#ticket")).to_contain_text(part)
    expect(page.locator("#shop-name")).to_have_text("Lantern")


def test_a_degraded_page_says_what_it_went_without(page: Page, site: str, answer: Answer) -> None:
    answer(shop(v1_rank=page_of(item(1), degraded=("two-tower:deadline",))))
    page.goto(site)
    expect(page.locator("#degraded")).to_contain_text("went on without: two tower (deadline)")


def test_an_empty_category_says_so(page: Page, site: str, answer: Answer) -> None:
    answer(shop(v1_rank=page_of()))
    page.goto(f"{site}/#/c/home%2Flamps")
    expect(page.locator("#problem")).to_contain_text("Lamps has no item that can be shown")


def test_a_category_that_is_not_there_leads_home(
    page: Page, site: str, answer: Answer, faults: list[str]
) -> None:
    answer(shop())
    page.goto(f"{site}/#/c/moon%2Fdust")
    expect(page.locator("#problem")).to_contain_text("does not know this category")
    page.get_by_role("link", name="To the home page").click()
    expect(page.locator("#own .card[data-item]")).to_have_count(2)
    expect(page.locator("#problem")).to_be_hidden()
    assert faults == []


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (None, "shopwindow serve"),
        (
            (503, {"error": {"code": "no_release", "message": "no active release"}}),
            "shopwindow release build",
        ),
        ((503, {"error": {"code": "state_unavailable", "message": "the disk is full"}}), "the disk is full"),
    ],
    ids=["unreachable", "no release", "state"],
)
def test_a_server_that_cannot_help_is_explained_and_can_be_tried_again(
    page: Page, site: str, answer: Answer, said: object, told: str
) -> None:
    answers = shop() | {"/ready": said}
    answer(answers)
    page.goto(site)
    expect(page.locator("#problem")).to_contain_text(told)
    answers["/ready"] = shop()["/ready"]
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#own .card[data-item]")).to_have_count(2)


def test_a_step_that_the_shop_refuses_is_not_shown_as_done(page: Page, site: str, answer: Answer) -> None:
    refused = {"index": 0, "field": "action", "expected": "one of view, buy", "came": "click"}
    answer(shop(v1_events={"accepted": 0, "duplicates": 0, "offset": 7, "rejected": [refused]}))
    page.goto(site)
    page.locator("#own .card-open").first.click()
    expect(page.locator("#toast")).to_contain_text("expected one of view, buy, came click")
    expect(page.locator("#journey .step")).to_have_count(0)


def test_a_lost_answer_is_asked_again_with_the_same_event_id(page: Page, site: str, answer: Answer) -> None:
    posted: list[dict[str, Any]] = []

    def take(question: dict[str, Any]) -> Any:
        posted.extend(event for event in question["events"] if event["type"] == "action")
        return shop()["/v1/events"]

    answers = shop(v1_events=None)
    answer(answers)
    page.goto(site)
    page.on("requestfailed", lambda request: answers.__setitem__("/v1/events", take))
    page.locator("#own .card-open").first.click()
    expect(page.locator("#journey .step")).to_have_count(1)
    (event,) = posted
    assert len(event["event_id"]) >= 32
    assert (event["item"], event["action"], event["page_id"], event["position"]) == ("i1", "click", "r1", 0)


def test_the_drawer_opens_and_closes_by_keyboard_and_gives_the_focus_back(
    page: Page, site: str, answer: Answer
) -> None:
    answer(shop())
    page.goto(site)
    page.locator("#own .card-open").nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#drawer")).to_be_visible()
    expect(page.locator(".drawer-close")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_be_hidden()
    expect(page.locator("#own .card-open").nth(1)).to_be_focused()


def test_a_new_order_keeps_the_elements_and_marks_the_moves(page: Page, site: str, answer: Answer) -> None:
    answers = shop()
    answer(answers)
    page.goto(site)
    page.locator('[data-item="i2"]').evaluate("card => { card.known = true; }")
    answers["/v1/rank"] = page_of(item(2), item(3), item(1))
    page.locator("#own .card").first.hover()
    page.locator("#own .heart").first.click()
    expect(page.locator("#own .card").first).to_have_attribute("data-item", "i2")
    # places without i1, which was acted on: i2 first before and after, i3 new
    expect(page.locator('#own [data-item="i2"] .badge')).to_be_hidden()
    assert page.locator('[data-item="i2"]').evaluate("card => card.known") is True
    expect(page.locator('#own [data-item="i3"] .badge')).to_contain_text("NEW")
    expect(page.locator('#own [data-item="i1"] .badge')).to_contain_text("↓2")
    expect(page.locator('#own [data-item="i1"] .heart')).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_nothing_is_wider_than_the_screen(page: Page, site: str, answer: Answer, width: int) -> None:
    answer(shop(v1_rank=page_of(*(item(n, title="Wholewheatcoloured " * 3 + "x" * 60) for n in range(12)))))
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(site)
    page.locator("#own .card-open").first.click()
    expect(page.locator("#drawer")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
