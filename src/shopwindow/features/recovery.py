"""Recovery: bring state to where the log is. Start, restart after a crash and rebuilding are the same call."""

from collections.abc import Callable
from dataclasses import dataclass

from shopwindow.features.customer import StateRules
from shopwindow.features.seed import HistoryColumns, seed
from shopwindow.features.store import Applied, FeatureStore
from shopwindow.features.updater import catch_up
from shopwindow.stream.event_log import LogReader, content_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What had to be done: `rebuilt` says why the state was thrown away ("" = it was not)."""

    rebuilt: str
    seeded: int
    replayed: int


def recover(
    store: FeatureStore,
    log: LogReader,
    rules: StateRules,
    history: HistoryColumns | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Recovery:
    """Seed the state from `history` if that was not done, then apply what the log has beyond it.

    `progress(done, total)` counts seeded customers. After this the store reflects the whole log.

    Raises:
        StateError: the log holds what cannot be read, or the store cannot be written.
    """
    applied = store.applied()
    rebuilt = why_not(applied, log, "" if history is None else history.fingerprint)
    if rebuilt:
        store.clear()
    seeded = seed(store, history, rules, progress) if history is not None else 0
    return Recovery(rebuilt=rebuilt, seeded=seeded, replayed=catch_up(store, log, rules))


def why_not(applied: Applied, log: LogReader, fingerprint: str) -> str:
    """Why state that has come so far cannot be continued by this log over these imported columns, "" if it can."""
    if applied == Applied():
        return ""
    if applied.seed != fingerprint:
        return "the imported data below the live events has changed"
    if applied.offset > log.end():
        return f"the state is at offset {applied.offset}, the log ends at {log.end()}"
    for batch in log.replay(applied.offset - 1, applied.offset) if applied.offset else ():
        if content_hash(batch[-1].record) != applied.record:
            return f"the log has another record at offset {applied.offset} than the state has applied"
    return ""
