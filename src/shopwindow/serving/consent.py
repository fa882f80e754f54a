"""What customers files say of consent is told to the log when a server starts, so that state and replay know it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from shopwindow.config import ShopDirectory
from shopwindow.durable import write_durably
from shopwindow.features.keeper import Keeper
from shopwindow.features.store import FeatureStore
from shopwindow.ingest.consent import ImportedConsent, imported_consent
from shopwindow.schema.live import ConsentEvent
from shopwindow.stream.event_log import record_of

AT_ONCE: Final = 2000


def tell_imported_consent(directory: ShopDirectory, store: FeatureStore, keeper: Keeper) -> int:
    """Log the words of consent that are news; returns how many. Each import is told once, the latest word wins.

    Raises:
        StateError: the log cannot be written.
    """
    mark = directory.state / "consent.json"
    words = imported_consent(directory, after=_told(mark))
    count = 0
    for events in _news(words, store):
        keeper.submit([record_of(event) for event in events]).result()
        count += len(events)
    if words.number:
        write_durably(mark, json.dumps({"import": words.number}).encode())
    return count


def _told(mark: Path) -> int:
    return int(json.loads(mark.read_text(encoding="utf-8"))["import"]) if mark.is_file() else 0


def _news(words: ImportedConsent, store: FeatureStore) -> Iterator[list[ConsentEvent]]:
    """In groups, the words that change what the state has and are later than what was said live."""
    for start in range(0, len(words.customer_key), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        keys = words.customer_key[part].tolist()
        states = store.read(keys).states
        events = [
            ConsentEvent(
                event_id=f"import-{words.number}-{key}", at_ms=at_ms, customer_key=key, consent=consent
            )
            for key, consent, at_ms, state in zip(
                keys, words.consent[part].tolist(), words.at_ms[part].tolist(), states, strict=True
            )
            if consent == state.opted_out and at_ms >= state.consent_at_ms
        ]
        if events:
            yield events
