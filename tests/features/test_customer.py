from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwindow.features.customer import (
    DAY_MS,
    MAX_ACTIONS,
    NEW_CUSTOMER,
    UNKNOWN_ACTION,
    CustomerState,
    StateRules,
    apply,
    category_id,
)
from shopwindow.features.encoding import decode_state, encode_state
from shopwindow.features.journey import hashed
from shopwindow.schema.live import ActionEvent, ConsentEvent
from shopwindow.schema.shop import ShopConfig

SHOP = ShopConfig(name="test")
RULES = StateRules.of(SHOP)
NOW = 100 * DAY_MS

ACTIONS = st.builds(
    ActionEvent,
    event_id=st.just(""),
    at_ms=st.one_of(st.integers(0, 5), st.integers(0, 200).map(lambda day: day * DAY_MS)),
    customer_key=st.just(1),
    item_key=st.integers(0, 5),
    action=st.sampled_from(("click", "purchase", "hide", "unheard-of")),
    surface=st.sampled_from((None, "home", "browse")),
    category=st.sampled_from((None, "", "a", "a/b")),
    query=st.sampled_from((None, "red boots")),
    country=st.sampled_from((None, "DE", "FR")),
    device=st.sampled_from((None, "phone", "tablet")),
    market=st.sampled_from((None, "de", "fr")),
)
WORDS = st.builds(
    ConsentEvent,
    event_id=st.just(""),
    at_ms=st.integers(0, 5),
    customer_key=st.just(1),
    consent=st.booleans(),
)
EVENTS = st.one_of(ACTIONS, ACTIONS, ACTIONS, WORDS)


def event(item_key: int, at_ms: int = NOW, action: str = "click") -> ActionEvent:
    return ActionEvent(event_id="", at_ms=at_ms, customer_key=1, item_key=item_key, action=action)


def after(*events: ActionEvent | ConsentEvent) -> CustomerState:
    return apply(NEW_CUSTOMER, events, RULES)


def keys(state: CustomerState) -> list[int]:
    return list(state.actions["item_key"])


@given(events=st.lists(EVENTS, max_size=30), cuts=st.lists(st.integers(0, 30), max_size=5))
def test_state_does_not_depend_on_how_events_were_batched(
    events: Sequence[ActionEvent | ConsentEvent], cuts: Sequence[int]
) -> None:
    state = NEW_CUSTOMER
    bounds = [0, *sorted(cuts), len(events)]
    for start, stop in pairwise(bounds):
        state = apply(state, events[start:stop], RULES)
    assert encode_state(state) == encode_state(apply(NEW_CUSTOMER, events, RULES))


@pytest.mark.parametrize("size", [1, 7, 99, 250])
def test_state_of_many_events_does_not_depend_on_batches_either(size: int) -> None:
    actions = ("click", "purchase", "hide")
    events = [event(n % 1300, (n * 7919 % 2500) * DAY_MS // 20, actions[n % 3]) for n in range(4000)]
    state = NEW_CUSTOMER
    for start in range(0, len(events), size):
        state = apply(state, events[start : start + size], RULES)
    assert encode_state(state) == encode_state(apply(NEW_CUSTOMER, events, RULES))


@given(events=st.lists(EVENTS, max_size=20))
def test_encoding_loses_nothing(events: Sequence[ActionEvent | ConsentEvent]) -> None:
    state = apply(NEW_CUSTOMER, events, RULES)
    again = decode_state(encode_state(state))
    assert encode_state(again) == encode_state(state)
    assert again.actions.tolist() == state.actions.tolist()
    assert again.hidden.tolist() == state.hidden.tolist()
    assert (again.device, again.market, again.market_at_ms) == (
        state.device,
        state.market,
        state.market_at_ms,
    )


def test_a_late_event_takes_its_place_in_time() -> None:
    assert keys(after(event(1, NOW), event(3, NOW + 2), event(2, NOW + 1))) == [1, 2, 3]


def test_events_of_the_same_moment_stand_in_the_order_of_arrival() -> None:
    assert keys(apply(after(event(5), event(4)), [event(9, NOW - 1), event(3)], RULES)) == [9, 5, 4, 3]


def test_the_last_hundred_actions_by_time_are_kept() -> None:
    state = after(*(event(n, NOW + n) for n in range(MAX_ACTIONS + 20)))
    assert keys(state) == list(range(20, MAX_ACTIONS + 20))
    assert keys(apply(state, [event(7, NOW)], RULES)) == keys(state)  # too late to count


def test_what_an_action_says_is_kept_as_codes() -> None:
    said = ActionEvent(
        event_id="e", at_ms=NOW, customer_key=1, item_key=8, action="cart", surface="browse",
        category="/women//boots", query="Red Boots",
    )  # fmt: skip
    assert after(said).actions.tolist() == [
        (NOW, category_id("women/boots"), 8, hashed("red boots"), SHOP.surface_names.index("browse"), 2)
    ]
    assert after(event(8)).actions.tolist() == [(NOW, -1, 8, -1, -1, 0)]


def test_an_action_that_the_shop_does_not_name_is_kept_as_unknown() -> None:
    assert after(event(1, action="waved at")).actions["action"].tolist() == [UNKNOWN_ACTION]


def test_purchases_last_sixty_days() -> None:
    state = after(
        event(1, NOW - 60 * DAY_MS, "purchase"),
        event(2, NOW - 59 * DAY_MS, "purchase"),
        event(3, NOW, "purchase"),
    )
    assert state.purchases["item_key"].tolist() == [2, 3]


def test_a_purchase_outlives_the_last_hundred_actions() -> None:
    state = after(event(77, NOW, "purchase"), *(event(n, NOW + 1) for n in range(MAX_ACTIONS)))
    assert state.purchases["item_key"].tolist() == [77]


def test_hidden_items_are_there_once_with_the_latest_time() -> None:
    state = after(event(5, NOW, "hide"), event(4, NOW + 1, "hide"), event(5, NOW + 2, "hide"), event(6, NOW))
    assert state.hidden.tolist() == [(NOW + 1, 4), (NOW + 2, 5)]


def test_country_device_and_market_are_those_of_the_latest_action_that_named_one() -> None:
    def named(at_ms: int, device: str | None, market: str | None, country: str | None = None) -> ActionEvent:
        return ActionEvent(
            event_id="",
            at_ms=at_ms,
            customer_key=1,
            item_key=1,
            action="click",
            device=device,
            market=market,
            country=country,
        )

    state = after(named(5, "phone", "de"), named(9, None, "fr"), named(3, "tablet", None, "AT"))
    assert (state.country, state.device, state.market) == (hashed("AT"), hashed("phone"), "fr")


def test_a_state_is_never_changed_in_place() -> None:
    state = after(event(1), event(2, action="hide"), event(3, action="purchase"))
    before = encode_state(state)
    apply(state, [event(4), event(5, action="hide"), event(6, action="purchase")], RULES)
    assert encode_state(state) == before


def test_no_events_leave_the_state_as_it_is() -> None:
    assert apply(NEW_CUSTOMER, [], RULES) is NEW_CUSTOMER


def test_a_category_id_is_of_the_path_and_not_of_its_spelling() -> None:
    assert category_id("a/b") == category_id("/a//b/") != category_id("a>b", ">")
    assert category_id(None) == category_id("") == category_id("/") == -1
    assert len({category_id(path) for path in (None, "a", "b", "a/b", "b/a")}) == 5


def test_category_ids_are_the_same_on_every_machine_and_day() -> None:
    assert category_id("women/boots") == 3559500709630685037


def word(consent: bool, at_ms: int = NOW) -> ConsentEvent:
    return ConsentEvent(event_id="", at_ms=at_ms, customer_key=1, consent=consent)


def test_who_opts_out_is_forgotten_and_not_watched_until_they_opt_in() -> None:
    out = after(event(1, action="purchase"), event(2, action="hide"), word(False), event(3, NOW + 1))
    assert out.opted_out
    assert (len(out.actions), len(out.purchases), len(out.hidden)) == (0, 0, 0)
    back = apply(out, [word(True, NOW + 2), event(4, NOW + 3)], RULES)
    assert not back.opted_out
    assert keys(back) == [4]


def test_of_two_words_the_one_with_the_later_time_counts() -> None:
    assert after(word(False, NOW), word(True, NOW - 1)).opted_out
    assert not after(word(False, NOW - 1), word(True, NOW)).opted_out
    assert not after(word(False, NOW), word(True, NOW)).opted_out  # the same moment: the one that came later


def test_consent_leaves_what_is_known_as_it_is() -> None:
    assert keys(after(event(1), word(True), event(2))) == [1, 2]
