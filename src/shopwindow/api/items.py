"""PUT /v1/items and GET /v1/items/{id}: the catalogue as it is now."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final, final

import msgspec
import numpy as np
from msgspec import UNSET

from shopwindow.api.answers import AcceptedOut, RejectedOut
from shopwindow.api.failures import shown
from shopwindow.api.metrics import Metrics
from shopwindow.api.pages import ready
from shopwindow.api.payloads import ItemIn, ItemsIn, read
from shopwindow.errors import RequestError
from shopwindow.release.bundle import Release
from shopwindow.schema.live import ItemEvent, Offer
from shopwindow.schema.posted import TOO_DEEP, read_validation
from shopwindow.serving.assembly import ShopRuntime
from shopwindow.serving.details import details_of
from shopwindow.serving.shelf import takes_room
from shopwindow.stream.event_log import record_of

GIVEN: Final = ("title", "text", "brand", "seller", "kind", "parent", "categories", "attributes", "picture")


@final
class ItemDesk:
    """Takes and shows items of one shop."""

    def __init__(self, runtime: ShopRuntime, metrics: Metrics) -> None:
        self._runtime, self._metrics = runtime, metrics
        self._batch: msgspec.json.Decoder[ItemsIn] = msgspec.json.Decoder(ItemsIn)
        self._one: msgspec.json.Decoder[ItemIn] = msgspec.json.Decoder(ItemIn)
        self._encoder = msgspec.json.Encoder()
        self._one_at_a_time = asyncio.Lock()  # a record is merged into what the one before it left

    async def put(self, body: bytes) -> bytes:
        """The answer, given once all good items are durable and on the shelf.

        Raises:
            msgspec.DecodeError: the body is no batch of items. RequestError: too much is waiting. StateError.
        """
        batch = read(self._batch, body)
        loop = asyncio.get_running_loop()
        async with self._one_at_a_time:
            events, rejected = await loop.run_in_executor(None, self._prepare, batch.items)
            if events:
                submitted = self._runtime.keeper.submit([record_of(event) for event in events])
                offset = (await asyncio.wrap_future(submitted)).offset
            else:
                offset = self._runtime.store.applied().offset
        accepted = len(batch.items) - len(rejected)
        self._metrics.records("item", accepted, 0, len(rejected))
        return self._encoder.encode(AcceptedOut(accepted, 0, offset, rejected))

    def get(self, item_id: str, market: str | None) -> bytes:
        """One item with its details.

        Raises:
            RequestError: the item or market is not known, or there is no release.
        """
        shelf = ready(self._runtime).shelf.now
        markets = shelf.shop.market_codes  # the release's: a market added since has no prices yet
        if market is not None and market not in markets:
            expected = f"one of {', '.join(markets)}"
            raise RequestError(
                "unknown_market",
                f"market: expected {expected}",
                field="market",
                expected=expected,
                came=market,
            )
        row = int(shelf.rows_of(self._runtime.lookups.find_items([item_id]))[0])
        if row < 0:
            raise RequestError(
                "not_found",
                "there is no such item",
                field="item",
                expected="an item of this shop",
                came=item_id,
            )
        (details,) = details_of(
            shelf, np.array([row], dtype=np.int32), market or markets[0], time.time_ns() // 1_000_000
        )
        return self._encoder.encode(details)

    def _prepare(self, items: Sequence[msgspec.Raw]) -> tuple[list[ItemEvent], list[RejectedOut]]:
        """Each item once and whole, with its key; and the records that are not taken."""
        rejected: list[RejectedOut] = []
        good: dict[int, ItemIn] = {}
        for index, raw in enumerate(items):
            try:
                item = self._one.decode(raw)
            except msgspec.ValidationError as error:
                field, expected, came = read_validation(str(error))
                rejected.append(RejectedOut(index, field, expected, came))
                continue
            except RecursionError:
                rejected.append(RejectedOut(index, "", *TOO_DEEP))
                continue
            wrong = self._wrong_market(item)
            if wrong is None:
                good[index] = item
            else:
                rejected.append(RejectedOut(index, "offers.market", *wrong))
        if not good:
            return [], rejected
        kept = self._with_room(self._merged(list(good.values())))
        for index, item in good.items():
            if item.item not in kept:
                room = "room for what the release does not have: build a release to make some"
                rejected.append(RejectedOut(index, "item", room, item.item))
        keys = self._runtime.identity.item_keys(list(kept)).tolist() if kept else []
        events = [
            msgspec.structs.replace(event, item_key=key)
            for key, event in zip(keys, kept.values(), strict=True)
        ]
        return events, sorted(rejected, key=lambda each: each.index)

    def _merged(self, items: Sequence[ItemIn]) -> dict[str, ItemEvent]:
        """By id: what is known, and upon it all that was sent, in order. An item never seen has key -1."""
        ids = list(dict.fromkeys(item.item for item in items))
        key_of = dict(zip(ids, self._runtime.lookups.find_items(ids).tolist(), strict=True))
        before = self._before(key for key in key_of.values() if key >= 0)
        now_ms = time.time_ns() // 1_000_000
        merged: dict[str, ItemEvent] = {}
        for item in items:
            key = key_of[item.item]
            merged[item.item] = _event(key, item, merged.get(item.item) or before.get(key), now_ms)
        return merged

    def _wrong_market(self, item: ItemIn) -> tuple[str, Any] | None:
        markets = self._runtime.shop.market_codes
        offers = () if item.offers is UNSET else item.offers
        wrong = next((each.market for each in offers if each.market not in markets), None)
        return None if wrong is None else (f"one of {', '.join(markets)}", shown(wrong))

    def _with_room(self, merged: dict[str, ItemEvent]) -> dict[str, ItemEvent]:
        """Those that find a place on the shelf; without a release there is no limit."""
        ranking = self._runtime.ranking
        if ranking is None:
            return merged
        shelf = ranking.shelf.now
        room = shelf.num_free
        kept = {}
        for item, event in merged.items():
            needed = takes_room(shelf, event)
            if not needed or room > 0:
                kept[item] = event
                room -= needed
        return kept

    def _before(self, keys: Iterable[int]) -> dict[int, ItemEvent]:
        """What is known of these items: as they were sent last, else as the release has them."""
        wanted = set(keys)
        before = {} if self._runtime.ranking is None else _in_release(self._runtime.ranking.release, wanted)
        return before | {
            item.item_key: item for item in self._runtime.store.items() if item.item_key in wanted
        }


def _in_release(release: Release, keys: Iterable[int]) -> dict[int, ItemEvent]:
    found = {}
    for key in keys:
        row = int(release.row_of_key[key]) if key < len(release.row_of_key) else -1
        if row >= 0:
            found[key] = _item_of(key, release.catalog.table.slice(row, 1).to_pylist()[0])
    return found


def _item_of(item_key: int, record: dict[str, Any]) -> ItemEvent:
    return ItemEvent(
        item_key=item_key,
        item_id=record["item_id"],
        at_ms=0,
        kind=record["kind"] or "product",
        parent=record["parent"],
        brand=record["brand"],
        seller=record["seller"],
        categories=tuple(record["categories"] or ()),
        title=record["title"],
        text=record["text"],
        picture=record["picture"],
        offers=tuple(
            Offer(market=each["market"], price_minor=each["price_minor"], stock=each["stock"])
            for each in record["offers"] or ()
        ),
        attributes=dict(record["attributes"] or ()),
        first_seen_ms=record["first_seen_ms"] or 0,
    )


def _event(key: int, item: ItemIn, before: ItemEvent | None, now_ms: int) -> ItemEvent:
    """The whole item: what was sent, and for the rest what was known."""
    start = before or ItemEvent(item_key=key, item_id=item.item, at_ms=now_ms, first_seen_ms=now_ms)
    given: dict[str, Any] = {name: getattr(item, name) for name in GIVEN if getattr(item, name) is not UNSET}
    if item.offers is not UNSET:
        given["offers"] = tuple(
            Offer(market=each.market, price_minor=each.price_minor, stock=each.stock) for each in item.offers
        )
    return msgspec.structs.replace(start, at_ms=now_ms, **given)
