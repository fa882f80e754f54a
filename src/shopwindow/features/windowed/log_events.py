"""Log records as events to count and items to describe, in the order of the log."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from shopwindow.features.journey import hashed
from shopwindow.features.windowed.events import IMPRESSION, LISTED, CountedEvents, kinds
from shopwindow.schema.live import (
    ActionEvent,
    ImpressionEvent,
    ItemEvent,
    LiveEvent,
    PageEvent,
    item_table,
)
from shopwindow.schema.shop import ShopConfig
from shopwindow.stream.event_log import Logged, event_of

_NO_QUERY: Final = -1
_COUNTED: Final = np.dtype(
    [("at_ms", "<i8"), ("item_key", "<i4"), ("customer_key", "<i8"), ("kind", "u1"), ("query", "<i4")]
)


def kind_codes(shop: ShopConfig) -> Mapping[str, int]:
    """The place of each kind in `kinds(shop)`."""
    return {kind: code for code, kind in enumerate(kinds(shop))}


def parts(batch: Sequence[Logged], codes: Mapping[str, int]) -> Iterator[CountedEvents | pa.Table]:
    """What the batch brings: events to count, or tables (schema ITEMS) of items that are so from then on.

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
        else:
            if items:
                yield item_table(items)
                items = []
            rows += _rows(event, codes)
    if items:
        yield item_table(items)
    if rows:
        yield _counted(rows)


def _rows(event: LiveEvent, codes: Mapping[str, int]) -> list[tuple[int, ...]]:
    match event:
        case ActionEvent(test=False) if event.action in codes:
            code, query = codes[event.action], hashed(event.query)
            return [(event.at_ms, event.item_key, event.customer_key, code, query)]
        case ImpressionEvent(test=False):
            return [(event.at_ms, event.item_key, event.customer_key, codes[IMPRESSION], _NO_QUERY)]
        case PageEvent(test=False):
            code, query = codes[LISTED], hashed(event.query)
            return [(event.at_ms, key, event.customer_key, code, query) for key in event.items]
        case _:
            return []


def _counted(rows: list[tuple[int, ...]]) -> CountedEvents:
    table: Any = np.array(rows, dtype=_COUNTED)
    return CountedEvents(**{name: np.ascontiguousarray(table[name]) for name in _COUNTED.names or ()})
