"""Merging: the columns as they are, and sorted batches of newer events -> batches of both, in order."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from shopwindow.datasets.columns import EventColumns
from shopwindow.datasets.event_batches import BATCH_ROWS, EventBatch
from shopwindow.schema.arrays import Int32, Int64


def merged(
    old: EventColumns, device_event: Int64, paths: tuple[str, ...], newer: Iterable[EventBatch]
) -> Iterator[EventBatch]:
    """Both in order, categories as codes into `paths`; of equal customer and time, the old events come first.

    `device_event` [U]: the event that brought each customer's device, -1 = none. The old arrays are read once,
    front to back.
    """
    codes = {path: code for code, path in enumerate(paths)}
    category = np.array([*(codes[path] for path in old.category_paths), -1], dtype=np.int32)  # -1 stays -1
    done = 0
    for batch in newer:
        places = _places(old, batch)
        used = 0
        while used < len(batch):
            end = min(done + BATCH_ROWS, int(places[-1]))
            taken = len(batch) if end == places[-1] else int(np.searchsorted(places, end, side="right"))
            yield _inserted(
                _old(old, device_event, category, (done, end)), batch, slice(used, taken), places - done
            )
            done, used = end, taken
    while done < old.num_events:
        end = min(done + BATCH_ROWS, old.num_events)
        yield _old(old, device_event, category, (done, end))
        done = end


def _places(old: EventColumns, batch: EventBatch) -> Int64:
    """[n] how many old events come before each new one: found by halving each customer's range."""
    customer = np.searchsorted(old.customer_key, batch.customer_key)
    low = np.asarray(old.offsets)[customer]
    known = np.append(old.customer_key, -1)[customer] == batch.customer_key
    high = np.where(known, np.asarray(old.offsets)[np.minimum(customer + 1, old.num_customers)], low)
    while (open_ := low < high).any():
        middle = (low + high) // 2
        later = np.zeros(len(batch), dtype=bool)
        later[open_] = old.at_ms[middle[open_]] > batch.at_ms[open_]
        high = np.where(open_ & later, middle, high)
        low = np.where(open_ & ~later, middle + 1, low)
    return low


def _old(old: EventColumns, device_event: Int64, category: Int32, within: tuple[int, int]) -> EventBatch:
    first, end = within
    start = int(np.searchsorted(old.offsets, first, side="right")) - 1
    stop = int(np.searchsorted(old.offsets, end, side="left"))
    bounds = np.clip(old.offsets[start : stop + 1], first, end)
    events = device_event[start:stop]
    here = (events >= first) & (events < end)
    device = np.full(end - first, -1, dtype=np.int32)
    device[events[here] - first] = old.device[start:stop][here]
    return EventBatch(
        customer_key=np.repeat(old.customer_key[start:stop], np.diff(bounds)),
        item_key=old.item_key[first:end],
        action=old.action[first:end],
        at_ms=old.at_ms[first:end],
        surface=old.surface[first:end],
        category=category[old.category[first:end]],
        query=old.query[first:end],
        position=old.position[first:end],
        device=device,
    )


def _inserted(old: EventBatch, new: EventBatch, some: slice, places: Int64) -> EventBatch:
    """The old events with `some` of the new ones before the old events at `places`."""
    at = places[some]

    def both(name: str) -> Any:
        return np.insert(getattr(old, name), at, getattr(new, name)[some])

    return EventBatch(
        customer_key=both("customer_key"),
        item_key=both("item_key"),
        action=both("action"),
        at_ms=both("at_ms"),
        surface=both("surface"),
        category=both("category"),
        query=both("query"),
        position=both("position"),
        device=both("device"),
    )
