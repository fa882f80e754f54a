"""Every FeatureStore keeps the same promises."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from shopwindow.features.customer import NEW_CUSTOMER, StateRules, apply
from shopwindow.features.encoding import encode_state
from shopwindow.features.lmdb_store import LmdbStore
from shopwindow.features.memory_store import MemoryStore
from shopwindow.features.store import Applied, Changes, FeatureStore
from shopwindow.schema.live import ActionEvent, ItemEvent
from shopwindow.schema.shop import ShopConfig

RULES = StateRules.of(ShopConfig(name="test"))


@pytest.fixture(params=["memory", "lmdb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FeatureStore]:
    opened: FeatureStore = (
        MemoryStore() if request.param == "memory" else LmdbStore.open(tmp_path / "lmdb", "a boot")
    )
    with closing(opened):
        yield opened


def clicks(*item_keys: int) -> list[ActionEvent]:
    return [
        ActionEvent(event_id=str(n), at_ms=n, customer_key=1, item_key=key, action="click")
        for n, key in enumerate(item_keys)
    ]


def test_a_new_store_knows_nobody_and_has_applied_nothing(store: FeatureStore) -> None:
    assert store.applied() == Applied()
    snapshot = store.read([5, 6])
    assert snapshot.offset == 0
    assert [len(state) for state in snapshot.states] == [0, 0]
    assert list(store.items()) == []


def test_what_was_written_is_read_in_the_order_asked(store: FeatureStore) -> None:
    one, two = (apply(NEW_CUSTOMER, clicks(*keys), RULES) for keys in [(1,), (2, 3)])
    store.write(Changes(applied=Applied(9), customers={4: one, 2**62: two}))
    snapshot = store.read([2**62, 7, 4])
    assert snapshot.offset == 9
    assert [encode_state(state) for state in snapshot.states] == [
        encode_state(state) for state in (two, NEW_CUSTOMER, one)
    ]


def test_a_later_write_replaces_an_earlier_one_and_leaves_others(store: FeatureStore) -> None:
    one, two = (apply(NEW_CUSTOMER, clicks(*keys), RULES) for keys in [(1,), (2, 3)])
    store.write(Changes(applied=Applied(1), customers={4: one, 5: one}))
    store.write(Changes(applied=Applied(2), customers={4: two}))
    assert [len(state) for state in store.read([4, 5]).states] == [2, 1]


def test_how_far_it_has_come_is_kept_whole(store: FeatureStore) -> None:
    applied = Applied(12, "0123456789abcdef", "columns of June", 4000)
    store.write(Changes(applied=applied))
    assert store.applied() == applied


def test_items_are_those_announced_last_in_order_of_key(store: FeatureStore) -> None:
    def named(key: int, title: str) -> ItemEvent:
        return ItemEvent(item_key=key, item_id=f"i{key}", at_ms=1, title=title, attributes={"colour": "red"})

    store.write(Changes(applied=Applied(1), items={300: named(300, "old"), 2: named(2, "boots")}))
    store.write(Changes(applied=Applied(2), items={300: named(300, "new")}))
    assert list(store.items()) == [named(2, "boots"), named(300, "new")]


def test_some_customers_can_be_listed_with_how_much_they_did(store: FeatureStore) -> None:
    state = apply(NEW_CUSTOMER, clicks(1, 2, 3), RULES)
    store.write(Changes(applied=Applied(1), customers={8: state, 3: NEW_CUSTOMER, 9: state}))
    assert store.customers(2) == [(3, 0), (8, 3)]
    assert store.customers(99) == [(3, 0), (8, 3), (9, 3)]
    assert store.customers(0) == []


def test_a_cleared_store_is_a_new_store(store: FeatureStore) -> None:
    item = ItemEvent(item_key=1, item_id="a", at_ms=1)
    state = apply(NEW_CUSTOMER, clicks(1), RULES)
    store.write(Changes(applied=Applied(1), customers={1: state}, items={1: item}))
    store.clear()
    assert store.applied() == Applied()
    assert [len(state) for state in store.read([1]).states] == [0]
    assert list(store.items()) == []


def test_a_state_in_hand_does_not_change_with_later_writes(store: FeatureStore) -> None:
    store.write(Changes(applied=Applied(1), customers={1: apply(NEW_CUSTOMER, clicks(1), RULES)}))
    in_hand = store.read([1]).states[0]
    for n in range(2, 50):
        state = apply(NEW_CUSTOMER, clicks(*range(n)), RULES)
        store.write(Changes(applied=Applied(n), customers={1: state}))
    assert in_hand.actions["item_key"].tolist() == [1]
