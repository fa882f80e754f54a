import msgspec
import pytest

from shopwindow.errors import StateError
from shopwindow.schema.events import ACTIONS, IMPRESSIONS, PAGES
from shopwindow.schema.items import ITEMS
from shopwindow.schema.live import (
    ActionEvent,
    ConsentEvent,
    ImpressionEvent,
    ItemEvent,
    LiveEvent,
    Offer,
    PageEvent,
    decode,
    encode,
    item_table,
    kind_of,
)
from shopwindow.schema.request import Filters

ACTION = ActionEvent(event_id="e", at_ms=5, customer_key=2**62, item_key=3, action="click", value=9.5)
IMPRESSION = ImpressionEvent(event_id="e", at_ms=5, customer_key=1, page_id="p", item_key=3, position=0)
CONSENT = ConsentEvent(event_id="e", at_ms=5, customer_key=2**62, consent=False)
PAGE = PageEvent(
    page_id="p", at_ms=5, surface="home", k=2, items=(4, 3), scores=(0.5, 0.25), release="r", log_offset=7,
    filters=Filters(brands=("acme",), attributes=(("colour", ("red", "blue")),)), exclude=(9,),
)  # fmt: skip
ITEM = ItemEvent(
    item_key=3, item_id="boots", at_ms=5, categories=("women/boots",), title="Boots", attributes={"colour": "red"},
    offers=(Offer(market="de", price_minor=9900), Offer(market="fr", price_minor=8900, stock=0)),
)  # fmt: skip


@pytest.mark.parametrize("event", [ACTION, IMPRESSION, PAGE, ITEM, CONSENT], ids=kind_of)
def test_an_event_comes_back_from_its_bytes(event: LiveEvent) -> None:
    assert decode(kind_of(event), encode(event)) == event


@pytest.mark.parametrize(
    ("event", "columns", "left_out"),
    [
        (ActionEvent, ACTIONS, {"session"}),  # a session is known only when it is over
        (ImpressionEvent, IMPRESSIONS, set()),
        (PageEvent, PAGES, set()),
        (ItemEvent, ITEMS, set()),
    ],
)
def test_a_live_event_has_the_columns_of_its_clean_table(event, columns, left_out) -> None:
    assert set(columns.names) - left_out <= set(event.__struct_fields__)


def test_bytes_of_an_older_version_are_read_with_defaults() -> None:
    old = {"event_id": "e", "at_ms": 5, "customer_key": 2**62, "item_key": 3, "action": "click", "value": 9.5}
    assert decode("action", msgspec.msgpack.encode(old)) == ACTION


def test_bytes_of_a_newer_version_are_read_without_what_is_not_known() -> None:
    newer = msgspec.to_builtins(ACTION) | {"mood": "good"}
    assert decode("action", msgspec.msgpack.encode(newer)) == ACTION


def test_a_record_that_is_none_says_why() -> None:
    with pytest.raises(
        StateError, match="one of the kinds action, impression, page, item, consent, came 'rumour'"
    ):
        decode("rumour", b"")
    with pytest.raises(StateError, match=r"a log record of kind action cannot be read: .*`int`"):
        decode("action", msgspec.msgpack.encode({"event_id": "e", "at_ms": "noon"}))


def test_items_become_rows_of_the_item_table() -> None:
    table = item_table([ITEM, ItemEvent(item_key=4, item_id="hat", at_ms=5)])
    assert table.schema == ITEMS
    boots, hat = table.to_pylist()
    assert boots["offers"] == [
        {"market": "de", "price_minor": 9900, "stock": None},
        {"market": "fr", "price_minor": 8900, "stock": 0},
    ]
    assert boots["attributes"] == [("colour", "red")]
    assert (hat["kind"], hat["title"], hat["categories"], hat["attributes"]) == ("product", None, [], [])
    assert item_table([]).schema == ITEMS
