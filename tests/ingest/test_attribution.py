"""Attribution: a hundred random customers against a plain reading of the rule, then the rule in small."""

import random
from collections.abc import Iterator
from typing import Any

import ibis
import pyarrow as pa

from shopwindow.ingest.attribution import attributed
from shopwindow.schema.events import ACTIONS, PAGES

WINDOW_MS = 1000
COLUMNS = ACTIONS.append(pa.field("part", pa.int64())).append(pa.field("line", pa.int64()))
FILLED = ("page_id", "position", "surface", "category", "query")
Row = dict[str, Any]


def action(at_ms: int, item: int = 1, **said: Any) -> Row:
    return {"at_ms": at_ms, "item_key": item, "customer_key": 1, "action": "click", "session": 0} | said


def page(page_id: str, at_ms: int, *items: int, **said: Any) -> Row:
    return {
        "page_id": page_id,
        "at_ms": at_ms,
        "items": list(items),
        "customer_key": 1,
        "surface": "home",
    } | said


def rows_of(rows: list[Row], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema)


def answers(actions: list[Row], pages: list[Row]) -> list[Row]:
    """What the actions answer, in the order given."""
    named = [{"event_id": f"e{n:05}", "part": 1, "line": n} | row for n, row in enumerate(actions)]
    found = attributed(
        ibis.memtable(rows_of(named, COLUMNS)), ibis.memtable(rows_of(pages, PAGES)), WINDOW_MS
    )
    by_id = {row["event_id"]: row for row in found.to_pyarrow().to_pylist()}
    assert len(by_id) == len(actions)  # none lost, none doubled
    return [{name: by_id[row["event_id"]][name] for name in FILLED} for row in named]


def pages_of(actions: list[Row], pages: list[Row]) -> list[str | None]:
    return [row["page_id"] for row in answers(actions, pages)]


def expected(actions: list[Row], pages: list[Row]) -> Iterator[str | None]:
    """The rule as the docstring of `attributed` has it, one action at a time."""
    told: list[tuple[Row, bool, Row | None]] = []
    for deed in actions:
        story = [each for each in told if same(each[0], deed, "customer_key", "item_key", "session")]
        touch = not story or story[0][0]["action"] == deed["action"]
        shown = [p for p in pages if deed["item_key"] in p["items"] and p["at_ms"] <= deed["at_ms"]]
        shown = sorted((p for p in shown if same(p, deed, "customer_key")), key=in_order)
        found = next((p for p in pages if same(p, deed, "customer_key", "page_id")), None)
        if deed.get("page_id") is None and shown:
            last = shown[-1]
            recent = deed["at_ms"] - last["at_ms"] <= WINDOW_MS
            found = last if recent and deed.get("surface") in (None, last["surface"]) else None
        touched = [p for _, was_touch, p in story if was_touch and p is not None]
        if not touch and deed.get("page_id") is None and touched:
            found = max(touched, key=in_order)
        told.append((deed, touch, found))
        yield deed.get("page_id") or (found["page_id"] if found else None)


def same(one: Row, other: Row, *names: str) -> bool:
    return all(one.get(name) == other.get(name) for name in names)


def in_order(shown: Row) -> tuple[int, str]:
    return shown["at_ms"], shown["page_id"]


def random_world(seed: int) -> tuple[list[Row], list[Row]]:
    """100 customers over few items and few moments, so that everything meets everything."""
    rng = random.Random(seed)
    pages = [
        page(
            f"p{n:04}", rng.randrange(20) * 200, *rng.sample(range(4), rng.randint(0, 3)),
            customer_key=rng.randrange(100), surface=rng.choice(["home", "search"]),
        )
        for n in range(500)
    ]  # fmt: skip
    moments = sorted(rng.randrange(20) * 200 for _ in range(700))
    actions = [
        action(
            at_ms, rng.randrange(4), customer_key=rng.randrange(100), session=at_ms // 2000,
            action=rng.choice(["click", "click", "cart", "purchase"]),
            page_id=f"p{rng.randrange(550):04}" if rng.random() < 0.1 else None,
            surface="search" if rng.random() < 0.1 else None,
        )
        for at_ms in moments
    ]  # fmt: skip
    return actions, pages


def test_random_customers_get_what_the_rule_says() -> None:
    actions, pages = random_world(1)
    found = pages_of(actions, pages)
    assert found == list(expected(actions, pages))
    by_id = {each["page_id"]: each for each in pages}
    ours = [(deed, by_id[p]) for deed, p in zip(actions, found, strict=True) if p and not deed["page_id"]]
    assert len(ours) > 100
    for deed, shown in ours:  # said once more, apart from the rule
        assert shown["at_ms"] <= deed["at_ms"]
        assert shown["customer_key"] == deed["customer_key"]
        assert deed["item_key"] in shown["items"]


def test_the_order_of_rows_does_not_matter() -> None:
    actions, pages = random_world(2)
    numbered = [{"event_id": f"e{n:05}", "part": 1, "line": n} | row for n, row in enumerate(actions)]
    straight = answers(numbered, pages)
    mixed = list(zip(numbered, straight, strict=True))
    rng = random.Random(3)
    rng.shuffle(mixed)
    rng.shuffle(pages)
    assert answers([row for row, _ in mixed], pages) == [answer for _, answer in mixed]


def test_a_click_answers_the_latest_page_that_showed_the_item_and_takes_its_request() -> None:
    pages = [
        page("old", 0, 1),
        page("new", 500, 7, 8, 1, 1, surface="search", category="a/b", query="boots"),
        page("another item", 600, 2),
        page("later", 1200, 1),
    ]
    (found,) = answers([action(1000)], pages)
    assert found == {
        "page_id": "new", "position": 2, "surface": "search", "category": "a/b", "query": "boots",
    }  # fmt: skip


def test_cart_and_purchase_inherit_the_page_of_the_click_not_one_that_was_seen_since() -> None:
    actions = [action(100), action(300, action="cart"), action(1900, action="purchase")]
    pages = [page("clicked", 50, 1), page("seen since", 200, 1)]
    assert pages_of(actions, pages) == ["clicked"] * 3


def test_another_session_inherits_nothing() -> None:
    actions = [action(100), action(5000, action="purchase", session=1)]
    assert pages_of(actions, [page("p", 50, 1)]) == ["p", None]


def test_the_window_ends_with_its_last_millisecond() -> None:
    actions = [action(WINDOW_MS), action(WINDOW_MS + 1)]
    assert pages_of(actions, [page("p", 0, 1)]) == ["p", None]


def test_a_page_of_its_own_stands_and_completes_the_rest() -> None:
    pages = [page("own", 0, 5, 1, surface="search", query="boots"), page("latest", 90, 1)]
    own = action(100, page_id="own", query="shoes")
    assert answers([own, action(100, page_id="unheard of")], pages) == [
        {"page_id": "own", "position": 1, "surface": "search", "category": None, "query": "shoes"},
        {"page_id": "unheard of", "position": None, "surface": None, "category": None, "query": None},
    ]


def test_a_page_that_contradicts_the_action_is_not_its_page() -> None:
    pages = [page("p", 0, 1, category="a")]
    actions = [action(10, surface="search"), action(11, category="b"), action(12, category="a")]
    assert pages_of(actions, pages) == [None, None, "p"]


def test_nobodys_page_is_nobodys() -> None:
    assert pages_of([action(10)], [page("p", 0, 1, customer_key=None)]) == [None]


def test_the_rule_is_said_for_spark_as_well() -> None:
    rule = attributed(
        ibis.table(ibis.Schema.from_pyarrow(COLUMNS), "actions"),
        ibis.table(ibis.Schema.from_pyarrow(PAGES), "pages"),
        WINDOW_MS,
    )
    assert ibis.pyspark.name == "pyspark"  # knows its options once it was named
    assert "POSEXPLODE" in ibis.to_sql(rule, dialect="pyspark")  # raises for what Spark cannot say
