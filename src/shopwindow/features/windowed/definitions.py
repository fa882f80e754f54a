"""Every windowed feature, defined here and nowhere else: names, and values from one reading of the counters.

Legend: R requests, K candidates, F features. Columns are float32; NaN = not known (never happened, no price).
Counts are plain counts: trees need no more, a neural model takes its own logarithm.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from shopwindow.features.journey import log_seconds
from shopwindow.features.windowed.counters import DECAYS, NEVER_MS, WINDOWS
from shopwindow.features.windowed.events import IMPRESSION, LISTED, kinds
from shopwindow.features.windowed.histories import LABELS, Histories, Labels, met, num_distinct
from shopwindow.features.windowed.reading import Entity, Reading
from shopwindow.schema.arrays import Float, Int64
from shopwindow.schema.shop import ShopConfig

PRIOR_RATE: Final = 0.05
PRIOR_EVENTS: Final = 20.0
"""What a rate is drawn towards the next wider rate with, and the widest towards PRIOR_RATE: so many made-up trials."""
_PARENT: Final[dict[Entity, Entity]] = {
    "item_here": "item",
    "item": "category",
    "category": "shop",
    "brand": "shop",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidates:
    """What is known of the candidates themselves [R, K]; `first_seen_ms`: 0 = unknown, `relative_price`: NaN."""

    labels: Labels
    first_seen_ms: Int64
    relative_price: Float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inputs:
    """All that definitions read, for R requests with K candidates each.

    `at_ms [R]`: when they came; the counters may be older, the histories are not.
    """

    at_ms: Int64
    counters: Reading
    candidates: Candidates
    histories: Histories


class Definition(Protocol):
    """Some features that are computed together."""

    @property
    def names(self) -> tuple[str, ...]: ...

    def values(self, inputs: Inputs) -> Float:
        """[R, K or 1, len(names)]."""
        ...


@dataclass(frozen=True, slots=True)
class Counts:
    """How often each of these kinds happened to the entity in each of these windows."""

    entity: Entity
    kinds: tuple[tuple[str, int], ...]
    windows: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"{self.entity}.{kind}.{window}" for window in self.windows for kind, _ in self.kinds)

    def values(self, inputs: Inputs) -> Float:
        counts = inputs.counters.counts(self.entity)[..., _windows(self.windows), :][..., _codes(self.kinds)]
        return counts.reshape(*counts.shape[:-2], -1).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Decayed:
    """Counts in which an event's weight halves every two hours, or every two days."""

    entity: Entity
    kinds: tuple[tuple[str, int], ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"{self.entity}.{kind}.decayed_{each.name}" for each in DECAYS for kind, _ in self.kinds)

    def values(self, inputs: Inputs) -> Float:
        decayed = inputs.counters.decayed(self.entity)[..., _codes(self.kinds)]
        return decayed.reshape(*decayed.shape[:-2], -1)


@dataclass(frozen=True, slots=True)
class Rates:
    """`kinds` per event of kind `per` in a window, drawn towards the rate of what the entity belongs to.

    (count + 20 parent) / (trials + 20): the mean of a Beta posterior whose prior is worth 20 trials at the parent's
    rate (item on the surface -> item -> category -> shop -> 5 %). NaN where the whole shop has seen no `per` in the
    window: such a log does not record it.
    """

    entity: Entity
    kinds: tuple[tuple[str, int], ...]
    per: tuple[str, int]
    windows: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(
            f"{self.entity}.{kind}_per_{self.per[0]}.{window}"
            for window in self.windows
            for kind, _ in self.kinds
        )

    def values(self, inputs: Inputs) -> Float:
        rates = self._rates(inputs, self.entity)
        return rates.reshape(*rates.shape[:-2], -1)

    def _rates(self, inputs: Inputs, entity: Entity) -> Float:
        """[R, K or 1, windows, kinds]."""
        counts = inputs.counters.counts(entity)[..., _windows(self.windows), :]
        hits = counts[..., _codes(self.kinds)].astype(np.float32)
        trials = counts[..., self.per[1] : self.per[1] + 1].astype(np.float32)
        if entity in _PARENT:
            prior = self._rates(inputs, _PARENT[entity])
        else:
            prior = np.where(trials > 0, np.float32(PRIOR_RATE), np.float32(np.nan))
        strength = np.float32(PRIOR_EVENTS)
        rates: Float = (hits + strength * prior) / (trials + strength)
        return rates


@dataclass(frozen=True, slots=True)
class Recency:
    """log(1 + seconds) since the last event of each kind, however long ago."""

    entity: Entity
    kinds: tuple[tuple[str, int], ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"{self.entity}.{kind}.since" for kind, _ in self.kinds)

    def values(self, inputs: Inputs) -> Float:
        last_ms = inputs.counters.last_ms(self.entity)[..., _codes(self.kinds)]
        return since(inputs.counters.clock_ms[:, None, None], last_ms)


@dataclass(frozen=True, slots=True)
class Age:
    """log(1 + seconds) since the item was first seen in the shop."""

    names: tuple[str, ...] = ("item.age",)

    def values(self, inputs: Inputs) -> Float:
        first_ms = inputs.candidates.first_seen_ms
        return since(inputs.at_ms[:, None], np.where(first_ms > 0, first_ms, NEVER_MS))[..., None]


@dataclass(frozen=True, slots=True)
class RelativePrice:
    """log(price / median price of the category), as features.windowed.prices has it."""

    names: tuple[str, ...] = ("item.relative_price",)

    def values(self, inputs: Inputs) -> Float:
        return inputs.candidates.relative_price[..., None]


@dataclass(frozen=True, slots=True)
class Met:
    """How often this customer acted on this item, brand or category in their last 100 actions, and when last."""

    names: tuple[str, ...] = tuple(f"{label}.{what}" for label in LABELS for what in ("met", "met_since"))

    def values(self, inputs: Inputs) -> Float:
        now_ms = inputs.at_ms[:, None]
        history, candidates = inputs.histories, inputs.candidates.labels
        columns = []
        for before, here in (
            (history.labels.item, candidates.item),
            (history.labels.brand, candidates.brand),
            (history.labels.category, candidates.category),
        ):
            count, last_ms = met(before, history.at_ms, here)
            columns += [count, since(now_ms, last_ms)]
        return np.stack(columns, axis=-1)


@dataclass(frozen=True, slots=True)
class HistorySize:
    """How many of the last 100 actions there are, and how many distinct items among them."""

    names: tuple[str, ...] = ("customer.actions", "customer.distinct_items")

    def values(self, inputs: Inputs) -> Float:
        history = inputs.histories
        sizes = [history.length.astype(np.float32), num_distinct(history.labels.item)]
        return np.stack(sizes, axis=-1)[:, None, :]


def windowed_features(shop: ShopConfig) -> tuple[Definition, ...]:
    """What a shop's items, customers and requests are described by unless chosen otherwise."""
    code = {kind: place for place, kind in enumerate(kinds(shop))}
    wanted = tuple((action.name, code[action.name]) for action in shop.actions if action.gain > 0)
    shown = ((IMPRESSION, code[IMPRESSION]), (LISTED, code[LISTED]))
    first = min((action for action in shop.actions if action.gain > 0), key=lambda action: action.gain).name
    click, later = (first, code[first]), tuple(each for each in wanted if each[0] != first)
    after_click: tuple[Definition, ...] = (
        Rates("item_here", later, click, ("30d",)),
        Rates("item", later, click, ("1d", "30d")),
        Rates("category", later, click, ("1d", "30d")),
        Rates("brand", later, click, ("1d", "30d")),
    )
    return (
        Counts("item", tuple(code.items()), tuple(window.name for window in WINDOWS)),
        Counts("category", wanted, ("1h", "1d", "30d")),
        Counts("brand", wanted, ("1d", "30d")),
        Counts("customer", wanted, ("1h", "1d", "30d")),
        Counts("query", wanted, ("1d", "30d")),
        Decayed("item", wanted),
        Decayed("category", wanted),
        *(Rates("item", wanted, per, ("1d", "30d")) for per in shown),
        Rates("item_here", wanted, shown[1], ("7d",)),
        *(after_click if later else ()),
        Recency("item", wanted),
        Recency("customer", wanted),
        Age(),
        RelativePrice(),
        Met(),
        HistorySize(),
    )


def since(clock_ms: Int64, then_ms: Int64) -> Float:
    """log(1 + seconds) from then to the clock, NaN for NEVER_MS."""
    return np.where(then_ms == NEVER_MS, np.float32(np.nan), log_seconds(clock_ms - then_ms))


def feature_names(definitions: Sequence[Definition]) -> tuple[str, ...]:
    """The columns that `feature_values` gives."""
    return tuple(name for each in definitions for name in each.names)


def feature_values(definitions: Sequence[Definition], inputs: Inputs) -> Float:
    """[R, K, F] every feature of every candidate of every request."""
    shape = inputs.candidates.first_seen_ms.shape
    values = np.empty((*shape, len(feature_names(definitions))), dtype=np.float32)
    start = 0
    for each in definitions:
        stop = start + len(each.names)
        values[..., start:stop] = each.values(inputs)
        start = stop
    return values


def _windows(names: Sequence[str]) -> slice | list[int]:
    places = [window.name for window in WINDOWS]
    return _places([places.index(name) for name in names])


def _codes(kinds: Sequence[tuple[str, int]]) -> slice | list[int]:
    return _places([code for _, code in kinds])


def _places(places: list[int]) -> slice | list[int]:
    """The same places as a slice where they are evenly spaced: a view is several times quicker than a copy."""
    step = places[1] - places[0] if len(places) > 1 else 1
    even = step > 0 and places == list(range(places[0], places[-1] + 1, step))
    return slice(places[0], places[-1] + 1, step) if even else places
