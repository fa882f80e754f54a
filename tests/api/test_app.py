import json
import subprocess
import sys
from typing import Any

import httpx
import msgspec

from shopwindow.api.openapi import EVENTS_EXAMPLE, ITEMS_EXAMPLE, RANK_EXAMPLE
from shopwindow.api.payloads import ItemIn, RankIn
from shopwindow.schema.posted import ActionIn, ConsentIn, ImpressionIn


def test_serving_loads_no_training_library_and_no_import_engine() -> None:
    heavy = ("torch", "lightning", "onnx", "onnxscript", "implicit", "scipy", "duckdb", "ibis")
    script = f"import sys, shopwindow.api.app; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_health_and_readiness(shared: httpx.Client) -> None:
    assert shared.get("/health").json() == {"status": "alive"}
    ready = shared.get("/ready").json()
    assert (ready["status"], ready["shop"], ready["items"]) == ("ready", "tiny", 60)
    assert len(ready["release"]) == 16


def test_the_document_names_every_address_with_examples_that_are_valid(shared: httpx.Client) -> None:
    document: dict[str, Any] = shared.get("/openapi.json").json()
    assert set(document["paths"]) >= {
        "/v1/rank",
        "/v1/events",
        "/v1/items",
        "/v1/items/{item}",
        "/v1/categories",
    }
    for path, method, given in (
        ("/v1/rank", "post", RANK_EXAMPLE),
        ("/v1/events", "post", EVENTS_EXAMPLE),
        ("/v1/items", "put", ITEMS_EXAMPLE),
    ):
        content = document["paths"][path][method]["requestBody"]["content"]["application/json"]
        assert content["example"] == given
    msgspec.convert(RANK_EXAMPLE, RankIn)
    for event in EVENTS_EXAMPLE["events"]:
        msgspec.convert(event, ActionIn | ImpressionIn | ConsentIn)
    for item in ITEMS_EXAMPLE["items"]:
        msgspec.convert(item, ItemIn)


def test_every_reference_of_the_document_leads_somewhere(shared: httpx.Client) -> None:
    document = shared.get("/openapi.json").json()
    names = {part.split('"')[0] for part in json.dumps(document).split("#/components/schemas/")[1:]}
    assert names <= set(document["components"]["schemas"])


def test_the_documentation_and_the_storefront_are_there(shared: httpx.Client) -> None:
    assert "/openapi.json" in shared.get("/docs").text
    front = shared.get("/")
    assert front.status_code == 200
    assert front.headers["content-type"].startswith("text/html")


def test_metrics_tell_pages_stages_and_events(client: httpx.Client) -> None:
    client.post("/v1/rank", json={"surface": "home"})
    client.post("/v1/rank", json={"surface": "home", "variant": "popular"})
    event = {"type": "action", "event_id": "a", "customer": "c", "item": "item-3", "action": "click"}
    client.post("/v1/events", json={"events": [event, event, {**event, "action": "dance"}]})
    text = client.get("/metrics").text
    for line in (
        'shopwindow_pages_total{surface="home",variant="default"} 1.0',
        'shopwindow_pages_total{surface="home",variant="popular"} 1.0',
        'shopwindow_stage_seconds_count{stage="two-tower"} 1.0',
        'shopwindow_stage_seconds_count{stage="availability"} 2.0',
        'shopwindow_records_total{kind="event",result="accepted"} 1.0',
        'shopwindow_records_total{kind="event",result="duplicate"} 1.0',
        'shopwindow_records_total{kind="event",result="rejected"} 1.0',
        "shopwindow_rank_seconds_count 2.0",
    ):
        assert line in text


def test_categories_are_a_tree_with_counts(shared: httpx.Client) -> None:
    found = {each["path"]: each for each in shared.get("/v1/categories").json()["categories"]}
    assert set(found) == {"men", "men/shoes", "women", "women/bags", "women/shoes"}
    assert found["women/bags"] == {"path": "women/bags", "name": "bags", "depth": 1, "count": 20 + 4}
    assert found["women"]["count"] == 40 + 4


def test_a_journey_is_told_newest_first(client: httpx.Client) -> None:
    events = [
        {
            "type": "action",
            "event_id": f"e{n}",
            "customer": "anna",
            "item": f"item-{n}",
            "action": "click",
            "at_ms": n,
        }
        for n in range(3)
    ]
    client.post("/v1/events", json={"events": events})
    journey = client.get("/v1/customers/anna").json()
    assert [each["item"] for each in journey["actions"]] == ["item-2", "item-1", "item-0"]
    assert journey["actions"][0] == {
        "item": "item-2",
        "action": "click",
        "at_ms": 2,
        "title": "thing 2",
        "picture": "https://pictures.example/2.jpg",
    }
    assert client.get("/v1/customers?limit=5").json() == {"customers": [{"customer": "anna", "actions": 3}]}


def test_one_item_is_shown_with_the_market_asked_for(shared: httpx.Client) -> None:
    found = shared.get("/v1/items/item-8?market=ch").json()
    assert (found["item"], found["price_minor"], found["currency"]) == ("item-8", 2008, "CHF")
    assert shared.get("/v1/items/item-8?market=mars").status_code == 422
