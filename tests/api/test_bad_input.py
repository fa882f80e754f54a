"""Whatever comes, the answer is JSON that says what is wrong; never a 500."""

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.running import running
from tests.serving.tiny_shop import SHOP, TinySpec, make_shop

from shopwindow.api.app import Closed, create_app
from shopwindow.config import ShopDirectory
from shopwindow.errors import StateError
from shopwindow.schema.shop import shop_toml
from shopwindow.serving.assembly import open_runtime


def refused(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The error of an answer that has this status and is well formed."""
    assert answer.status_code == status, answer.text
    error: dict[str, Any] = answer.json()["error"]
    assert error["code"]
    assert error["message"]
    return error


def rank(client: httpx.Client, **request: object) -> httpx.Response:
    return client.post("/v1/rank", json={"surface": "browse", **request})


def event(**fields: object) -> dict[str, object]:
    return {
        "type": "action",
        "event_id": "e",
        "customer": "anna",
        "item": "item-5",
        "action": "click",
        **fields,
    }


def rejected(client: httpx.Client, *events: dict[str, object]) -> list[dict[str, Any]]:
    answer = client.post("/v1/events", json={"events": events})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["rejected"]
    return found


@pytest.mark.parametrize("body", [b"", b"{", b"[", b"\xff\xfe", b'{"surface": "home"', b"nonsense"])
@pytest.mark.parametrize("path", ["/v1/rank", "/v1/events"])
def test_malformed_json(shared: httpx.Client, path: str, body: bytes) -> None:
    assert refused(shared.post(path, content=body), 400)["code"] == "malformed_json"


def test_malformed_items(shared: httpx.Client) -> None:
    assert refused(shared.put("/v1/items", content=b"{"), 400)["code"] == "malformed_json"


@pytest.mark.parametrize("body", [b"[]", b"1", b"null", b'"text"', b"{}"])
def test_json_of_another_shape(shared: httpx.Client, body: bytes) -> None:
    for path in ("/v1/rank", "/v1/events"):
        assert refused(shared.post(path, content=body), 422)["expected"]


def test_a_missing_surface_is_named(shared: httpx.Client) -> None:
    error = refused(shared.post("/v1/rank", json={}), 422)
    assert error["field"] == "surface"


def test_an_unknown_field_is_named(shared: httpx.Client) -> None:
    assert refused(rank(shared, custommer="anna"), 422)["field"] == "custommer"


def test_an_unknown_surface(shared: httpx.Client) -> None:
    error = refused(rank(shared, surface="nowhere"), 422)
    assert (error["code"], error["came"]) == ("unknown_surface", "nowhere")
    assert "browse" in error["expected"]


def test_an_unknown_category(shared: httpx.Client) -> None:
    assert refused(rank(shared, category="women/shoos"), 422)["code"] == "unknown_category"


def test_an_unknown_seed_item(shared: httpx.Client) -> None:
    assert refused(rank(shared, surface="similar", seed_item="nothing"), 422)["code"] == "unknown_item"


def test_similar_without_a_seed_item(shared: httpx.Client) -> None:
    assert refused(rank(shared, surface="similar"), 422)["code"] == "missing_seed_item"


def test_an_unknown_market_variant_and_attribute(shared: httpx.Client) -> None:
    assert refused(rank(shared, market="mars"), 422)["code"] == "unknown_market"
    assert refused(rank(shared, variant="best"), 422)["code"] == "unknown_variant"
    assert refused(rank(shared, filters={"attributes": {"size": "1"}}), 422)["code"] == "unknown_attribute"


def test_an_unknown_item_to_exclude_is_no_error(shared: httpx.Client) -> None:
    assert rank(shared, exclude=["nothing"]).status_code == 200


def test_a_customer_never_seen_is_a_new_customer(shared: httpx.Client) -> None:
    assert rank(shared, customer="never seen").status_code == 200
    assert shared.get("/v1/customers/never seen").json()["actions"] == []


@pytest.mark.parametrize("k", [0, -1, 501, 1_000_000, 10**30, 1.5, "3", None, True])
def test_k_out_of_range(shared: httpx.Client, k: object) -> None:
    error = refused(rank(shared, k=k), 422)
    assert error["field"] == "k"


@pytest.mark.parametrize(
    "request_",
    [
        {"customer": ""},
        {"customer": 5},
        {"customer": "a\x00b"},
        {"customer": "x" * 300},
        {"exclude": "item-1"},
        {"exclude": ["x"] * 1001},
        {"filters": {"min_price": -1}},
        {"filters": {"min_price": 10**30}},
        {"filters": {"brands": [1]}},
        {"filters": {"colour": "red"}},
        {"request_id": ""},
        {"details": "yes"},
    ],
)
def test_fields_of_a_wrong_kind_are_named(shared: httpx.Client, request_: dict[str, object]) -> None:
    assert refused(rank(shared, **request_), 422)["field"].startswith(next(iter(request_)))


def test_impossible_prices_find_nothing(shared: httpx.Client) -> None:
    answer = rank(shared, filters={"min_price": 2**53, "max_price": 0})
    assert answer.json()["items"] == []


def test_a_body_of_ten_megabytes(shared: httpx.Client) -> None:
    body = json.dumps({"events": [event(query="x" * 10_000_000)]}).encode()
    for path in ("/v1/rank", "/v1/events"):
        assert refused(shared.post(path, content=body), 413)["code"] == "too_large"
    assert refused(shared.put("/v1/items", content=body), 413)["code"] == "too_large"


def test_a_body_of_ten_megabytes_in_chunks_of_unknown_length(shared: httpx.Client) -> None:
    chunks = (b"x" * 65_536 for _ in range(160))
    assert refused(shared.post("/v1/events", content=chunks), 413)["code"] == "too_large"


def test_a_time_in_the_future_is_rejected_and_the_rest_is_taken(client: httpx.Client) -> None:
    now_ms = round(time.time() * 1000)
    events = [event(event_id="a", at_ms=now_ms + 3_600_000), event(event_id="b", at_ms=now_ms + 60_000)]
    answer = client.post("/v1/events", json={"events": events}).json()
    assert answer["accepted"] == 1
    assert [(each["index"], each["field"]) for each in answer["rejected"]] == [(0, "at_ms")]


def test_events_that_cannot_be_used_are_rejected_one_by_one(client: httpx.Client) -> None:
    wrong = [
        event(event_id="a", item="nothing"),
        event(event_id="b", action="dance"),
        event(event_id="c", surface="nowhere"),
        event(event_id="d", type="song"),
        event(event_id="e", position=-1),
        event(event_id="f", at_ms="yesterday"),
        event(event_id="g", colour="red"),
        event(event_id=""),
        event(event_id="i", value="much"),
        event(event_id="j", at_ms=-5),
        event(event_id="k", quantity=10**20),
        {"type": "impression", "event_id": "l", "customer": "anna", "item": "item-5"},
        "no event",  # type: ignore[list-item]
    ]
    answer = client.post("/v1/events", json={"events": [*wrong, event(event_id="good")]}).json()
    assert answer["accepted"] == 1
    fields = [each["field"] for each in answer["rejected"]]
    assert [each["index"] for each in answer["rejected"]] == list(range(13))
    assert fields[:7] == ["item", "action", "surface", "type", "position", "at_ms", "colour"]
    assert fields[11] == "page_id"
    assert all(each["expected"] for each in answer["rejected"])


def test_no_events_is_a_batch_too(shared: httpx.Client) -> None:
    assert shared.post("/v1/events", json={"events": []}).json()["accepted"] == 0


def test_an_event_sent_twice_counts_once(client: httpx.Client) -> None:
    answer = client.post("/v1/events", json={"events": [event(), event()]}).json()
    assert (answer["accepted"], answer["duplicates"]) == (1, 1)
    assert client.post("/v1/events", json={"events": [event()]}).json()["duplicates"] == 1


def test_items_that_cannot_be_used_are_rejected_one_by_one(client: httpx.Client) -> None:
    items = [
        {"title": "no id"},
        {"item": "a", "offers": [{"market": "mars", "price_minor": 1}]},
        {"item": "b", "offers": [{"market": "de", "price_minor": -1}]},
        {"item": "c", "categories": "women"},
        {"item": "d", "colour": "red"},
        {"item": "good", "title": "good", "categories": []},
    ]
    answer = client.put("/v1/items", json={"items": items}).json()
    assert answer["accepted"] == 1
    assert [each["index"] for each in answer["rejected"]] == [0, 1, 2, 3, 4]


def test_more_new_items_than_there_is_room_for(client: httpx.Client) -> None:
    def fill(start: int) -> dict[str, Any]:
        items = [{"item": f"new-{start + n}", "title": "new"} for n in range(1000)]
        answer: dict[str, Any] = client.put("/v1/items", json={"items": items}).json()
        return answer

    assert [fill(start)["accepted"] for start in (0, 1000, 2000, 3000, 4000)] == [1000, 1000, 1000, 1000, 96]
    assert rank(client).status_code == 200


def test_addresses_and_methods_that_do_not_exist(shared: httpx.Client) -> None:
    assert refused(shared.get("/v1/nothing"), 404)["code"] == "not_found"
    assert refused(shared.get("/v1/rank"), 405)["code"] == "method_not_allowed"
    assert refused(shared.get("/v1/items/nothing"), 404)["code"] == "not_found"
    assert refused(shared.get("/v1/customers?limit=many"), 422)["field"] == "limit"
    assert refused(shared.get("/v1/customers?limit=0"), 422)["field"] == "limit"


def test_a_missing_release(shop_dir: ShopDirectory) -> None:
    (shop_dir.releases / "active").unlink()
    with running(create_app(open_runtime(shop_dir))) as client:
        assert client.get("/health").status_code == 200
        assert "release build" in refused(client.get("/ready"), 503)["message"]
        assert refused(rank(client), 503)["code"] == "no_release"
        answer = client.post("/v1/events", json={"events": [event()]})
        assert answer.json()["accepted"] == 1  # events are kept while there is no page to show


def test_a_damaged_release(shop_dir: ShopDirectory) -> None:
    (path,) = shop_dir.releases.glob("*/output.npy")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    with running(create_app(open_runtime(shop_dir))) as client:
        assert client.get("/health").status_code == 200
        assert "output.npy" in refused(client.get("/ready"), 503)["message"]
        assert refused(rank(client), 503)["code"] == "no_release"


def test_an_empty_shop(tmp_path: Path) -> None:
    directory = ShopDirectory(tmp_path)
    directory.config.write_text(shop_toml(SHOP), encoding="utf-8")
    with running(create_app(open_runtime(directory))) as client:
        assert client.get("/health").status_code == 200
        refused(client.get("/ready"), 503)
        refused(rank(client), 503)
        assert client.get("/v1/customers").json() == {"customers": []}
        assert rejected(client, event())[0]["field"] == "item"
        client.put("/v1/items", json={"items": [{"item": "item-5", "title": "first"}]})
        assert rejected(client, event()) == []


def test_a_directory_that_is_no_shop() -> None:
    with running(create_app(Closed("expected a shop.toml (make one with `shopwindow init`)"))) as client:
        assert client.get("/health").status_code == 200
        assert "shopwindow init" in refused(client.get("/ready"), 503)["message"]
        assert refused(rank(client), 503)["code"] == "no_shop"
        assert refused(client.get("/v1/categories"), 503)["code"] == "no_shop"


def test_one_item_and_one_customer(tmp_path: Path) -> None:
    with running(create_app(open_runtime(make_shop(tmp_path, TinySpec(num_items=1))))) as client:
        shown = rank(client, customer="anna").json()["items"]
        assert [each["item"] for each in shown] == ["item-0"]
        answer = client.post("/v1/events", json={"events": [event(item="item-0")]})
        assert answer.json()["accepted"] == 1
        assert rank(client, customer="anna").json()["items"][0]["item"] == "item-0"
        assert rank(client, surface="similar", seed_item="item-0").json()["items"] == []
        assert client.get("/v1/customers").json() == {"customers": [{"customer": "anna", "actions": 1}]}


def test_nothing_of_this_was_counted_as_a_fault(client: httpx.Client) -> None:
    client.post("/v1/rank", content=b"{")
    rank(client, k=0)
    text = client.get("/metrics").text
    assert 'shopwindow_refused_total{code="400"} 1.0' in text
    assert 'shopwindow_refused_total{code="422"} 1.0' in text
    assert 'code="500"' not in text


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/rank"), ("POST", "/v1/events"), ("PUT", "/v1/items")]
)
def test_endless_nesting(shared: httpx.Client, method: str, path: str) -> None:
    answer = shared.request(method, path, content="[" * 100_000 + "]" * 100_000)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "malformed_json"


def test_one_event_nested_without_end_does_not_spoil_the_others(client: httpx.Client) -> None:
    good = {"type": "action", "event_id": "n1", "customer": "anna", "item": "item-3", "action": "click"}
    deep = "[" * 900 + "]" * 900
    body = f'{{"events": [{json.dumps(good)}, {{"type": "action", "event_id": {deep}}}]}}'
    answer = client.post("/v1/events", content=body)
    assert answer.status_code in (200, 400)  # as deep as the reader goes: refused one by one, or as a whole
    if answer.status_code == 200:
        assert (answer.json()["accepted"], answer.json()["rejected"][0]["index"]) == (1, 1)


def test_a_market_that_came_after_the_release(shop_dir: ShopDirectory) -> None:
    with shop_dir.config.open("a") as file:
        file.write('\n[[market]]\ncode = "fr"\ncurrency = "EUR"\n')
    with running(create_app(open_runtime(shop_dir))) as client:
        answer = client.get("/v1/items/item-3?market=fr")
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "unknown_market")
        assert client.get("/v1/items/item-3").status_code == 200


def test_an_identity_map_that_was_lost_is_not_replaced_in_silence(shop_dir: ShopDirectory) -> None:
    for path in shop_dir.root.glob("identity.sqlite*"):
        path.unlink()
    with pytest.raises(StateError, match="expected the ids of 60 items, came 0: it was lost or replaced"):
        open_runtime(shop_dir)


def test_an_id_may_not_end_in_a_new_line(shared: httpx.Client) -> None:
    answer = shared.post("/v1/rank", json={"surface": "home", "customer": "anna\n"})
    assert answer.status_code == 422


def test_probes_may_ask_for_the_head_alone(shared: httpx.Client) -> None:
    assert [shared.head(path).status_code for path in ("/health", "/ready", "/metrics")] == [200, 200, 200]
