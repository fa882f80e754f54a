"""CustomerState: what the server knows of a customer; a pure function of the events so far, however they were batched.

Events may come late: actions stand in the order of time, and among equal times in the order of arrival. What is
kept is always "the latest so many", so the result does not depend on where one batch ends and the next begins.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shopwindow.features.journey import MAX_ACTIONS, hashed
from shopwindow.schema.categories import clean_path
from shopwindow.schema.live import ActionEvent, ConsentEvent
from shopwindow.schema.shop import ShopConfig

Records: TypeAlias = NDArray[Any]
"""A structured array; its dtype is named where it is declared."""

DAY_MS: Final = 86_400_000
PURCHASE_DAYS: Final = 60
MAX_PURCHASES: Final = 500
MAX_HIDDEN: Final = 1000
UNKNOWN_ACTION: Final = 255
UNKNOWN_CATEGORY: Final = -1
LONG_AGO_MS: Final = -(2**63)

ACTION: Final = np.dtype(
    [
        ("at_ms", "<i8"),
        ("category", "<i8"),  # category_id of the request's path, -1 = none or unknown
        ("item_key", "<i4"),
        ("query", "<i4"),  # journey.hashed, -1 = none
        ("surface", "<i2"),  # place in ShopConfig.surface_names, -1 = unknown
        ("action", "u1"),  # place in ShopConfig.action_names, 255 = the shop has no such action (any more)
    ]
)
MARKED: Final = np.dtype([("at_ms", "<i8"), ("item_key", "<i4")])


def category_id(path: str | None, separator: str = "/") -> int:
    """A stable number (63 bits) for a category path; catalogues come and go, this stays. None and "" are -1: unknown.

    State keeps this number; each release maps it to a node of its own tree. Two of a million paths share one
    with probability 1e-7.
    """
    clean = clean_path(path, separator) if path else ""
    if not clean:
        return UNKNOWN_CATEGORY
    return int.from_bytes(blake2b(clean.encode(), digest_size=8).digest(), "big") >> 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CustomerState:
    """One customer. All arrays are oldest first and must not be written to.

    `actions` (dtype ACTION): the last 100. `purchases` (MARKED): those of the last 60 days before the newest of
    them. `hidden` (MARKED): items never to be shown again, each once. `country`, `device`: hashed text, -1 =
    not known. `country`, `device` and `market` are those of the latest action that named one, `*_at_ms` is when.

    `opted_out`: the customer declined personal ranking at `consent_at_ms`; all else is then as of a new customer.
    """

    actions: Records
    purchases: Records
    hidden: Records
    country: int = -1
    country_at_ms: int = LONG_AGO_MS
    device: int = -1
    device_at_ms: int = LONG_AGO_MS
    market: str = ""
    market_at_ms: int = LONG_AGO_MS
    opted_out: bool = False
    consent_at_ms: int = LONG_AGO_MS

    def __len__(self) -> int:
        return len(self.actions)


def _none(dtype: np.dtype[Any]) -> Records:
    empty = np.empty(0, dtype=dtype)
    empty.setflags(write=False)
    return empty


NEW_CUSTOMER: Final = CustomerState(actions=_none(ACTION), purchases=_none(MARKED), hidden=_none(MARKED))
"""The state of anyone of whom nothing is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRules:
    """What state needs to know of a shop: its words as codes."""

    action_code: Mapping[str, int]
    surface_code: Mapping[str, int]
    purchase: int
    hide: int
    separator: str

    @classmethod
    def of(cls, shop: ShopConfig) -> "StateRules":
        actions = {name: code for code, name in enumerate(shop.action_names)}
        return cls(
            action_code=actions,
            surface_code={name: code for code, name in enumerate(shop.surface_names)},
            purchase=actions.get("purchase", -1),
            hide=actions.get("hide", -1),
            separator=shop.category_separator,
        )


def apply(
    state: CustomerState, events: Sequence[ActionEvent | ConsentEvent], rules: StateRules
) -> CustomerState:
    """The state after these events of one customer, given in the order of arrival. Pure.

    Who opts out is forgotten, and stays so until they opt in. apply(apply(s, a), b) equals apply(s, a + b), bit
    by bit.
    """
    acted: list[ActionEvent] = []
    for event in events:
        if isinstance(event, ConsentEvent):
            state = _consented(_acted(state, acted, rules), event)
            acted = []
        else:
            acted.append(event)
    return _acted(state, acted, rules)


def _consented(state: CustomerState, event: ConsentEvent) -> CustomerState:
    if event.at_ms < state.consent_at_ms:
        return state
    known = state if event.consent else NEW_CUSTOMER
    return replace(known, opted_out=not event.consent, consent_at_ms=event.at_ms)


def _acted(state: CustomerState, events: Sequence[ActionEvent], rules: StateRules) -> CustomerState:
    if not events or state.opted_out:
        return state
    rows = _rows(events, rules)
    countries = ((event.at_ms, event.country) for event in events)
    devices = ((event.at_ms, event.device) for event in events)
    markets = ((event.at_ms, event.market) for event in events)
    country, country_at_ms = _latest(state.country_at_ms, countries)
    device, device_at_ms = _latest(state.device_at_ms, devices)
    market, market_at_ms = _latest(state.market_at_ms, markets)
    return CustomerState(
        actions=_last(_in_time(state.actions, rows), MAX_ACTIONS),
        purchases=_recent(_in_time(state.purchases, _marked(rows, rules.purchase))),
        hidden=_once(state.hidden, _marked(rows, rules.hide)),
        country=hashed(country) if country else state.country,
        country_at_ms=country_at_ms,
        device=hashed(device) if device else state.device,
        device_at_ms=device_at_ms,
        market=market or state.market,
        market_at_ms=market_at_ms,
        consent_at_ms=state.consent_at_ms,
    )


def state_of(history: Records, rules: StateRules, country: int = -1, device: int = -1) -> CustomerState:
    """The state of a customer with this whole history (dtype ACTION, oldest first), as imported."""
    newest = int(history["at_ms"][-1]) if len(history) else LONG_AGO_MS
    return CustomerState(
        actions=_last(history, MAX_ACTIONS),
        purchases=_recent(_marked(history, rules.purchase)),
        hidden=_once(NEW_CUSTOMER.hidden, _marked(history, rules.hide)),
        country=country,
        device=device,
        device_at_ms=LONG_AGO_MS if device < 0 else newest,
    )


def _rows(events: Sequence[ActionEvent], rules: StateRules) -> Records:
    action, surface = rules.action_code, rules.surface_code
    return np.array(
        [
            (
                event.at_ms,
                category_id(event.category, rules.separator),
                event.item_key,
                hashed(event.query),
                surface.get(event.surface or "", -1),
                action.get(event.action, UNKNOWN_ACTION),
            )
            for event in events
        ],
        dtype=ACTION,
    )


def _marked(rows: Records, action: int) -> Records:
    """The rows of this action as MARKED."""
    if action not in rows["action"].tolist():  # the usual case, and quicker than any array operation
        return NEW_CUSTOMER.purchases
    chosen = rows[rows["action"] == action]
    marked = np.empty(len(chosen), dtype=MARKED)
    marked["at_ms"], marked["item_key"] = chosen["at_ms"], chosen["item_key"]
    return marked


def _in_time(old: Records, new: Records) -> Records:
    """Both together by time; at equal times what came first stays first."""
    if not len(new):
        return old
    both = _joined(old, new)
    at_ms = both["at_ms"][max(len(old) - 1, 0) :]
    if (at_ms[1:] >= at_ms[:-1]).all():
        return both  # nothing came late
    return both[np.argsort(both["at_ms"], kind="stable")]


def _joined(old: Records, new: Records) -> Records:
    """np.concatenate for equal dtypes; numpy would compare the fields first, which takes longer than the rest."""
    return np.frombuffer(old.tobytes() + new.tobytes(), dtype=old.dtype)


def _last(rows: Records, size: int) -> Records:
    return rows[-size:]


def _recent(purchases: Records) -> Records:
    if not len(purchases):
        return purchases
    after = purchases["at_ms"][-1] - PURCHASE_DAYS * DAY_MS
    first = int(np.searchsorted(purchases["at_ms"], after, side="right"))
    return _last(purchases[first:], MAX_PURCHASES)


def _once(old: Records, new: Records) -> Records:
    """Each item with its latest time, in order of (time, key): no order of arrival in it."""
    if not len(new):
        return old
    both = _joined(old, new)
    both = both[np.lexsort((both["at_ms"], both["item_key"]))]
    latest = np.append(both["item_key"][1:] != both["item_key"][:-1], True)
    both = both[latest]
    return _last(both[np.lexsort((both["item_key"], both["at_ms"]))], MAX_HIDDEN)


def _latest(at_ms: int, came: Iterable[tuple[int, str | None]]) -> tuple[str | None, int]:
    """The word with the latest time at or after `at_ms`, and that time; None and "" say nothing."""
    value = None
    for when, new in came:
        if new and when >= at_ms:
            value, at_ms = new, when
    return value, at_ms
