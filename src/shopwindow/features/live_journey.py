"""From state to the encoder's input: the same Journey that training builds from columns, for the request at hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from shopwindow.features.customer import (
    ACTION,
    UNKNOWN_ACTION,
    UNKNOWN_CATEGORY,
    CustomerState,
    category_id,
)
from shopwindow.features.journey import MAX_ACTIONS, PADDING, Journey, hours_and_weekdays, log_seconds
from shopwindow.schema.arrays import Int32, Int64, Rows

_ABSENT: Final = np.array((0, UNKNOWN_CATEGORY, PADDING, PADDING, PADDING, UNKNOWN_ACTION), dtype=ACTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveContext:
    """Where the customer is now: codes as in Journey, -1 for what is not known.

    `country`, `device`: hashed text of the request; -1 = take what the state knows.
    """

    at_ms: int
    surface: int = PADDING
    category: int = PADDING
    query: int = PADDING
    country: int = PADDING
    device: int = PADDING


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JourneyView:
    """How one release reads state.

    `row_of_key`: row per item key, -1 = not in this release; `category_ids` (sorted) with `category_codes`: the code
    of each category path that the release's model knows; `tz_offset_ms`: the shop's standard time.
    """

    row_of_key: Int32
    category_ids: Int64
    category_codes: Int32
    tz_offset_ms: int
    max_actions: int = MAX_ACTIONS

    @classmethod
    def of(
        cls,
        row_of_key: Int32,
        paths: Sequence[str],
        separator: str,
        tz_offset_ms: int,
        max_actions: int = MAX_ACTIONS,
    ) -> Self:
        """`paths`: category paths, a path's place is its code; `separator`: ShopConfig.category_separator."""
        ids = np.array([category_id(path, separator) for path in paths], dtype=np.int64)
        order = np.argsort(ids)
        order = order[ids[order] != UNKNOWN_CATEGORY]  # no action says that it was in the whole shop
        return cls(
            row_of_key=row_of_key,
            category_ids=ids[order],
            category_codes=order.astype(np.int32),
            tz_offset_ms=tz_offset_ms,
            max_actions=max_actions,
        )

    def rows(self, item_keys: Int32) -> Rows:
        """The row of each key, -1 where this release does not know it."""
        known = (item_keys >= 0) & (item_keys < len(self.row_of_key))
        if not len(self.row_of_key):
            return np.full(item_keys.shape, PADDING, dtype=np.int32)
        return np.where(known, self.row_of_key[np.where(known, item_keys, 0)], PADDING).astype(np.int32)

    def categories(self, ids: Int64) -> Int32:
        """The code of each category id, -1 where this release does not know it."""
        if not len(self.category_ids):
            return np.full(ids.shape, PADDING, dtype=np.int32)
        place = np.minimum(np.searchsorted(self.category_ids, ids), len(self.category_ids) - 1)
        return np.where(self.category_ids[place] == ids, self.category_codes[place], PADDING).astype(np.int32)


def journey_of(states: Sequence[CustomerState], live: Sequence[LiveContext], view: JourneyView) -> Journey:
    """The journeys of these customers up to the requests at hand, padded to the longest (at least 1).

    All that the state knows counts, also an action that a fast clock dates after the request: what was
    acknowledged is seen. Otherwise the same as datasets.requests.journeys builds from columns.
    """
    kept = [state.actions[-view.max_actions :] for state in states]
    length = np.array([len(actions) for actions in kept], dtype=np.int32)
    record = np.full((len(kept), max(int(length.max(initial=0)), 1) + 1), _ABSENT)
    for n, actions in enumerate(kept):
        # position t of `record`: the request after t actions, and what it led to
        record[n, : len(actions)] = actions
    here = np.arange(len(kept)), length
    for name in ("at_ms", "surface", "query"):
        record[name][here] = [getattr(each, name) for each in live]
    category = view.categories(record["category"])
    category[here] = [each.category for each in live]

    place = np.arange(record.shape[1])
    at_ms, real = record["at_ms"], place <= length[:, None]
    wait = np.zeros(record.shape, dtype=np.float32)
    wait[:, 1:] = log_seconds(at_ms[:, 1:] - at_ms[:, :-1])
    wait[~real] = 0.0
    hour, weekday = hours_and_weekdays(at_ms, view.tz_offset_ms)
    hour[~real] = weekday[~real] = PADDING
    action = record["action"][:, :-1].astype(np.int32)
    action[action == UNKNOWN_ACTION] = PADDING
    return Journey(
        item=view.rows(record["item_key"][:, :-1]),
        action=action,
        gap=np.where(place[:-1] < length[:, None], wait[:, :-1], np.float32(0.0)),
        surface=record["surface"].astype(np.int32),
        category=category,
        query=record["query"].astype(np.int32),
        wait=wait,
        hour=hour,
        weekday=weekday,
        country=_known([each.country for each in live], [state.country for state in states]),
        device=_known([each.device for each in live], [state.device for state in states]),
        length=length,
    )


def _known(now: Sequence[int], before: Sequence[int]) -> Int32:
    return np.array([a if a != PADDING else b for a, b in zip(now, before, strict=True)], dtype=np.int32)
