from dataclasses import fields

import numpy as np
import pyarrow as pa
import pytest

from shopwindow.datasets.build_columns import columns_from_table
from shopwindow.datasets.dataset import Dataset, dataset_of
from shopwindow.datasets.requests import RequestSet, journeys
from shopwindow.features.customer import NEW_CUSTOMER, StateRules, apply
from shopwindow.features.encoding import decode_state, encode_state
from shopwindow.features.journey import Journey, hashed
from shopwindow.features.live_journey import JourneyView, LiveContext, journey_of
from shopwindow.schema.catalog import catalog_of
from shopwindow.schema.events import ACTIONS
from shopwindow.schema.items import ITEMS
from shopwindow.schema.live import ActionEvent
from shopwindow.schema.shop import ShopConfig

SHOP = ShopConfig(name="test", time_zone="Asia/Kolkata")
RULES = StateRules.of(SHOP)
PATHS = ("men", "men/coats", "women", "women/boots", "women/boots/red", "not in the catalogue")
HOUR_MS = 3_600_000
FIELDS = tuple(each.name for each in fields(Journey))


def assert_same(one: Journey, two: Journey) -> None:
    for name in FIELDS:
        a, b = getattr(one, name), getattr(two, name)
        assert (name, a.dtype, a.shape) == (name, b.dtype, b.shape)
        assert a.tobytes() == b.tobytes(), name


def random_events(customers: int) -> list[ActionEvent]:
    """About 40 events each, some many more than a journey holds; bursts, equal times, gaps of weeks."""
    rng = np.random.default_rng(7)
    counts = rng.choice([0, 1, 2, 5, 40, 130], customers, p=[0.05, 0.1, 0.1, 0.25, 0.3, 0.2])
    events = []
    for customer in np.repeat(np.arange(customers), counts):
        at_ms = int(1_700_000_000_000 + rng.integers(0, 5000) * rng.choice([1, 1000, HOUR_MS]))
        events.append(
            ActionEvent(
                event_id=f"e{len(events)}",
                at_ms=at_ms,
                customer_key=int(customer) + 1,
                item_key=int(rng.integers(0, 70)),  # the catalogue knows 0 .. 59
                action=SHOP.action_names[rng.integers(0, len(SHOP.actions))],
                surface=rng.choice([None, *SHOP.surface_names]),
                category=rng.choice([None, "", *PATHS]),
                query=rng.choice([None, "", "Red Boots", "coat"]),
            )
        )
    return [events[n] for n in rng.permutation(len(events))]  # they arrive in any order


def dataset_from(events: list[ActionEvent]) -> Dataset:
    names = [name for name in ACTIONS.names if hasattr(events[0], name)]
    rows = [{name: getattr(event, name) for name in names} for event in events]
    items = [{"item_key": key, "item_id": f"i{key}", "categories": [PATHS[key % 5]]} for key in range(60)]
    catalog = catalog_of(pa.Table.from_pylist(items, schema=ITEMS), SHOP.category_separator)
    return dataset_of(
        SHOP, columns_from_table(pa.Table.from_pylist(rows, schema=ACTIONS), None, SHOP), catalog
    )


def requests_after_some_history(dataset: Dataset, per_customer: int) -> RequestSet:
    """Requests at random moments of every customer's history, each later than all that it may see."""
    rng = np.random.default_rng(8)
    columns = dataset.columns
    customer = np.repeat(np.arange(columns.num_customers, dtype=np.int32), per_customer)
    low, high = columns.offsets[customer], columns.offsets[customer + 1]
    end = low + rng.integers(0, high - low + 1)
    last_ms = np.where(end > low, columns.at_ms[np.maximum(end - 1, 0)], 1_700_000_000_000)
    size = len(customer)
    return RequestSet(
        customer=customer,
        history_end=end,
        at_ms=last_ms + rng.choice([1, 999, 61_000, 400 * HOUR_MS], size),
        surface=rng.integers(-1, len(SHOP.surfaces), size).astype(np.int32),
        category=rng.integers(-1, len(dataset.catalog.categories), size).astype(np.int32),
        query=rng.integers(-1, 4096, size).astype(np.int32),
        truth_offsets=np.zeros(size + 1, dtype=np.int64),
        truth_rows=np.zeros(0, dtype=np.int32),
        truth_gain=np.zeros(0, dtype=np.float32),
    )


def view_of(dataset: Dataset, max_actions: int) -> JourneyView:
    paths = dataset.catalog.categories.paths
    return JourneyView.of(
        dataset.catalog.row_of_key(), paths, SHOP.category_separator, dataset.tz_offset_ms, max_actions
    )


@pytest.mark.parametrize("max_actions", [100, 10])
def test_the_live_journey_is_the_training_journey_bit_by_bit(max_actions: int) -> None:
    events = random_events(customers=560)
    dataset = dataset_from(events)
    requests = requests_after_some_history(dataset, per_customer=2)
    assert len(requests) > 1000
    view = view_of(dataset, max_actions)
    by_customer: dict[int, list[ActionEvent]] = {}
    for event in events:
        by_customer.setdefault(event.customer_key, []).append(event)

    states, contexts = [], []
    for r, u in enumerate(requests.customer):
        num_seen = int(requests.history_end[r] - dataset.columns.offsets[u])
        of_customer = by_customer[int(dataset.columns.customer_key[u])]
        seen = sorted(of_customer, key=lambda event: event.at_ms)[:num_seen]
        ids = {event.event_id for event in seen}
        arrived = [event for event in of_customer if event.event_id in ids]  # late ones in between
        states.append(decode_state(encode_state(apply(NEW_CUSTOMER, arrived, RULES))))
        contexts.append(
            LiveContext(
                at_ms=int(requests.at_ms[r]),
                surface=int(requests.surface[r]),
                category=int(requests.category[r]),
                query=int(requests.query[r]),
            )
        )
    assert_same(journey_of(states, contexts, view), journeys(dataset, requests, max_actions))
    for r in range(0, len(requests), 97):  # and one request alone, as the server makes it
        one = journey_of(states[r : r + 1], contexts[r : r + 1], view)
        assert_same(one, journeys(dataset, requests.part(r, r + 1), max_actions))


def test_a_new_customer_is_one_start_position_with_the_request() -> None:
    view = JourneyView.of(np.arange(3, dtype=np.int32), ("", "women"), "/", 0)
    now = LiveContext(at_ms=5 * HOUR_MS, surface=1, category=1, query=7, country=3, device=4)
    journey = journey_of([NEW_CUSTOMER], [now], view)
    assert journey.length.tolist() == [0]
    assert journey.item.tolist() == [[-1]]
    assert journey.wait.tolist() == [[0.0, 0.0]]
    assert (journey.surface.tolist(), journey.category.tolist()) == ([[1, -1]], [[1, -1]])
    assert (journey.hour.tolist(), journey.weekday.tolist()) == ([[5, -1]], [[3, -1]])  # a Thursday
    assert (journey.country.tolist(), journey.device.tolist()) == ([3], [4])


def test_what_the_request_does_not_say_is_what_the_state_knows() -> None:
    view = JourneyView.of(np.arange(3, dtype=np.int32), (), "/", 0)
    click = ActionEvent(event_id="", at_ms=0, customer_key=1, item_key=1, action="click", device="phone")
    state = apply(NEW_CUSTOMER, [click], RULES)
    silent, says = LiveContext(at_ms=1), LiveContext(at_ms=1, device=9)
    assert journey_of([state, state], [silent, says], view).device.tolist() == [hashed("phone"), 9]


def test_an_acknowledged_action_counts_even_if_a_fast_clock_dates_it_after_the_request() -> None:
    view = JourneyView.of(np.arange(3, dtype=np.int32), (), "/", 0)
    click = ActionEvent(event_id="", at_ms=9000, customer_key=1, item_key=2, action="click")
    journey = journey_of([apply(NEW_CUSTOMER, [click], RULES)], [LiveContext(at_ms=5000)], view)
    assert journey.item.tolist() == [[2]]
    assert journey.wait.tolist() == [[0.0, 0.0]]


def test_an_item_newer_than_the_release_is_an_unknown_item() -> None:
    view = JourneyView.of(np.array([4, -1], dtype=np.int32), (), "/", 0)
    assert view.rows(np.array([0, 1, 2, 2**31 - 1, -1], dtype=np.int32)).tolist() == [4, -1, -1, -1, -1]
