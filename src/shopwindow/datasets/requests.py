"""RequestSet: moments at which a page is asked for, what was known by then, and what was wanted.

Legend: R requests, U customers, E events, B requests of a part, L actions.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from shopwindow.datasets.columns import EventColumns
from shopwindow.datasets.dataset import Dataset
from shopwindow.features.journey import PADDING, Journey, hours_and_weekdays, log_seconds
from shopwindow.schema.arrays import Bool, Float, Int32, Int64, Rows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RequestSet:
    """R requests. The history of request r is events offsets[customer[r]] .. history_end[r]-1, all before at_ms.

    `surface`: place in ShopConfig.surface_names; `category`: node, 0 = the whole shop; `query`: hashed;
    each -1 where unknown. Wanted items of request r, each once with its largest gain:
    truth_rows[truth_offsets[r]:truth_offsets[r+1]].
    """

    customer: Int32  # [R] place in EventColumns.customer_key
    history_end: Int64  # [R]
    at_ms: Int64  # [R]
    surface: Int32  # [R]
    category: Int32  # [R]
    query: Int32  # [R]
    truth_offsets: Int64  # [R+1]
    truth_rows: Rows
    truth_gain: Float

    def __len__(self) -> int:
        return len(self.customer)

    def part(self, start: int, stop: int) -> "RequestSet":
        """Requests start .. stop-1."""
        return self.take(np.arange(start, min(stop, len(self)), dtype=np.int64))

    def take(self, places: Int64) -> "RequestSet":
        """These requests, in this order."""
        counts = np.diff(self.truth_offsets)[places]
        offsets = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(counts)])
        within = np.arange(offsets[-1]) - np.repeat(offsets[:-1], counts)
        truths = np.repeat(self.truth_offsets[places], counts) + within
        return RequestSet(
            customer=self.customer[places],
            history_end=self.history_end[places],
            at_ms=self.at_ms[places],
            surface=self.surface[places],
            category=self.category[places],
            query=self.query[places],
            truth_offsets=offsets,
            truth_rows=self.truth_rows[truths],
            truth_gain=self.truth_gain[truths],
        )

    def of_truth(self) -> Int64:
        """[T] the request that each truth belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.truth_offsets))


def concatenated(parts: Sequence[RequestSet]) -> RequestSet:
    """Several request sets after one another."""
    arrays = {
        each.name: np.concatenate([getattr(part, each.name) for part in parts])
        for each in fields(RequestSet)
        if each.name != "truth_offsets"
    }
    counts = np.concatenate([np.diff(part.truth_offsets) for part in parts])
    return RequestSet(**arrays, truth_offsets=np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)]))


def history_before(columns: EventColumns, customer: Int32, at_ms: Int64) -> Int64:
    """[R] first event of each customer that is not strictly before `at_ms`: where the history ends."""
    low = columns.offsets[customer].astype(np.int64)
    high = columns.offsets[customer.astype(np.int64) + 1].astype(np.int64)
    while (open_ := low < high).any():  # bisection of all requests at once
        middle = (low + high) // 2
        earlier = open_ & (columns.at_ms[np.where(open_, middle, 0)] < at_ms)
        low = np.where(earlier, middle + 1, low)
        high = np.where(open_ & ~earlier, middle, high)
    return low


def requests_of_events(dataset: Dataset, events: Int64) -> RequestSet:
    """Requests that wanted events answer: one per distinct customer, time, surface, category and query.

    `events`: event numbers, ascending. Events that are not wanted (gain at or below 0, item unknown) are left out.
    """
    return requests_and_events(dataset, events)[0]


def requests_and_events(dataset: Dataset, events: Int64) -> tuple[RequestSet, Int64, Int64]:
    """`requests_of_events`, the number of the request that each wanted event answers, and those events; all in one order."""
    columns = dataset.columns
    events = events[dataset.wanted()[events]]
    customer = (np.searchsorted(columns.offsets, events, side="right") - 1).astype(np.int32)
    keys: tuple[Any, ...] = (
        dataset.item_row[events],
        columns.query[events],
        dataset.category_node[events],
        columns.surface[events],
        columns.at_ms[events],
        customer,
    )
    order = np.lexsort(keys)
    sorted_keys = [key[order] for key in keys]
    new_request = _changes(sorted_keys[1:])
    new_truth = new_request | _changes(sorted_keys[:1])
    first, truths = np.flatnonzero(new_request), np.flatnonzero(new_truth)
    gain = dataset.gains[columns.action[events[order]]]
    query, category, surface, at_ms, of = (key[first] for key in sorted_keys[1:])
    requests = RequestSet(
        customer=of,
        history_end=history_before(columns, of, at_ms),
        at_ms=at_ms,
        surface=surface.astype(np.int32),
        category=category,
        query=query,
        truth_offsets=np.append(np.searchsorted(truths, first), len(truths)).astype(np.int64),
        truth_rows=sorted_keys[0][truths],
        truth_gain=np.maximum.reduceat(gain, truths) if len(truths) else gain,
    )
    return requests, np.cumsum(new_request) - 1, events[order]


def cached_for(dataset: Dataset, requests: RequestSet, stale_ms: int) -> RequestSet:
    """The same requests when what is known of a customer may be `stale_ms` old: later events are not read."""
    ends = history_before(dataset.columns, requests.customer, requests.at_ms - stale_ms)
    return replace(requests, history_end=np.minimum(ends, requests.history_end))


def journeys(dataset: Dataset, requests: RequestSet, max_actions: int) -> Journey:
    """What the encoder reads for each request: its customer's last `max_actions` actions, then the request itself."""
    columns = dataset.columns
    start = np.maximum(requests.history_end - max_actions, columns.offsets[requests.customer])
    length = requests.history_end - start
    places = start[:, None] + np.arange(max(1, int(length.max(initial=0))) + 1)[None, :]
    journey = gathered(dataset, requests.customer, places, length)
    last, row = length, np.arange(len(requests))
    before = np.where(length > 0, columns.at_ms[np.maximum(requests.history_end - 1, 0)], requests.at_ms)
    hour, weekday = hours_and_weekdays(requests.at_ms, dataset.tz_offset_ms)
    journey.surface[row, last], journey.category[row, last] = requests.surface, requests.category
    journey.query[row, last] = requests.query
    journey.wait[row, last] = log_seconds(requests.at_ms - before)
    journey.hour[row, last], journey.weekday[row, last] = hour, weekday
    return journey


def gathered(dataset: Dataset, customer: Int32, places: Int64, length: Int64) -> Journey:
    """Journeys over events places[b, 0] .. places[b, length[b]-1]; the context of each position is the next event's.

    `places [B, L+1]`: consecutive event numbers. The context at position length[b] (the request to come) and after is
    absent: the caller fills it in.
    """
    columns, width = dataset.columns, places.shape[1]
    if not columns.num_events:
        return _empty(len(customer), customer, columns)
    inside = np.arange(width)[None, :] < length[:, None]  # [B, L+1] position whose following event is given
    places = np.where(inside, places, 0)
    at_ms = columns.at_ms[places]
    since = np.zeros(places.shape, dtype=np.float32)  # log-seconds from the event before
    since[:, 1:] = log_seconds(np.diff(at_ms, axis=1))
    hour, weekday = hours_and_weekdays(at_ms, dataset.tz_offset_ms)
    return Journey(
        item=_masked(dataset.item_row[places], inside)[:, :-1],
        action=_masked(columns.action[places], inside)[:, :-1],
        gap=np.where(inside, since, np.float32(0))[:, :-1],
        surface=_masked(columns.surface[places], inside),
        category=_masked(dataset.category_node[places], inside),
        query=_masked(columns.query[places], inside),
        wait=np.where(inside, since, np.float32(0)),
        hour=_masked(hour, inside),
        weekday=_masked(weekday, inside),
        country=columns.country[customer],
        device=columns.device[customer],
        length=length.astype(np.int32),
    )


def _empty(count: int, customer: Int32, columns: EventColumns) -> Journey:
    one, two = np.full((count, 1), PADDING, np.int32), np.full((count, 2), PADDING, np.int32)
    return Journey(
        item=one, action=one.copy(), gap=np.zeros((count, 1), np.float32), surface=two, category=two.copy(),
        query=two.copy(), wait=np.zeros((count, 2), np.float32), hour=two.copy(), weekday=two.copy(),
        country=columns.country[customer], device=columns.device[customer], length=np.zeros(count, np.int32),
    )  # fmt: skip


def _masked(values: Any, inside: Bool) -> Int32:
    return np.where(inside, values.astype(np.int32), np.int32(PADDING))  # uint8 has no -1


def _changes(sorted_keys: list[Any]) -> Bool:
    """[n] true where any key differs from the row before."""
    changed = np.zeros(len(sorted_keys[0]), dtype=np.bool_)
    changed[:1] = True
    for key in sorted_keys:
        changed[1:] |= key[1:] != key[:-1]
    return changed
