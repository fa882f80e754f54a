"""Counters at a moment: windows by hand, and that neither the order nor the batches of events show in them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.features.windowed.counting import (
    CART,
    CLICK,
    NOW,
    assert_same_reading,
    brute_force,
    counted,
    everything,
    item_table,
    new_state,
    random_counted,
    read_at,
)

from shopwindow.errors import StateError
from shopwindow.features.windowed.counters import DAY_MS, HOUR_MS, MINUTE_MS, NEVER_MS, WINDOWS
from shopwindow.features.windowed.state import WindowedState

SPANS = (20 * MINUTE_MS, 3 * DAY_MS, 90 * DAY_MS)


def item_counts(state: WindowedState, item: int, kind: int) -> list[int]:
    return read_at(state, state.clock_ms).counts("item")[0, item, :, kind].tolist()


def test_an_event_counts_in_every_window_that_reaches_back_to_it() -> None:
    state = new_state()
    state.add(counted([(NOW - 2 * HOUR_MS, 3, CLICK)]))
    state.advance(NOW)
    assert item_counts(state, 3, CLICK) == [0, 0, 1, 1, 1]  # 5m 1h 1d 7d 30d
    assert item_counts(state, 3, CART) == [0] * 5
    assert item_counts(state, 4, CLICK) == [0] * 5


def test_an_event_at_the_moment_itself_does_not_count_and_a_millisecond_later_does() -> None:
    state = new_state()
    state.add(counted([(NOW, 3, CLICK)]))
    state.advance(NOW)
    assert item_counts(state, 3, CLICK) == [0] * 5
    state.advance(NOW + 1)
    assert item_counts(state, 3, CLICK) == [1] * 5


@pytest.mark.parametrize("w", range(len(WINDOWS)))
def test_an_event_is_inside_a_window_until_its_whole_length_has_passed(w: int) -> None:
    state = new_state()
    state.add(counted([(NOW, 3, CLICK)]))
    state.advance(NOW + WINDOWS[w].ms)
    assert item_counts(state, 3, CLICK) == [0] * w + [1] * (5 - w)
    state.advance(NOW + WINDOWS[w].ms + 1)
    assert item_counts(state, 3, CLICK) == [0] * (w + 1) + [1] * (4 - w)


def test_an_event_counts_for_its_category_all_above_it_its_brand_customer_query_and_the_shop() -> None:
    state = new_state()
    state.add(counted([(NOW - 1, 0, CLICK)], query=2))  # item 0: a/x, acme
    reading = read_at(state, NOW)
    category, brand = (reading.counts(each)[0, :, 0, CLICK] for each in ("category", "brand"))
    assert category[:4].tolist() == [1, 0, 0, 1]  # a/x; a/y; b; none = the whole shop
    assert brand[:4].tolist() == [1, 0, 0, 1]  # acme, bolt, none, acme
    asked = everything()
    assert reading.counts("customer")[:, 0, 0, CLICK].sum() == 0  # customer 7 is not asked for
    assert reading.counts("query")[:, 0, 0, CLICK].tolist() == (asked.query == 2).astype(int).tolist()
    assert reading.counts("shop")[:, 0, 0, CLICK].tolist() == [1] * len(asked.query)


def test_half_of_a_decayed_event_is_left_after_each_half_life_until_its_window_has_passed() -> None:
    state = new_state()
    state.add(counted([(NOW, 3, CLICK)]))
    for days, left in ((0, 1.0), (2, 1 / 2), (4, 1 / 4), (20, 1 / 1024), (30, 2.0**-15)):
        state.advance(NOW + days * DAY_MS + (days == 0))
        assert read_at(state, state.clock_ms).decayed("item")[0, 3, 1, CLICK] == pytest.approx(left, rel=1e-4)
    state.advance(NOW + 30 * DAY_MS + 1)
    assert read_at(state, state.clock_ms).decayed("item")[0, 3, 1, CLICK] == 0


def test_decayed_counts_stay_right_for_years() -> None:
    state = new_state()
    for day in range(0, 2000, 2):
        state.add(counted([(NOW + day * DAY_MS, 3, CLICK)]))
        state.advance(NOW + day * DAY_MS + 1)
    found = read_at(state, state.clock_ms).decayed("item")[0, 3, 1, CLICK]
    assert found == pytest.approx(sum(2.0**-n for n in range(15)), rel=1e-4)  # one event per half-life


def test_the_time_of_the_last_event_is_kept_for_ever() -> None:
    state = new_state()
    state.add(counted([(NOW, 3, CLICK), (NOW - 5, 3, CLICK)]))
    last_ms = read_at(state, NOW + 400 * DAY_MS).last_ms("item")
    assert last_ms[0, 3, CLICK] == NOW
    assert last_ms[0, 3, CART] == last_ms[0, 4, CLICK] == NEVER_MS


def test_the_clock_does_not_go_back() -> None:
    state = new_state()
    state.advance(NOW)
    with pytest.raises(StateError, match=f"stand at {NOW}, expected that moment or a later one"):
        state.advance(NOW - 1)


@pytest.mark.parametrize("span_ms", SPANS)
@pytest.mark.parametrize("seed", range(3))
def test_windows_equal_counting_every_event_anew(span_ms: int, seed: int) -> None:
    events = random_counted(seed, 300, span_ms)
    state = new_state()
    state.add(events)
    for at_ms in (NOW - span_ms // 2, NOW - span_ms // 4, NOW - 1, NOW, NOW + 1, NOW + span_ms):
        reading, expected = read_at(state, at_ms), brute_force(events, at_ms)
        for entity, (counts, decayed, last_ms) in expected.items():
            along = (slice(None), 0) if entity in ("customer", "query") else (0,)
            np.testing.assert_array_equal(reading.counts(entity)[along], counts)
            np.testing.assert_array_equal(reading.last_ms(entity)[along], last_ms)
            np.testing.assert_allclose(reading.decayed(entity)[along], decayed, rtol=2e-4, atol=1e-6)


@settings(max_examples=60)
@given(data=st.data(), seed=st.integers(0, 10_000), span_ms=st.sampled_from(SPANS))
def test_neither_order_nor_batches_nor_moments_in_between_can_be_seen(data, seed: int, span_ms: int) -> None:
    """Batches cut anywhere and shuffled, the clock moved in between: late and early events count alike."""
    events = random_counted(seed, 60, span_ms)
    whole = new_state()
    whole.add(events)
    expected = read_at(whole, NOW)
    order = np.array(data.draw(st.permutations(range(len(events)))))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(events)), max_size=6)))
    moments = sorted(
        data.draw(st.lists(st.integers(NOW - span_ms, NOW), min_size=len(cuts), max_size=len(cuts)))
    )
    state, start = new_state(), 0
    for cut, moment in zip(cuts, moments, strict=True):
        state.add(events.take(order[start:cut]))
        state.advance(moment)
        start = cut
    state.add(events.take(order[start:]))
    assert_same_reading(read_at(state, NOW), expected)


def test_an_item_that_moves_counts_for_its_new_category_from_then_on() -> None:
    state = new_state()
    state.add(counted([(NOW - 2, 0, CLICK)]))
    state.describe(item_table().set_column(6, "categories", [[["b"]] * 12]).slice(0, 1))
    state.add(counted([(NOW - 1, 0, CLICK)]))
    reading = read_at(state, NOW)
    assert reading.counts("category")[0, [4, 2], 0, CLICK].tolist() == [1, 1]  # a/x before, b after
    assert reading.counts("item")[0, 0, 0, CLICK] == 2
    state.advance(NOW + 31 * DAY_MS)
    assert not read_at(state, state.clock_ms).counts("category").any()  # each left where it had entered
