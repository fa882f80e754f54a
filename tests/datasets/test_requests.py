import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from shopwindow.datasets.requests import (
    cached_for,
    concatenated,
    history_before,
    journeys,
    requests_of_events,
)

HOUR = 3_600_000


def test_one_request_per_moment_and_context_with_each_item_once_at_its_largest_gain(make_dataset) -> None:
    dataset = make_dataset(
        [
            {"customer_key": 1, "at_ms": 10, "item_key": 0},
            {"customer_key": 1, "at_ms": 10, "item_key": 1, "action": "click"},
            {"customer_key": 1, "at_ms": 10, "item_key": 1, "action": "purchase"},
            {"customer_key": 1, "at_ms": 10, "item_key": 2, "surface": "search"},
            {"customer_key": 1, "at_ms": 10, "item_key": 3, "action": "hide"},
            {"customer_key": 2, "at_ms": 10, "item_key": 4},
        ]
    )
    requests = requests_of_events(dataset, np.arange(6))
    assert requests.customer.tolist() == [0, 0, 1]
    wanted = [
        dict(zip(dataset.catalog.item_key[requests.truth_rows[a:b]], requests.truth_gain[a:b], strict=True))
        for a, b in zip(requests.truth_offsets[:-1], requests.truth_offsets[1:], strict=True)
    ]
    assert wanted == [{0: 1.0, 1: 5.0}, {2: 1.0}, {4: 1.0}]


def test_a_journey_carries_the_context_of_the_request_after_each_action(make_dataset) -> None:
    dataset = make_dataset(
        [
            {"customer_key": 1, "at_ms": 0, "item_key": 0, "surface": "home"},
            {"customer_key": 1, "at_ms": 3000, "item_key": 1, "surface": "browse", "category": "a/x"},
            {"customer_key": 1, "at_ms": 2 * HOUR, "item_key": 4, "surface": "search", "action": "cart"},
        ]
    )
    journey = journeys(dataset, requests_of_events(dataset, np.array([2])), max_actions=5)
    home, browse, search = (dataset.shop.surface_names.index(n) for n in ("home", "browse", "search"))
    assert journey.length.tolist() == [2]
    assert dataset.catalog.item_key[journey.item[0]].tolist() == [0, 1]
    assert journey.surface.tolist() == [[home, browse, search]]
    assert journey.category.tolist() == [[-1, dataset.catalog.categories.codes()["a/x"], -1]]
    np.testing.assert_allclose(journey.gap[0], [0, math.log1p(3)], rtol=1e-6)
    np.testing.assert_allclose(journey.wait[0], [0, math.log1p(3), math.log1p(7200 - 3)], rtol=1e-6)
    assert journey.hour.tolist() == [[1, 1, 3]]  # 1970-01-01 00:00 UTC is 01:00 in Berlin's standard time
    assert journey.weekday.tolist() == [[3, 3, 3]]


def test_padding_comes_after_the_real_actions_and_an_empty_history_has_length_zero(make_dataset) -> None:
    dataset = make_dataset(
        [{"customer_key": 1, "at_ms": t, "item_key": t, "surface": "home"} for t in range(5)]
        + [{"customer_key": 2, "at_ms": 9, "item_key": 5, "surface": "browse"}]
    )
    requests = requests_of_events(dataset, np.array([4, 5]))
    journey = journeys(dataset, requests, max_actions=3)
    assert journey.length.tolist() == [3, 0]
    assert dataset.catalog.item_key[journey.item[0]].tolist() == [1, 2, 3]
    assert journey.item[1].tolist() == [-1, -1, -1]
    assert journey.surface[1].tolist() == [dataset.shop.surface_names.index("browse"), -1, -1, -1]
    alone = journeys(dataset, requests.part(1, 2), max_actions=3)
    assert alone.item.tolist() == [[-1]]
    assert alone.wait.tolist() == [[0.0, 0.0]]


def test_taking_parts_and_joining_them_loses_nothing(make_dataset) -> None:
    rows = [{"customer_key": n % 3, "at_ms": n // 4, "item_key": n % 6} for n in range(40)]
    dataset = make_dataset(rows)
    requests = requests_of_events(dataset, np.arange(40))
    again = concatenated([requests.part(start, start + 4) for start in range(0, len(requests), 4)])
    for name in ("customer", "history_end", "truth_offsets", "truth_rows", "truth_gain"):
        np.testing.assert_array_equal(getattr(again, name), getattr(requests, name))


@st.composite
def logs(draw: st.DrawFn) -> list[tuple[int, int, int]]:
    event = st.tuples(st.integers(0, 3), st.integers(0, 12), st.integers(0, 6))
    return draw(st.lists(event, min_size=1, max_size=40))


@settings(max_examples=150, deadline=None)
@given(log=logs(), max_actions=st.integers(1, 8), stale=st.integers(0, 5))
def test_a_request_never_sees_anything_at_or_after_its_own_time(
    make_dataset, log, max_actions, stale
) -> None:
    dataset = make_dataset([{"customer_key": c, "at_ms": 1000 * t, "item_key": i} for c, t, i in log])
    requests = requests_of_events(dataset, np.arange(len(log)))
    journey = journeys(dataset, requests, max_actions)
    for r in range(len(requests)):
        key, at_ms = dataset.columns.customer_key[requests.customer[r]], requests.at_ms[r]
        before = sorted((t, n) for n, (c, t, _) in enumerate(log) if c == key and 1000 * t < at_ms)
        expected = [log[n][2] for _, n in before][-max_actions:]
        rows = journey.item[r, : journey.length[r]]
        assert [int(dataset.catalog.item_key[row]) if row >= 0 else 6 for row in rows] == expected
        assert (journey.item[r, len(expected) :] == -1).all()
    late = cached_for(dataset, requests, 1000 * stale)
    for r in range(len(requests)):
        first = dataset.columns.offsets[requests.customer[r]]
        assert (dataset.columns.at_ms[first : late.history_end[r]] < requests.at_ms[r] - 1000 * stale).all()


def test_history_ends_at_the_first_event_that_is_not_earlier(make_dataset) -> None:
    rows = [{"customer_key": 1, "at_ms": t, "item_key": 0} for t in (1, 2, 2, 5)]
    columns = make_dataset([*rows, {"customer_key": 2, "at_ms": 2, "item_key": 0}]).columns
    customer, at_ms = np.array([0, 0, 0, 0, 1, 1], dtype=np.int32), np.array([0, 2, 3, 9, 2, 3])
    assert history_before(columns, customer, at_ms).tolist() == [0, 1, 3, 4, 4, 5]
