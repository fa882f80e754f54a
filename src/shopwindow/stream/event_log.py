"""EventLog: the truth. What was appended is durable, ordered and there once; state is derived from it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, NamedTuple, Protocol

from shopwindow.schema.arrays import Bool, Int64
from shopwindow.schema.live import (
    ActionEvent,
    ConsentEvent,
    ImpressionEvent,
    Kind,
    LiveEvent,
    decode,
    encode,
    kind_of,
)

DEDUPLICATION_WINDOW: Final = 1_000_000


class Record(NamedTuple):
    """One thing to append. `event_id` "" means: can be no duplicate (the server itself made it)."""

    event_id: str
    kind: Kind
    payload: bytes


class Logged(NamedTuple):
    """A record at its place in the log."""

    offset: int
    record: Record


@dataclass(frozen=True, slots=True, eq=False)
class Appended:
    """What became of n records.

    `offset [n]`: strictly increasing over what is new; 0 for a duplicate. `duplicate [n]`. `end`: the log's end.
    """

    offset: Int64
    duplicate: Bool
    end: int


class LogReader(Protocol):
    """Records at offsets 1, 2, 3 ...; any number of readers, also while one writer appends."""

    def replay(self, after: int, until: int | None = None) -> Iterator[Sequence[Logged]]:
        """Records at offsets after < offset <= until (None: the end as of now), in order, in batches."""
        ...

    def end(self) -> int:
        """The last offset, 0 for an empty log."""
        ...


class EventLog(LogReader, Protocol):
    """An append-only list of records with one writer."""

    def append(self, records: Sequence[Record]) -> Appended:
        """Make the records durable, all or none; a kind and event id seen lately is not written again.

        Raises:
            StateError: the records could not be written; none of them is in the log, or it is not known.
        """
        ...

    def close(self) -> None:
        """Let go of the log; what was appended stays."""
        ...


def record_of(event: LiveEvent) -> Record:
    """The record that holds this event. Only what clients send can come twice, so only that has an id to check."""
    event_id = event.event_id if isinstance(event, ActionEvent | ImpressionEvent | ConsentEvent) else ""
    return Record(event_id, kind_of(event), encode(event))


def event_of(record: Record) -> LiveEvent:
    """The event that this record holds; raises StateError where it cannot be read."""
    return decode(record.kind, record.payload)


def content_hash(record: Record) -> str:
    """16 hexadecimal digits by which a whole record is known again."""
    head = f"{record.kind}\0{record.event_id}\0".encode()
    return blake2b(head + record.payload, digest_size=8).hexdigest()


def fingerprint(record: Record) -> bytes:
    """16 bytes by which a record's kind and event id are known again."""
    return blake2b(f"{record.kind}\0{record.event_id}".encode(), digest_size=16).digest()
