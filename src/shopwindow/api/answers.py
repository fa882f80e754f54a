"""What the server answers, as msgspec writes it."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct


class ItemOut(Struct, omit_defaults=True):
    """One item of a page; all after `sources` only where details were asked for."""

    item: str
    score: float
    sources: Sequence[str]
    title: str | None = None
    kind: str | None = None
    parent: str | None = None
    brand: str | None = None
    seller: str | None = None
    category: str | None = None
    categories: Sequence[str] | None = None
    text: str | None = None
    picture: str | None = None
    attributes: Mapping[str, str] | None = None
    price_minor: int | None = None
    currency: str | None = None
    in_stock: bool | None = None
    new: bool | None = None


class PageOut(Struct):
    """The answer of POST /v1/rank. `opted_out`: the customer declined, the page is as for anyone."""

    request_id: str
    release: str
    surface: str
    variant: str
    log_offset: int
    degraded: Sequence[str]
    opted_out: bool
    items: Sequence[ItemOut]


class RejectedOut(Struct):
    """Why one record of a batch was not taken; the others were."""

    index: int
    field: str
    expected: str
    came: Any


class AcceptedOut(Struct):
    """The answer of POST /v1/events and PUT /v1/items: durable, and seen by every page from `offset` on."""

    accepted: int
    duplicates: int
    offset: int
    rejected: Sequence[RejectedOut]


class Failure(Struct, omit_defaults=True):
    """Why a request was not answered; `code` is for programs, `message` for people."""

    code: str
    message: str
    field: str | None = None
    expected: str | None = None
    came: Any = None


class FailureOut(Struct):
    """The body of every answer that is not 2xx."""

    error: Failure
