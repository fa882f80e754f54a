import httpx
from tests.api.running import running

from shopwindow.api.app import create_app
from shopwindow.config import ShopDirectory
from shopwindow.schema.live import PageEvent
from shopwindow.serving.assembly import ShopRuntime, open_runtime
from shopwindow.stream.event_log import event_of


def items_of(client: httpx.Client, **request: object) -> list[str]:
    answer = client.post("/v1/rank", json={"surface": "browse", **request})
    assert answer.status_code == 200, answer.text
    assert answer.json()["degraded"] == []
    return [each["item"] for each in answer.json()["items"]]


def click(client: httpx.Client, item: str, event_id: str = "e1", action: str = "click") -> None:
    event = {"type": "action", "event_id": event_id, "customer": "anna", "item": item, "action": action}
    answer = client.post("/v1/events", json={"events": [event]})
    assert answer.json()["accepted"] == 1, answer.text


def test_a_page_says_who_made_it(client: httpx.Client) -> None:
    answer = client.post("/v1/rank", json={"surface": "home", "customer": "anna", "k": 5}).json()
    assert len(answer["items"]) == 5
    assert answer["surface"] == "home"
    assert answer["variant"] == "default"
    assert len(answer["release"]) == 16
    assert answer["log_offset"] == 0
    assert all(each["sources"] == ["two-tower"] for each in answer["items"])
    scores = [each["score"] for each in answer["items"]]
    assert scores == sorted(scores, reverse=True)


def test_an_acknowledged_click_changes_the_very_next_page(client: httpx.Client) -> None:
    before = items_of(client, customer="anna", k=60)
    click(client, before[-1])
    after = items_of(client, customer="anna", k=60)
    assert after[0] == before[-1]  # the history's mean is now that item's own vector
    assert items_of(client, customer="ben", k=60) == before


def test_a_category_page_has_its_items_and_no_others(shared: httpx.Client) -> None:
    shown = items_of(shared, category="women/shoes", k=100)
    by_primary = {f"item-{key}" for key in range(60) if key % 3 == 0}
    by_second = {f"item-{key}" for key in range(60) if key % 5 == 0 and (key + 1) % 3 == 0}
    assert set(shown) == by_primary | by_second


def test_sold_out_and_foreign_items_are_not_shown(shared: httpx.Client) -> None:
    shown = items_of(shared, k=100)
    assert len(shown) == 58
    assert not {"item-1", "item-2"} & set(shown)
    assert "item-2" in items_of(shared, k=100, market="ch")
    assert "item-1" in items_of(shared, k=100, filters={"in_stock": False})


def test_filters_let_through_what_they_say(shared: httpx.Client) -> None:
    assert set(items_of(shared, k=100, filters={"brands": ["brand-3"]})) == {
        f"item-{n}" for n in range(3, 60, 4)
    }
    assert set(items_of(shared, k=100, filters={"attributes": {"colour": "blue"}, "max_price": 1010})) == {
        f"item-{n}" for n in (0, 4, 6, 8, 10)
    }
    assert items_of(shared, k=100, filters={"brands": ["no such brand"]}) == []


def test_excluded_items_are_replaced_by_the_next(shared: httpx.Client) -> None:
    first = items_of(shared, k=10)
    assert items_of(shared, k=8, exclude=[first[0], first[3]]) == [first[n] for n in (1, 2, 4, 5, 6, 7, 8, 9)]


def test_similar_items_leave_out_the_item_itself(shared: httpx.Client) -> None:
    answer = shared.post("/v1/rank", json={"surface": "similar", "seed_item": "item-7", "k": 100}).json()
    shown = [each["item"] for each in answer["items"]]
    assert len(shown) == 57
    assert "item-7" not in shown
    assert answer["items"][0]["sources"][0] == "similar-items"


def test_the_popular_variant_is_the_plain_order_for_everyone(client: httpx.Client) -> None:
    click(client, "item-9")
    plain = items_of(client, customer="anna", variant="popular", k=4)
    assert plain == ["item-0", "item-3", "item-4", "item-5"]  # 1 is sold out, 2 is not offered here
    assert items_of(client, variant="popular", category="women/bags", k=3) == ["item-0", "item-4", "item-7"]


def test_what_was_hidden_is_never_shown_again(client: httpx.Client) -> None:
    click(client, "item-9", action="hide")
    assert "item-9" not in items_of(client, customer="anna", k=100)
    assert "item-9" in items_of(client, customer="ben", k=100)


def test_what_was_bought_sinks_to_the_end(client: httpx.Client) -> None:
    click(client, "item-9", action="purchase")
    assert items_of(client, customer="anna", k=100)[-1] == "item-9"
    assert items_of(client, customer="anna", k=5)[0] != "item-9"


def test_the_same_request_id_gets_the_same_answer(client: httpx.Client) -> None:
    question = {"surface": "home", "customer": "anna", "request_id": "r-1"}
    first = client.post("/v1/rank", json=question)
    click(client, "item-30")
    again = client.post("/v1/rank", json=question)
    assert first.content == again.content
    assert first.json()["request_id"] == "r-1"


def test_a_request_id_can_come_as_a_header(shared: httpx.Client) -> None:
    answer = shared.post("/v1/rank", json={"surface": "home"}, headers={"X-Request-Id": "r-2"})
    assert answer.json()["request_id"] == "r-2"


def test_a_request_id_is_not_good_for_two_questions(shared: httpx.Client) -> None:
    shared.post("/v1/rank", json={"surface": "home", "request_id": "r-3"})
    answer = shared.post("/v1/rank", json={"surface": "browse", "request_id": "r-3"})
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "request_id_reused"


def test_details_come_when_asked_for(shared: httpx.Client) -> None:
    answer = shared.post(
        "/v1/rank", json={"surface": "home", "k": 60, "details": True, "market": "ch"}
    ).json()
    found = next(each for each in answer["items"] if each["item"] == "item-2")
    assert found["title"] == "thing 2"
    assert found["price_minor"] == 2002
    assert found["currency"] == "CHF"
    assert found["category"] == "men/shoes"
    assert found["attributes"] == {"colour": "blue"}
    assert found["in_stock"] is True
    assert found["new"] is False


def test_every_page_is_logged_with_what_it_takes_to_compute_it_again(
    client: httpx.Client, runtime: ShopRuntime
) -> None:
    click(client, "item-5")
    question = {
        "surface": "browse",
        "customer": "anna",
        "category": "women",
        "k": 7,
        "country": "DE",
        "exclude": ["item-3"],
        "filters": {"min_price": 1000},
        "request_id": "r-4",
    }
    shown = [each["item"] for each in client.post("/v1/rank", json=question).json()["items"]]
    runtime.keeper.submit([]).result()  # the page was noted before this
    records = [logged.record for batch in runtime.log.replay(0) for logged in batch]
    (event,) = [event_of(record) for record in records if record.kind == "page"]
    assert isinstance(event, PageEvent)
    assert event.page_id == "r-4"
    assert [f"item-{key}" for key in event.items] == shown
    assert event.log_offset == 1
    assert event.exclude == (3,)
    assert event.filters.min_price_minor == 1000
    assert (event.country, event.market, event.category, event.k) == ("DE", "de", "women", 7)
    assert len(event.release) == 16


def test_a_new_item_can_be_found_at_once_and_is_similar_by_its_text(client: httpx.Client) -> None:
    item = {
        "item": "fresh-1",
        "title": "thing fresh",
        "brand": "brand-9",
        "categories": ["women/shoes/boots"],
        "offers": [{"market": "de", "price_minor": 5000, "stock": 2}],
    }
    answer = client.put("/v1/items", json={"items": [item]})
    assert answer.json()["accepted"] == 1, answer.text
    assert "fresh-1" in items_of(client, category="women/shoes", k=100)
    assert items_of(client, category="women/shoes/boots") == ["fresh-1"]
    assert items_of(client, filters={"brands": ["brand-9"]}) == ["fresh-1"]
    similar = client.post("/v1/rank", json={"surface": "similar", "seed_item": "fresh-1", "k": 5}).json()
    assert len(similar["items"]) == 5
    assert client.get("/v1/items/fresh-1").json()["price_minor"] == 5000


def test_a_price_or_stock_change_is_seen_by_the_next_page(client: httpx.Client) -> None:
    assert "item-4" in items_of(client, k=100)
    offers = [{"market": "de", "price_minor": 77, "stock": 0}]
    client.put("/v1/items", json={"items": [{"item": "item-4", "offers": offers}]})
    assert "item-4" not in items_of(client, k=100)
    found = client.get("/v1/items/item-4").json()
    assert (found["price_minor"], found["in_stock"], found["title"]) == (77, False, "thing 4")


def test_a_moved_item_is_found_where_it_went_and_only_there(client: httpx.Client) -> None:
    client.put("/v1/items", json={"items": [{"item": "item-6", "categories": ["men/hats"]}]})
    assert "item-6" not in items_of(client, category="women/shoes", k=100)
    assert items_of(client, category="men/hats") == ["item-6"]
    assert items_of(client, k=100).count("item-6") == 1
    paths = {each["path"]: each["count"] for each in client.get("/v1/categories").json()["categories"]}
    assert paths["men/hats"] == 1
    assert paths["women/shoes"] == 20 + 4 - 1  # by primary and by second category, less the one that went


def test_live_items_are_back_after_a_restart(shop_dir: ShopDirectory) -> None:
    with running(create_app(open_runtime(shop_dir))) as client:
        item = {"item": "fresh-2", "categories": ["men/hats"], "title": "hat"}
        client.put("/v1/items", json={"items": [item]})
        click(client, "fresh-2")
        before = items_of(client, customer="anna", k=100)
    with running(create_app(open_runtime(shop_dir))) as client:
        assert items_of(client, customer="anna", k=100) == before
        assert items_of(client, category="men/hats") == ["fresh-2"]
