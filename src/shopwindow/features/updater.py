"""Updater: log to state. Live events, recovery and rebuilding are this one function on batches."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from shopwindow.errors import StateError
from shopwindow.features.customer import StateRules, apply
from shopwindow.features.memory_store import MemoryStore
from shopwindow.features.seed import HistoryColumns, seed
from shopwindow.features.store import Changes, FeatureStore
from shopwindow.schema.live import NOBODY, ActionEvent, ConsentEvent, ItemEvent
from shopwindow.stream.event_log import Logged, LogReader, content_hash, event_of

Announce: TypeAlias = Callable[[Sequence[ItemEvent], int], None]
"""Hears of the items of a batch and of the log offset after it."""


def update(
    store: FeatureStore,
    batch: Sequence[Logged],
    rules: StateRules,
    announce: Announce = lambda items, offset: None,
) -> Sequence[ItemEvent]:
    """Apply a batch that follows directly what the store has; returns the items that it announced.

    `announce` is called, if there are items, before the store shows the new offset: whoever sees the state after
    an offset finds all items up to it announced.

    Raises:
        StateError: the batch is not the next one, a record cannot be read, or the store cannot be written.
    """
    if not batch:
        return []
    applied = store.applied()
    if batch[0].offset != applied.offset + 1:
        raise StateError(
            f"state has applied offset {applied.offset}, expected {applied.offset + 1} next, came {batch[0].offset}: "
            "recover the state from the log before new events are applied"
        )
    told: dict[int, list[ActionEvent | ConsentEvent]] = {}
    items: dict[int, ItemEvent] = {}
    for _, record in batch:
        if record.kind in ("action", "consent"):
            event = event_of(record)
            assert isinstance(event, ActionEvent | ConsentEvent)
            if event.customer_key != NOBODY:
                told.setdefault(event.customer_key, []).append(event)
        elif record.kind == "item":
            item = event_of(record)
            assert isinstance(item, ItemEvent)
            items[item.item_key] = item
    before = store.read(list(told)).states
    customers = {
        key: apply(state, events, rules) for (key, events), state in zip(told.items(), before, strict=True)
    }
    offset, last = batch[-1]
    if items:
        announce(list(items.values()), offset)
    now = replace(applied, offset=offset, record=content_hash(last))
    store.write(Changes(applied=now, customers=customers, items=items))
    return list(items.values())


def catch_up(store: FeatureStore, log: LogReader, rules: StateRules, until: int | None = None) -> int:
    """Apply what the log has beyond the store, up to offset `until`; returns how many records that were."""
    count = 0
    for batch in log.replay(store.applied().offset, until):
        update(store, batch, rules)
        count += len(batch)
    return count


def state_at(
    log: LogReader, offset: int, rules: StateRules, history: HistoryColumns | None = None
) -> MemoryStore:
    """State as it was when the log ended at `offset`; move it on with `catch_up(store, log, rules, until)`."""
    store = MemoryStore()
    if history is not None:
        seed(store, history, rules)
    catch_up(store, log, rules, offset)
    return store
