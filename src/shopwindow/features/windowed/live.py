"""LiveCounters: the windowed counters of a running shop. The keeper applies each group of records, requests read."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self, final

import numpy as np
import pyarrow as pa

from shopwindow.errors import StateError
from shopwindow.features.customer import CustomerState
from shopwindow.features.journey import MAX_ACTIONS
from shopwindow.features.recovery import why_not
from shopwindow.features.seed import HistoryColumns
from shopwindow.features.store import Applied
from shopwindow.features.windowed.definitions import Candidates, Inputs
from shopwindow.features.windowed.events import CountedEvents, imported, kinds
from shopwindow.features.windowed.freshness import Freshness
from shopwindow.features.windowed.histories import Histories
from shopwindow.features.windowed.log_events import Codes, parts
from shopwindow.features.windowed.reading import Asked
from shopwindow.features.windowed.snapshot import Snapshot, read_snapshot, write_snapshot
from shopwindow.features.windowed.state import WindowedState
from shopwindow.schema.arrays import Float, Int64
from shopwindow.schema.live import ConsentEvent
from shopwindow.schema.shop import ShopConfig
from shopwindow.stream.event_log import Logged, LogReader, content_hash


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LiveRequests:
    """R requests of one moment with K candidates each. `states`: of their R customers.

    `first_seen_ms [R, K]`, 0 = unknown; `relative_price [R, K]`: windowed.prices, NaN = unknown.
    """

    at_ms: int
    asked: Asked
    states: Sequence[CustomerState]
    first_seen_ms: Int64
    relative_price: Float


@final
class LiveCounters:
    """Counters that reflect the log up to `applied.offset`, and what was imported below it. One thread applies, any reads."""

    def __init__(self, shop: ShopConfig, state: WindowedState, applied: Applied) -> None:
        self.shop: Final = shop
        self._codes = Codes.of(shop)
        self._state, self._applied = state, applied
        self._lock = threading.Lock()

    @property
    def applied(self) -> Applied:
        """How far in the log they have come, and over which imported columns."""
        return self._applied

    def apply(self, batch: Sequence[Logged]) -> None:
        """Count the records that follow directly what was applied before.

        Raises:
            StateError: the batch is not the next one, or a record cannot be read.
        """
        if not batch:
            return
        before = self._applied.offset
        if batch[0].offset != before + 1:
            raise StateError(
                f"counters have applied offset {before}, expected {before + 1} next, "
                f"came {batch[0].offset}: catch up with the log before new events are applied"
            )
        decoded = list(parts(batch, self._codes))  # before anything is counted: all or none, and nobody waits
        with self._lock:
            for part in decoded:
                match part:
                    case CountedEvents():
                        self._state.add(part)
                    case ConsentEvent():
                        self._state.forget(part.customer_key)
                    case _:
                        self._state.describe(part)
            offset, last = batch[-1]
            self._applied = replace(self._applied, offset=offset, record=content_hash(last))

    def catch_up(self, log: LogReader, until: int | None = None) -> int:
        """Apply what the log has beyond the counters, up to offset `until`; returns how many records that were."""
        before = self._applied.offset
        for batch in log.replay(before, until):
            self.apply(batch)
        return self._applied.offset - before

    def advance(self, to_ms: int) -> None:
        """Move the clock before there are requests: the first one need not wait for a month to be counted."""
        with self._lock:
            self._state.advance(max(to_ms, self._state.clock_ms))

    def save(self, path: Path) -> None:
        """Write a snapshot, whole or not at all; applying and reading wait meanwhile."""
        with self._lock:
            write_snapshot(path, Snapshot(self.shop, self._state, self._applied))

    @classmethod
    def restore(cls, path: Path, shop: ShopConfig) -> Self:
        """The counters of a snapshot, to catch up with the log.

        Raises:
            StateError: there is none, it is damaged, or it counts other kinds of events than the shop has.
        """
        found = read_snapshot(path, shop)
        return cls(shop, found.state, found.applied)

    def inputs(self, requests: LiveRequests, freshness: Freshness) -> Inputs:
        """What the definitions read for these requests.

        The clock does not go back: a request that comes a little after a younger one reads at that one's moment.
        """
        as_of = int(freshness.as_of(np.array([requests.at_ms]))[0])
        with self._lock:
            as_of = max(as_of, self._state.clock_ms)
            moments = np.full(len(requests.states), as_of, dtype=np.int64)
            return Inputs(
                at_ms=np.full(len(requests.states), requests.at_ms, dtype=np.int64),
                counters=self._state.read(requests.asked, moments),
                candidates=Candidates(
                    labels=self._state.labels(requests.asked.item_key),
                    first_seen_ms=requests.first_seen_ms,
                    relative_price=requests.relative_price,
                ),
                histories=self._histories(requests.states),
            )

    def _histories(self, states: Sequence[CustomerState]) -> Histories:
        kept = [state.actions[-MAX_ACTIONS:] for state in states]
        length = np.array([len(actions) for actions in kept], dtype=np.int32)
        shape = (len(kept), max(1, int(length.max(initial=0))))
        item_key, at_ms = np.full(shape, -1, dtype=np.int32), np.zeros(shape, dtype=np.int64)
        for n, actions in enumerate(kept):
            item_key[n, : len(actions)] = actions["item_key"]
            at_ms[n, : len(actions)] = actions["at_ms"]
        return Histories(labels=self._state.labels(item_key), at_ms=at_ms, length=length)


def counters_of(shop: ShopConfig, items: pa.Table, history: HistoryColumns | None = None) -> LiveCounters:
    """Counters over a catalogue (schema ITEMS) and the imported events, before the first record of the log."""
    state = WindowedState(len(kinds(shop)), shop.category_separator)
    state.describe(items)
    if history is not None:
        state.add(imported(history))
    return LiveCounters(shop, state, Applied(seed="" if history is None else history.fingerprint))


def recovered_counters(path: Path, log: LogReader, begin: LiveCounters) -> LiveCounters:
    """The snapshot in `path` where it can be continued by this log, else `begin` (from `counters_of`); then the log's rest.

    Raises:
        StateError: the log holds what cannot be read.
    """
    try:
        found = LiveCounters.restore(path, begin.shop)
    except StateError:  # missing, damaged or of other actions: the log has it all
        found = begin
    if why_not(found.applied, log, begin.applied.seed):
        found = begin
    found.catch_up(log)
    return found
