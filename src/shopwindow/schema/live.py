"""Live events: what the running server writes to its log. Keys, never external ids; encoded as MessagePack.

The log outlives code: fields are only ever added, with a default, and defaults are not written. Bytes of an
older or newer version stay readable.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec
import pyarrow as pa

from shopwindow.errors import StateError
from shopwindow.schema.items import ITEMS
from shopwindow.schema.request import Filters

NOBODY = -1
"""customer_key of a page that was asked for without a customer, and of all that someone does who opted out."""

Kind: TypeAlias = Literal["action", "impression", "page", "item", "consent"]


class ActionEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A customer did something to an item; the columns of schema.events.ACTIONS without `session`.

    `country`: where the customer was, which the clean tables know of the customer only.
    """

    event_id: str
    at_ms: int
    customer_key: int
    item_key: int
    action: str
    surface: str | None = None
    category: str | None = None
    query: str | None = None
    page_id: str | None = None
    position: int | None = None
    value: float | None = None
    quantity: int | None = None
    dwell_ms: int | None = None
    market: str | None = None
    device: str | None = None
    test: bool = False
    country: str | None = None


class ImpressionEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An item of a page came into view; the columns of schema.events.IMPRESSIONS."""

    event_id: str
    at_ms: int
    customer_key: int
    page_id: str
    item_key: int
    position: int
    test: bool = False


class PageEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A ranked answer: the columns of schema.events.PAGES, and the rest of the request, so that it can be recomputed.

    `log_offset` is that of the state that was read; `degraded` says which stages did not answer.
    """

    page_id: str
    at_ms: int
    customer_key: int = NOBODY
    surface: str
    category: str | None = None
    query: str | None = None
    seed_item_key: int | None = None
    market: str | None = None
    country: str | None = None
    device: str | None = None
    k: int
    filters: Filters = Filters()
    exclude: tuple[int, ...] = ()
    variant: str = "default"
    items: tuple[int, ...]
    scores: tuple[float, ...] | None = None
    propensities: tuple[float, ...] | None = None
    degraded: tuple[str, ...] = ()
    release: str
    config_version: int = 0
    seed: int = 0
    log_offset: int
    test: bool = False


class ConsentEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A customer allows or declines personal ranking; the word with the latest `at_ms` counts."""

    event_id: str
    at_ms: int
    customer_key: int
    consent: bool


class Offer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Price and stock in one market; price None = not known; stock None = not counted, always available."""

    market: str
    price_minor: int | None = None
    stock: int | None = None


class ItemEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An item as it is from now on, whole: the columns of schema.items.ITEMS and when it was said."""

    item_key: int
    item_id: str
    at_ms: int
    kind: str = "product"
    parent: str | None = None
    brand: str | None = None
    seller: str | None = None
    categories: tuple[str, ...] = ()
    title: str | None = None
    text: str | None = None
    picture: str | None = None
    offers: tuple[Offer, ...] = ()
    attributes: Mapping[str, str] = {}
    first_seen_ms: int = 0


LiveEvent: TypeAlias = ActionEvent | ImpressionEvent | PageEvent | ItemEvent | ConsentEvent

_ENCODER = msgspec.msgpack.Encoder()
_DECODERS: Mapping[str, msgspec.msgpack.Decoder[LiveEvent]] = {
    "action": msgspec.msgpack.Decoder(ActionEvent),
    "impression": msgspec.msgpack.Decoder(ImpressionEvent),
    "page": msgspec.msgpack.Decoder(PageEvent),
    "item": msgspec.msgpack.Decoder(ItemEvent),
    "consent": msgspec.msgpack.Decoder(ConsentEvent),
}


def kind_of(event: LiveEvent) -> Kind:
    """The word under which an event stands in the log."""
    match event:
        case ActionEvent():
            return "action"
        case ImpressionEvent():
            return "impression"
        case PageEvent():
            return "page"
        case ItemEvent():
            return "item"
        case ConsentEvent():
            return "consent"


def encode(event: LiveEvent) -> bytes:
    """The bytes that `decode` reads back as an equal event."""
    return _ENCODER.encode(event)


def decode(kind: str, payload: bytes) -> LiveEvent:
    """The event in these bytes.

    Raises:
        StateError: the kind is unknown or the bytes are not such an event.
    """
    decoder = _DECODERS.get(kind)
    if decoder is None:
        raise StateError(f"a log record is of one of the kinds {', '.join(_DECODERS)}, came {kind!r}")
    try:
        return decoder.decode(payload)
    except msgspec.MsgspecError as error:
        raise StateError(f"a log record of kind {kind} cannot be read: {error}") from error


def item_table(items: Sequence[ItemEvent]) -> pa.Table:
    """Items as a clean table (schema ITEMS), in the order given."""
    columns = {name: [getattr(item, name) for item in items] for name in ITEMS.names}
    columns["offers"] = [[msgspec.structs.asdict(offer) for offer in item.offers] for item in items]
    columns["attributes"] = [list(item.attributes.items()) for item in items]
    return pa.table(columns, schema=ITEMS)
