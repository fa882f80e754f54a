"""validate_events: events as a shop would post them, checked before they are sent; for streams and for a shop's own tests."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, final

import msgspec

from shopwindow.ingest.quality.known import Known
from shopwindow.schema.posted import TOO_DEEP, EventIn, fault_of, read_validation, words_of_events
from shopwindow.schema.shop import ShopConfig

EARLIEST_MS: Final = 788_918_400_000  # 1995: a time in seconds falls before it
FOREVER_MS: Final = 2**53
REMEMBERED: Final = 1_000_000  # event ids
CAME_LIMIT: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong with a row. `row`: its number, from 1 (the line of a stream); `place`: within a batch, from 0.

    `refused`: the server would not take the event; otherwise it would, and something is odd.
    """

    row: int
    place: int
    field: str
    expected: str
    came: str
    refused: bool


def validate_events(
    rows: Iterable[object],
    shop: ShopConfig,
    known: Known | None = None,
    now_ms: int = FOREVER_MS,
) -> list[Problem]:
    """Everything that POST /v1/events of this shop would refuse, or take and should not have been sent; [] = all good.

    `rows`: events as dicts, as JSON texts or bytes, or whole bodies {"events": [...]}. Without `known` (what the
    shop has imported; `known_of(ShopDirectory(...))`) items and categories are not looked up. `now_ms`: times more
    than five minutes later are refused. Bad data is never raised, always returned.

        from shopwindow.ingest.quality.validator import validate_events
        from shopwindow.schema.shop import read_shop

        def test_our_tracker_sends_what_the_shop_takes():
            sent = [{"type": "action", "event_id": "1", "customer": "anna", "item": "a", "action": "click"}]
            assert validate_events(sent, read_shop(Path("shop.toml"))) == []
    """
    validator = EventValidator(shop, known, now_ms)
    return [problem for number, row in enumerate(rows, 1) for problem in validator.problems(number, row)]


@final
class EventValidator:
    """Checks a stream of events row by row; remembers the last million event ids, nothing else.

    `num_events`: events seen. `num_refused`: those with a problem for which the server refuses them.
    """

    def __init__(self, shop: ShopConfig, known: Known | None, now_ms: int) -> None:
        self._known, self._now_ms = known, now_ms
        self._words = words_of_events(shop)
        self._one: msgspec.json.Decoder[EventIn] = msgspec.json.Decoder(EventIn)
        self._seen: dict[str, None] = {}
        self.num_events = self.num_refused = 0

    def problems(self, row: int, content: object) -> list[Problem]:
        """What is wrong with one row: an event or a batch of them."""
        try:
            events = list(_events(content))
        except (msgspec.MsgspecError, RecursionError, TypeError, ValueError, OverflowError) as error:
            self.num_events += 1
            self.num_refused += 1
            expected = "JSON of an event or of a batch of events"
            raw = content if isinstance(content, str | bytes) else type(content).__name__
            came = shown(f"{shown(raw)} ({error})")
            return [Problem(row=row, place=0, field="", expected=expected, came=came, refused=True)]
        found: list[Problem] = []
        for place, raw in enumerate(events):
            faults = list(self._faults(raw))
            self.num_events += 1
            self.num_refused += any(refused for *_, refused in faults)
            found += [
                Problem(
                    row=row, place=place, field=field, expected=expected, came=shown(came), refused=refused
                )
                for field, expected, came, refused in faults
            ]
        return found

    def _faults(self, raw: bytes) -> Iterator[tuple[str, str, object, bool]]:
        """(field, expected, came, refused) of each thing wrong with one event."""
        try:
            event = self._one.decode(raw)
        except msgspec.ValidationError as error:
            yield *read_validation(str(error)), True
            return
        except RecursionError:
            yield "", *TOO_DEEP, True
            return
        refused = False
        fault = fault_of(event, self._words, self._now_ms)
        if fault is not None:
            refused = True
            yield *fault, True
        item = getattr(event, "item", None)  # a word of consent is about no item
        if self._known is not None and item is not None and item not in self._known.items:
            refused = True
            yield "item", "an item that was imported or sent to PUT /v1/items", item, True
        if event.at_ms is not None and event.at_ms < EARLIEST_MS:
            yield "at_ms", "milliseconds since 1970, after 1995 (are these seconds?)", event.at_ms, False
        category = getattr(event, "category", None)
        if category and self._known is not None and not self._known.has_category(category):
            yield "category", "a category path of the catalogue", category, False
        if refused:
            return  # its id is free for the event as corrected
        if event.event_id in self._seen:
            yield "event_id", "an id of its own: this one came before and counts once", event.event_id, False
        self._remember(event.event_id)

    def _remember(self, event_id: str) -> None:
        self._seen[event_id] = None
        if len(self._seen) > REMEMBERED:
            del self._seen[next(iter(self._seen))]


def _events(content: object) -> Iterator[bytes]:
    """The JSON of each event of a row.

    Raises:
        msgspec.MsgspecError: no JSON.
        TypeError, ValueError, OverflowError, RecursionError: it cannot be written as JSON.
    """
    raw = content if isinstance(content, str | bytes) else msgspec.json.encode(content)
    read = msgspec.json.decode(raw)
    if isinstance(read, dict) and isinstance(read.get("events"), list):
        yield from (msgspec.json.encode(each) for each in read["events"])
    else:
        yield raw.encode() if isinstance(raw, str) else raw


def shown(came: object) -> str:
    """What came, as a short text."""
    text = came.decode(errors="replace") if isinstance(came, bytes) else str(came)
    text = text.strip()
    return text if len(text) <= CAME_LIMIT else text[:CAME_LIMIT] + "..."
