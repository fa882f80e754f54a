"""Gathering: batches of sorted events -> event columns. Only what there is one of per customer is held in memory."""

import hashlib
import json
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from shopwindow.datasets.columns import ARRAYS, FORMAT
from shopwindow.datasets.event_batches import EventBatch
from shopwindow.schema.arrays import Int32, Int64

PER_EVENT: Final = {
    "item_key": np.int32, "action": np.uint8, "at_ms": np.int64, "surface": np.int16, "category": np.int32,
    "query": np.int32, "session": np.int32, "position": np.int16,
}  # fmt: skip
Sink = Callable[[str, Any], None]
"""Takes the next values of the array of this name."""


class Gathering:
    """Takes batches in order, gives `sink` the arrays per event at once and those per customer at the end."""

    def __init__(self, sink: Sink, session_gap_ms: int) -> None:
        self._sink = sink
        self._gap_ms = session_gap_ms
        self._digests = {name: hashlib.sha256() for name in ARRAYS}
        for name, dtype in PER_EVENT.items():
            sink(name, np.zeros(0, dtype=dtype))  # the arrays are there even without events
        self._keys: list[Int64] = []
        self._firsts: list[Int64] = []
        self._devices: list[Int32] = []
        self._device_events: list[Int64] = []
        self._num_events = 0
        self._last_at_ms = 0
        self._last_session = 0

    def add(self, batch: EventBatch) -> None:
        """Take the events that follow those taken before."""
        if not len(batch):
            return
        last = self._keys[-1][-1] if self._keys else batch.customer_key[0] - 1
        starts = np.diff(batch.customer_key, prepend=last) != 0  # [n] the first event of a customer
        session = self._sessions(batch, starts) if batch.session is None else batch.session
        for name in PER_EVENT:
            self._put(name, session if name == "session" else getattr(batch, name))
        self._customers(batch, starts)
        self._num_events += len(batch)

    def finish(self, country: Callable[[Int64], Int32], paths: tuple[str, ...]) -> str:
        """Give out the arrays per customer; the fingerprint of all."""
        key = _joined(self._keys, np.int64)
        offsets = np.append(_joined(self._firsts, np.int64), self._num_events).astype(np.int64)
        self._put("customer_key", key)
        self._put("offsets", offsets)
        self._put("country", country(key))
        self._put("device", _joined(self._devices, np.int32))
        self._sink("device_event", _joined(self._device_events, np.int64))
        digests = [self._digests[name].hexdigest() for name in ARRAYS]
        return hashlib.sha256(json.dumps([FORMAT, paths, digests]).encode()).hexdigest()[:16]

    def _put(self, name: str, values: Any) -> None:
        values = np.ascontiguousarray(values)
        self._digests[name].update(values.data)
        self._sink(name, values)

    def _sessions(self, batch: EventBatch, starts: Any) -> Int32:
        """[n] from 0 for each customer: a new one begins after a pause longer than the gap."""
        pause = np.diff(batch.at_ms, prepend=self._last_at_ms) > self._gap_ms
        begun = np.cumsum(pause & ~starts)
        before = np.maximum.accumulate(np.where(starts, begun, 0))  # begun before the customer's first event
        going_on = np.cumsum(starts) == 0  # of the customer with whom the last batch ended
        session = begun - before + np.where(going_on, self._last_session, 0)
        self._last_at_ms, self._last_session = int(batch.at_ms[-1]), int(session[-1])
        return session.astype(np.int32)

    def _customers(self, batch: EventBatch, starts: Any) -> None:
        """The new customers' keys and first events; the most recent known device of every one."""
        first = np.flatnonzero(starts)
        place = np.maximum.accumulate(np.where(batch.device >= 0, np.arange(len(batch)), -1))
        bounds = np.append(first, len(batch))
        if self._keys and bounds[0] > 0 and (latest := place[bounds[0] - 1]) >= 0:
            self._devices[-1][-1] = batch.device[latest]
            self._device_events[-1][-1] = self._num_events + latest
        if not len(first):
            return
        latest = place[bounds[1:] - 1]
        known = latest >= first
        self._keys.append(batch.customer_key[first])
        self._firsts.append(self._num_events + first)
        self._devices.append(np.where(known, batch.device[latest], -1).astype(np.int32))
        self._device_events.append(np.where(known, self._num_events + latest, -1))


def _joined(pieces: list[Any], dtype: type[np.integer[Any]]) -> Any:
    return np.concatenate(pieces) if pieces else np.zeros(0, dtype=dtype)
