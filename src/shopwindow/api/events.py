"""POST /v1/events: each event by itself read, checked, given keys; all good ones go to the log in one transaction."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, final

import msgspec

from shopwindow.api.answers import AcceptedOut, RejectedOut
from shopwindow.api.failures import shown
from shopwindow.api.metrics import Metrics
from shopwindow.api.payloads import read
from shopwindow.features.customer import StateRules, apply
from shopwindow.schema.live import NOBODY, ActionEvent, ConsentEvent, ImpressionEvent
from shopwindow.schema.posted import (
    TOO_DEEP,
    ConsentIn,
    DeedIn,
    EventIn,
    EventsIn,
    ImpressionIn,
    fault_of,
    read_validation,
    words_of_events,
)
from shopwindow.serving.assembly import ShopRuntime
from shopwindow.stream.event_log import Record, record_of


@dataclass(slots=True)
class Sorted:
    """A batch taken apart: `taken` with their places in the batch, `rejected` with the reason."""

    places: list[int] = field(default_factory=list)
    taken: list[EventIn] = field(default_factory=list)
    rejected: list[RejectedOut] = field(default_factory=list)

    def reject(self, index: int, name: str, expected: str, came: Any) -> None:
        self.rejected.append(RejectedOut(index, name, expected, shown(came)))


@final
class EventDesk:
    """Takes events of one shop."""

    def __init__(self, runtime: ShopRuntime, metrics: Metrics) -> None:
        self._runtime, self._metrics = runtime, metrics
        self._batch: msgspec.json.Decoder[EventsIn] = msgspec.json.Decoder(EventsIn)
        self._one: msgspec.json.Decoder[EventIn] = msgspec.json.Decoder(EventIn)
        self._encoder = msgspec.json.Encoder()
        self._words = words_of_events(runtime.shop)
        self._rules = StateRules.of(runtime.shop)

    async def answer(self, body: bytes) -> bytes:
        """The answer, given once all good events are durable and visible.

        Raises:
            msgspec.DecodeError: the body is no batch of events. RequestError: too much is waiting. StateError.
        """
        batch = read(self._batch, body)
        loop = asyncio.get_running_loop()
        sorted_, records = await loop.run_in_executor(None, self._prepare, batch.events)
        if records:
            ack = await asyncio.wrap_future(self._runtime.keeper.submit(records))
            offset, duplicates = ack.offset, int(ack.duplicate.sum())
        else:
            offset, duplicates = self._runtime.store.applied().offset, 0
        accepted = len(records) - duplicates
        self._metrics.records("event", accepted, duplicates, len(sorted_.rejected))
        return self._encoder.encode(AcceptedOut(accepted, duplicates, offset, sorted_.rejected))

    def _prepare(self, events: Sequence[msgspec.Raw]) -> tuple[Sorted, list[Record]]:
        now_ms = time.time_ns() // 1_000_000
        sorted_ = self._sort(events, now_ms)
        records = self._with_keys(sorted_, now_ms) if sorted_.taken else []
        sorted_.rejected.sort(key=lambda each: each.index)
        return sorted_, records

    def _sort(self, events: Sequence[msgspec.Raw], now_ms: int) -> Sorted:
        out = Sorted()
        for index, raw in enumerate(events):
            try:
                event = self._one.decode(raw)
            except msgspec.ValidationError as error:
                out.reject(index, *read_validation(str(error)))
                continue
            except RecursionError:
                out.reject(index, "", *TOO_DEEP)
                continue
            fault = fault_of(event, self._words, now_ms)
            if fault is not None:
                out.reject(index, *fault)
            else:
                out.places.append(index)
                out.taken.append(event)
        return out

    def _with_keys(self, sorted_: Sorted, now_ms: int) -> list[Record]:
        """Records of the events whose item is known; customers never seen get a key.

        What someone does who opted out is nobody's. Words of consent stand first: they hold for the whole batch.
        """
        item_ids = list({event.item for event in sorted_.taken if not isinstance(event, ConsentIn)})
        found = self._runtime.lookups.find_items(item_ids)
        item_keys = dict(zip(item_ids, found.tolist(), strict=True))
        good: list[EventIn] = []
        for place, event in zip(sorted_.places, sorted_.taken, strict=True):
            if not isinstance(event, ConsentIn) and item_keys[event.item] < 0:
                sorted_.reject(
                    place, "item", "an item that was imported or sent to PUT /v1/items", event.item
                )
            else:
                good.append(event)
        if not good:
            return []
        customers = list({event.customer for event in good})
        keys = self._runtime.identity.customer_keys(customers)
        customer_keys = dict(zip(customers, keys.tolist(), strict=True))
        words = [
            _consent(event, customer_keys[event.customer], now_ms)
            for event in good
            if isinstance(event, ConsentIn)
        ]
        known = customer_keys | dict.fromkeys(self._opted_out(customer_keys, words), NOBODY)
        deeds = [
            _live(event, known[event.customer], item_keys[event.item], now_ms)
            for event in good
            if not isinstance(event, ConsentIn)
        ]
        return [record_of(event) for event in (*words, *deeds)]

    def _opted_out(self, customer_keys: Mapping[str, int], words: Sequence[ConsentEvent]) -> list[str]:
        """Who of these customers has declined, once the words of this very batch are heard."""
        states = self._runtime.store.read(list(customer_keys.values())).states
        said: dict[int, list[ConsentEvent]] = {}
        for word in words:
            said.setdefault(word.customer_key, []).append(word)
        return [
            customer
            for (customer, key), state in zip(customer_keys.items(), states, strict=True)
            if apply(state, said.get(key, ()), self._rules).opted_out
        ]


def _consent(event: ConsentIn, customer_key: int, now_ms: int) -> ConsentEvent:
    at_ms = now_ms if event.at_ms is None else event.at_ms
    return ConsentEvent(
        event_id=event.event_id, at_ms=at_ms, customer_key=customer_key, consent=event.consent
    )


def _live(event: DeedIn, customer_key: int, item_key: int, now_ms: int) -> ActionEvent | ImpressionEvent:
    at_ms = now_ms if event.at_ms is None else event.at_ms
    if isinstance(event, ImpressionIn):
        return ImpressionEvent(
            event_id=event.event_id,
            at_ms=at_ms,
            customer_key=customer_key,
            page_id=event.page_id,
            item_key=item_key,
            position=event.position,
            test=event.test,
        )
    return ActionEvent(
        event_id=event.event_id,
        at_ms=at_ms,
        customer_key=customer_key,
        item_key=item_key,
        action=event.action,
        surface=event.surface,
        category=event.category or None,
        query=event.query or None,
        page_id=event.page_id,
        position=event.position,
        value=event.value,
        quantity=event.quantity,
        dwell_ms=event.dwell_ms,
        market=event.market,
        device=event.device,
        country=event.country,
        test=event.test,
    )
