"""Log records as events to count, items to describe and customers to forget, in the order of the log."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from shopwindow.features.journey import hashed
from shopwindow.features.windowed.events import IMPRESSION, LISTED, CountedEvents, kinds
from shopwindow.schema.live import (
    ActionEvent,
    ConsentEvent,
    ImpressionEvent,
    ItemEvent,
    LiveEvent,
    PageEvent,
    item_table,
)
from shopwindow.schema.shop import ShopConfig
from shopwindow.stream.event_log import Logged, event_of

_UNKNOWN: Final = -1
_COUNTED: Final = np.dtype(
    [
        ("at_ms", "<i8"),
        ("item_key", "<i4"),
        ("customer_key", "<i8"),
        ("kind", "u1"),
        ("query", "<i4"),
        ("surface", "<i2"),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """A shop's words as codes."""

    kind: Mapping[str, int]
    surface: Mapping[str, int]

    @classmethod
    def of(cls, shop: ShopConfig) -> "Codes":
        return cls(
            kind={kind: code for code, kind in enumerate(kinds(shop))},
            surface={name: code for code, name in enumerate(shop.surface_names)},
        )


def parts(batch: Sequence[Logged], codes: Codes) -> Iterator[CountedEvents | pa.Table | ConsentEvent]:
    """What the batch brings: events to count, tables (schema ITEMS) of items that are so from then on, opt-outs.

    Test events, and actions that the shop does not know (any more), are not counted.

    Raises:
        StateError: a record cannot be read.
    """
    rows: list[tuple[int, ...]] = []
    items: list[ItemEvent] = []
    for _, record in batch:
        event = event_of(record)
        if isinstance(event, ItemEvent):
            if rows:
                yield _counted(rows)
                rows = []
            items.append(event)
            continue
        if items:
            yield item_table(items)
            items = []
        if isinstance(event, ConsentEvent):
            if rows:
                yield _counted(rows)
                rows = []
            if not event.consent:
                yield event
        else:
            rows += _rows(event, codes)
    if items:
        yield item_table(items)
    if rows:
        yield _counted(rows)


def _rows(event: LiveEvent, codes: Codes) -> list[tuple[int, ...]]:
    match event:
        case ActionEvent(test=False) if event.action in codes.kind:
            code, place = codes.kind[event.action], codes.surface.get(event.surface or "", _UNKNOWN)
            return [(event.at_ms, event.item_key, event.customer_key, code, hashed(event.query), place)]
        case ImpressionEvent(test=False):
            # its page knows query and surface; imported impressions have neither
            code = codes.kind[IMPRESSION]
            return [(event.at_ms, event.item_key, event.customer_key, code, _UNKNOWN, _UNKNOWN)]
        case PageEvent(test=False):
            code, place = codes.kind[LISTED], codes.surface.get(event.surface, _UNKNOWN)
            query = hashed(event.query)
            return [(event.at_ms, key, event.customer_key, code, query, place) for key in event.items]
        case _:
            return []


def _counted(rows: list[tuple[int, ...]]) -> CountedEvents:
    table: Any = np.array(rows, dtype=_COUNTED)
    return CountedEvents(**{name: np.ascontiguousarray(table[name]) for name in _COUNTED.names or ()})
