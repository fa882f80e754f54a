"""Posted events: what clients send to POST /v1/events, one definition for the server and for validation before."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta, Struct

from shopwindow.schema.shop import ShopConfig

MAX_INT: Final = 2**53
AHEAD_MS: Final = 5 * 60 * 1000  # clocks of clients may be ahead by so much
Id = Annotated[str, Meta(min_length=1, max_length=256, pattern="^[^\\x00-\\x1f]+\\Z")]
Word = Annotated[str, Meta(max_length=1000)]
Time = Annotated[int, Meta(ge=0, le=MAX_INT)]
Small = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Key = Annotated[str, Meta(max_length=100)]
Fault: TypeAlias = tuple[str, str, object]
"""Field, what was expected, what came."""


class EventsIn(Struct, frozen=True, forbid_unknown_fields=True):
    """POST /v1/events: each event is read by itself, so that a wrong one does not spoil the rest."""

    events: Annotated[tuple[msgspec.Raw, ...], Meta(max_length=5000)]


class ActionIn(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="action"):
    """A customer did something to an item."""

    event_id: Id
    customer: Id
    item: Id
    action: Key
    at_ms: Time | None = None
    page_id: Id | None = None
    position: Small | None = None
    surface: Key | None = None
    category: Word | None = None
    query: Word | None = None
    value: float | None = None
    quantity: Small | None = None
    dwell_ms: Time | None = None
    market: Key | None = None
    country: Key | None = None
    device: Key | None = None
    test: bool = False


class ImpressionIn(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="impression"):
    """An item of a page came into view."""

    event_id: Id
    customer: Id
    item: Id
    page_id: Id
    position: Small = 0
    at_ms: Time | None = None
    surface: Key | None = None
    market: Key | None = None
    device: Key | None = None
    test: bool = False


class ConsentIn(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="consent"):
    """A customer allows (true) or declines (false) personal ranking; the latest word counts."""

    event_id: Id
    customer: Id
    consent: bool
    at_ms: Time | None = None


DeedIn: TypeAlias = ActionIn | ImpressionIn
EventIn: TypeAlias = DeedIn | ConsentIn
TYPES: Final = ("action", "impression", "consent")
"""What `type` of an event says."""
TOO_DEEP: Final = ("JSON of a few levels", "JSON nested too deeply")
_AT: Final = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?$", re.DOTALL)
_GOT: Final = re.compile(r"^Expected (?P<expected>.+?), got (?P<came>.+)$", re.DOTALL)
_MISSING: Final = re.compile(r"^Object missing required field `(?P<name>[^`]*)`$")
_INVALID: Final = re.compile(r"^Invalid value (?P<came>.+)$", re.DOTALL)
_UNKNOWN: Final = re.compile(r"^Object contains unknown field `(?P<name>[^`]*)`$")


def words_of_events(shop: ShopConfig) -> Mapping[str, Sequence[str]]:
    """Field -> the shop's words for it."""
    return {"action": shop.action_names, "surface": shop.surface_names, "market": shop.market_codes}


def fault_of(event: EventIn, words: Mapping[str, Sequence[str]], now_ms: int) -> Fault | None:
    """What the shop does not take: a word that it does not have, or a time more than five minutes ahead."""
    for name, allowed in words.items():
        word = getattr(event, name, None)
        if word is not None and word not in allowed:
            return name, f"one of {', '.join(allowed)}", word
    if event.at_ms is not None and event.at_ms > now_ms + AHEAD_MS:
        return "at_ms", f"a time before {now_ms + AHEAD_MS} (5 minutes from now)", event.at_ms
    return None


def read_validation(message: str) -> tuple[str, str, str]:
    """Field, expected and came of a msgspec message."""
    found = _AT.match(message)
    what, path = (found["what"], found["path"] or "") if found else (message, "")
    path = path.replace("[...]", "[]").removesuffix(".")
    if got := _GOT.match(what):
        return path, got["expected"].replace("`", ""), got["came"].replace("`", "")
    if missing := _MISSING.match(what):
        return _join(path, missing["name"]), "a value: the field is required", "nothing"
    if unknown := _UNKNOWN.match(what):
        return _join(path, unknown["name"]), "no such field (see /docs)", "a value"
    if invalid := _INVALID.match(what):
        return path, "a value of the list in /docs", invalid["came"]
    return path, what.removeprefix("Expected ").replace("`", ""), "something else"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
