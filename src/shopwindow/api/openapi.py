"""The OpenAPI document: schemas from the payload types themselves, an example for every question and answer."""

from typing import Any, Final

import msgspec

from shopwindow import __version__
from shopwindow.api.answers import AcceptedOut, FailureOut, PageOut
from shopwindow.api.browse import CategoriesOut, CustomersOut, StepsOut
from shopwindow.api.payloads import ItemIn, RankIn
from shopwindow.schema.posted import ActionIn, ConsentIn, ImpressionIn
from shopwindow.serving.details import ItemDetails

RANK_EXAMPLE: Final = {
    "surface": "browse",
    "customer": "anna",
    "category": "women/shoes",
    "k": 3,
    "market": "default",
    "country": "DE",
    "device": "phone",
    "filters": {"brands": ["Aurora"], "max_price": 9900, "attributes": {"colour": ["blue", "green"]}},
    "exclude": ["1042"],
    "request_id": "page-7f3a",
    "details": False,
}
PAGE_EXAMPLE: Final = {
    "request_id": "page-7f3a",
    "release": "3f9c2d41aa07be15",
    "surface": "browse",
    "variant": "default",
    "log_offset": 5120,
    "degraded": [],
    "opted_out": False,
    "items": [
        {"item": "88", "score": 7.31, "sources": ["two-tower"]},
        {"item": "1310", "score": 6.92, "sources": ["two-tower"]},
        {"item": "402", "score": 6.4, "sources": ["two-tower"]},
    ],
}
EVENTS_EXAMPLE: Final = {
    "events": [
        {
            "type": "action",
            "event_id": "e-1",
            "customer": "anna",
            "item": "88",
            "action": "click",
            "page_id": "page-7f3a",
            "position": 0,
            "surface": "browse",
            "category": "women/shoes",
        },
        {
            "type": "impression",
            "event_id": "e-2",
            "customer": "anna",
            "item": "1310",
            "page_id": "page-7f3a",
            "position": 1,
        },
        {"type": "consent", "event_id": "e-3", "customer": "ben", "consent": False},
    ]
}
ACCEPTED_EXAMPLE: Final = {
    "accepted": 1,
    "duplicates": 0,
    "offset": 5122,
    "rejected": [
        {
            "index": 1,
            "field": "item",
            "expected": "an item that was imported or sent to PUT /v1/items",
            "came": "1310",
        }
    ],
}
ITEMS_EXAMPLE: Final = {
    "items": [
        {
            "item": "2001",
            "title": "Green suede boot",
            "brand": "Aurora",
            "categories": ["women/shoes/boots"],
            "offers": [{"market": "default", "price_minor": 12900, "stock": 40}],
            "attributes": {"colour": "green"},
        },
        {"item": "88", "offers": [{"market": "default", "price_minor": 4900, "stock": 0}]},
    ]
}
FAILURE_EXAMPLE: Final = {
    "error": {
        "code": "unknown_category",
        "message": "category: expected a category path of this shop (see GET /v1/categories), came 'women/shoos'",
        "field": "category",
        "expected": "a category path of this shop (see GET /v1/categories)",
        "came": "women/shoos",
    }
}
TYPES: Final = (
    RankIn, PageOut, ActionIn, ImpressionIn, ConsentIn, ItemIn, AcceptedOut, FailureOut, ItemDetails, CategoriesOut, CustomersOut, StepsOut,
)  # fmt: skip


def openapi_document() -> dict[str, Any]:
    """OpenAPI 3.1 of the whole API."""
    _, schemas = msgspec.json.schema_components(TYPES, ref_template="#/components/schemas/{name}")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "shopwindow",
            "version": __version__,
            "description": "Personalised ranking: ask for a page, post what happened, ask again.",
        },
        "paths": {
            "/v1/rank": {"post": _rank()},
            "/v1/events": {"post": _events()},
            "/v1/items": {"put": _items()},
            "/v1/items/{item}": {
                "get": _get("One item as it is now", ItemDetails, ("item", "path"), ("market", "query"))
            },
            "/v1/categories": {"get": _get("The category tree", CategoriesOut)},
            "/v1/customers": {
                "get": _get("Some customers, to look around with", CustomersOut, ("limit", "query"))
            },
            "/v1/customers/{customer}": {
                "get": _get("A customer's last actions", StepsOut, ("customer", "path"))
            },
            "/health": {"get": _plain("The process is alive")},
            "/ready": {"get": _plain("Pages can be ranked and events kept (503: why not)")},
            "/metrics": {"get": _plain("Prometheus metrics")},
        },
        "components": {"schemas": schemas},
    }


def _rank() -> dict[str, Any]:
    answers = _answers(PageOut, PAGE_EXAMPLE, {"409": "request id used before", "503": "no release"})
    header = {"name": "X-Request-Id", "in": "header", "required": False, "schema": {"type": "string"}}
    return {
        "summary": "Rank a page",
        "description": (
            "The same request id with the same question gets the same answer. `degraded` names what the page went "
            "on without. `details` adds title, price, picture and more to each item."
        ),
        "parameters": [header],
        "requestBody": _body({"$ref": "#/components/schemas/RankIn"}, RANK_EXAMPLE),
        "responses": answers,
    }


def _events() -> dict[str, Any]:
    one = {
        "oneOf": [
            {"$ref": f"#/components/schemas/{each}"} for each in ("ActionIn", "ImpressionIn", "ConsentIn")
        ]
    }
    return {
        "summary": "Post what happened",
        "description": (
            "Idempotent by event_id. What is answered as accepted is on disk and seen by the customer's next page. "
            "A wrong event is rejected alone, with the reason. Who declines (consent false) is forgotten: pages are as "
            "for anyone (`opted_out`), and what they do is counted without them until they consent again."
        ),
        "requestBody": _body(_batch("events", one), EVENTS_EXAMPLE),
        "responses": _answers(
            AcceptedOut, ACCEPTED_EXAMPLE, {"413": "body too large", "503": "events cannot be kept"}
        ),
    }


def _items() -> dict[str, Any]:
    one = {"$ref": "#/components/schemas/ItemIn"}
    return {
        "summary": "Add or change items",
        "description": "A field that is absent stays as it was. Ranked from the next page on, new items too.",
        "requestBody": _body(_batch("items", one), ITEMS_EXAMPLE),
        "responses": _answers(
            AcceptedOut, ACCEPTED_EXAMPLE, {"413": "body too large", "503": "items cannot be kept"}
        ),
    }


def _get(summary: str, answer: type, *parameters: tuple[str, str]) -> dict[str, Any]:
    return {
        "summary": summary,
        "parameters": [
            {"name": name, "in": place, "required": place == "path", "schema": {"type": "string"}}
            for name, place in parameters
        ],
        "responses": _answers(answer, None, {"404": "not known", "503": "no release"}),
    }


def _plain(summary: str) -> dict[str, Any]:
    return {"summary": summary, "responses": {"200": {"description": summary}}}


def _batch(name: str, one: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": [name], "properties": {name: {"type": "array", "items": one}}}


def _body(schema: dict[str, Any], example: Any) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}


def _answers(answer: type, example: Any, others: dict[str, str]) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{answer.__name__}"}}
    if example is not None:
        content["example"] = example
    failure = {"schema": {"$ref": "#/components/schemas/FailureOut"}, "example": FAILURE_EXAMPLE}
    refused = {"400": "no JSON", "422": "understood, but wrong: field, expected and came say how", **others}
    return {
        "200": {"description": "Done", "content": {"application/json": content}},
        **{
            status: {"description": text, "content": {"application/json": failure}}
            for status, text in sorted(refused.items())
        },
    }
