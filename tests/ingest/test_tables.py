import json
from collections.abc import Callable

import pytest

from shopwindow.config import ShopDirectory
from shopwindow.errors import SchemaError
from shopwindow.ingest.importer import ImportReport
from shopwindow.ingest.source import FieldMapping
from shopwindow.ingest.tables import (
    read_actions,
    read_customers,
    read_impressions,
    read_items,
    read_pages,
)  # fmt: skip
from shopwindow.schema.events import ACTIONS, CUSTOMERS, IMPRESSIONS, PAGES
from shopwindow.schema.items import ITEMS

Import = Callable[..., ImportReport]
T0 = 1_700_000_000
HEAD = "user,item,action,at\n"
MINUTE = 60


def items_by_id(shop_dir: ShopDirectory) -> dict[str, dict[str, object]]:
    return {row["item_id"]: row for row in read_items(shop_dir).to_pylist()}


def test_an_empty_shop_has_empty_tables(shop_dir: ShopDirectory) -> None:
    tables = [read_actions, read_pages, read_impressions, read_items, read_customers]
    schemas = [ACTIONS, PAGES, IMPRESSIONS, ITEMS, CUSTOMERS]
    for read, schema in zip(tables, schemas, strict=True):
        assert read(shop_dir).schema == schema
        assert read(shop_dir).num_rows == 0


def test_sessions_end_after_the_gap_also_where_files_come_out_of_order(
    importing: Import, shop_dir: ShopDirectory
) -> None:
    importing(HEAD + f"u,c,click,{T0 + 61 * MINUTE}\nu,a,click,{T0}\nv,a,click,{T0 + 5}\n")
    importing(HEAD + f"u,b,click,{T0 + 30 * MINUTE}\n", "late.csv")  # 30 min is not longer than 30 min; 31 is
    rows = read_actions(shop_dir).to_pylist()
    one = [
        row
        for row in rows
        if row["customer_key"] == next(r["customer_key"] for r in rows if r["session"] == 1)
    ]
    assert [row["at_ms"] for row in one] == [1000 * (T0 + after * MINUTE) for after in (0, 30, 61)]
    assert [row["session"] for row in one] == [0, 0, 1]
    assert [row["session"] for row in rows if row not in one] == [0]


def test_actions_come_by_customer_time_and_arrival(importing: Import, shop_dir: ShopDirectory) -> None:
    importing(HEAD + "".join(f"u{n % 3},i{n},click,{T0 + n // 9}\n" for n in range(60)))
    importing(HEAD + f"u0,late,click,{T0}\n", "late.csv")
    rows = read_actions(shop_dir).to_pylist()
    order = [(row["customer_key"], row["at_ms"]) for row in rows]
    assert order == sorted(order)
    names = {row["item_key"]: row["item_id"] for row in read_items(shop_dir).to_pylist()}
    ties = [names[row["item_key"]] for row in rows if row["at_ms"] == 1000 * T0]
    assert [name for name in ties if name in ("i0", "i3", "i6", "late")] == ["i0", "i3", "i6", "late"]


def test_every_action_has_an_item_row(importing: Import, shop_dir: ShopDirectory) -> None:
    importing(HEAD + f"u,a,click,{T0 + 9}\nu,b,click,{T0 + 1}\nu,a,click,{T0}\n")
    items = items_by_id(shop_dir)
    assert set(items) == {"a", "b"}
    assert (items["a"]["kind"], items["a"]["first_seen_ms"]) == ("product", 1000 * T0)
    assert set(read_actions(shop_dir).column("item_key").to_pylist()) == {
        row["item_key"] for row in items.values()
    }


def test_what_events_say_of_an_item_becomes_its_row_until_an_items_file_describes_it(
    importing: Import, shop_dir: ShopDirectory
) -> None:
    head = "user_id,product_id,event_type,event_time,category_code,category_id,brand,price\n"
    importing(
        head
        + f"u,a,view,{T0},shoes.boots,7,acme,10.50\n"
        + f"u,a,view,{T0 + 1},,7,,12\n"
        + f"u,b,view,{T0},,9,,\n"
    )
    items = items_by_id(shop_dir)
    assert items["a"]["categories"] == ["7"]  # the last word
    assert items["a"]["brand"] == "acme"
    assert items["a"]["offers"] == [{"market": "de", "price_minor": 1200, "stock": None}]
    assert (items["b"]["categories"], items["b"]["offers"]) == (["9"], None)
    importing("item,title,category\na,Boots,shoes/ankle boots\n", "items.csv", "items")
    importing(head + f"u,a,view,{T0 + 5},later,7,acme,99\n", "later.csv")
    described = items_by_id(shop_dir)["a"]
    assert (described["title"], described["categories"]) == ("Boots", ["shoes/ankle boots"])
    assert (described["brand"], described["offers"]) == (None, None)
    assert described["first_seen_ms"] == 1000 * T0


def test_the_latest_row_of_an_item_counts_whole(importing: Import, shop_dir: ShopDirectory) -> None:
    importing("item,title,brand\na,Old,acme\nb,B,\n", "one.csv", "items")
    importing("item,title,brand\na,Wrong,\na,New,\n", "two.csv", "items")
    items = items_by_id(shop_dir)
    assert (items["a"]["title"], items["a"]["brand"]) == ("New", None)
    assert items["b"]["title"] == "B"


def test_items_have_many_forms(importing: Import, shop_dir: ShopDirectory) -> None:
    full = {
        "item": "a", "kind": "outfit", "parent": "p", "brand": "x", "seller": "s", "title": "T", "text": "long",
        "categories": ["women//shoes/", "sale"], "picture": "data:image/svg+xml,<svg/>",
        "offers": [{"market": "de", "price_minor": 995, "stock": 3}, {"market": "jp", "price_minor": 1200}],
        "attributes": {"colour": "red", "heel": 5}, "first_seen": T0 * 1000,
    }  # fmt: skip
    bad = full | {"item": "bad", "offers": [{"market": "mars", "price_minor": 1}]}
    report = importing(json.dumps(full) + "\n" + json.dumps(bad) + "\n", "items.jsonl", "items")
    assert (report.imported, report.rejected) == (1, 1)
    assert report.reasons[0].field == "offers"
    importing(
        "id,name,price,market,stock,colour,category\nb,Bee,1200,jp,4,blue,a/b|c\nc,Sea,1.5,,,,\n",
        "i.csv",
        "items",
    )
    items = items_by_id(shop_dir)
    a, b, c = items["a"], items["b"], items["c"]
    assert a["categories"] == ["women/shoes", "sale"]
    assert a["offers"] == [
        {"market": "de", "price_minor": 995, "stock": 3},
        {"market": "jp", "price_minor": 1200, "stock": None},
    ]
    assert dict(a["attributes"]) == {"colour": "red", "heel": "5"}  # type: ignore[call-overload]
    assert (a["kind"], a["first_seen_ms"]) == ("outfit", T0 * 1000)
    assert b["offers"] == [{"market": "jp", "price_minor": 1200, "stock": 4}]  # yen have no cents
    assert (b["title"], b["categories"], dict(b["attributes"])) == (  # type: ignore[call-overload]
        "Bee", ["a/b", "c"], {"colour": "blue"},
    )  # fmt: skip
    assert c["offers"] == [{"market": "de", "price_minor": 150, "stock": None}]


def test_customers_keep_their_latest_row(importing: Import, shop_dir: ShopDirectory) -> None:
    importing("customer,country,consent\nu,DE,yes\nv,FR,no\n", "one.csv", "customers")
    report = importing("customer,country,consent\nu,AT,\nw,DE,perhaps\n", "two.csv", "customers")
    assert (report.imported, report.rejected) == (1, 1)
    rows = read_customers(shop_dir).to_pylist()
    assert sorted((row["country"], row["consent"]) for row in rows if row["country"] != "AT") == [
        ("FR", False)
    ]
    assert [row["consent"] for row in rows if row["country"] == "AT"] == [True]  # nothing took it back


def test_pages_and_impressions_keep_their_order_and_are_counted_once(
    importing: Import, shop_dir: ShopDirectory
) -> None:
    page = {
        "page_id": "p",
        "customer": "u",
        "at": T0,
        "surface": "browse",
        "category": "shoes",
        "items": ["b", "a"],
    }
    lines = [
        page | {"propensities": [0.5, 0.25]},
        page,
        page | {"page_id": "q", "items": [], "seed_item": "z"},
    ]
    report = importing("".join(json.dumps(each) + "\n" for each in lines), "pages.jsonl", "pages")
    assert (report.imported, report.duplicates) == (2, 1)
    seen = f"customer,item,page_id,position,at\nu,b,p,0,{T0 + 1}\nu,a,p,1,{T0 + 1}\n"
    assert importing(seen, "seen.csv", "impressions").imported == 2
    items = {row["item_id"]: row["item_key"] for row in read_items(shop_dir).to_pylist()}
    first, second = sorted(read_pages(shop_dir).to_pylist(), key=lambda row: str(row["page_id"]))
    assert first["items"] == [items["b"], items["a"]]
    assert (first["propensities"], first["surface"], first["category"]) == ([0.5, 0.25], "browse", "shoes")
    assert (second["items"], second["seed_item_key"]) == ([], items["z"])
    assert read_impressions(shop_dir).column("position").to_pylist() == [0, 1]


def test_local_context_and_money_come_through(importing: Import, shop_dir: ShopDirectory) -> None:
    head = "user,item,action,at,surface,category,query,page_id,position,value,quantity,dwell_ms,market,device,test\n"
    good = f"u,a,purchase,{T0},search,a//b,boots,p,3,19.9,2,1500,de,phone,true\n"
    report = importing(head + good + good.replace("search", "window") + good.replace(",3,", ",3.5,"))
    assert [(reason.field, reason.came) for reason in report.reasons] == [
        ("surface", "window"),
        ("position", "3.5"),
    ]
    (row,) = read_actions(shop_dir).to_pylist()
    kept = {name: row[name] for name in head.strip().split(",")[4:]}
    assert kept == {
        "surface": "search", "category": "a/b", "query": "boots", "page_id": "p", "position": 3, "value": 19.9,
        "quantity": 2, "dwell_ms": 1500, "market": "de", "device": "phone", "test": True,
    }  # fmt: skip


def test_an_item_category_needs_no_request_category(importing: Import, shop_dir: ShopDirectory) -> None:
    mapping = FieldMapping(
        names=("user", "product", "kind", "what", "second"),
        columns=(("item", "product"), ("item_category", "kind"), ("action", "what"), ("at", "second")),
    )
    importing(f"1,2,3,pv,{T0}\n", "slice.csv", mapping=mapping)
    assert read_actions(shop_dir).column("category").to_pylist() == [None]
    assert items_by_id(shop_dir)["2"]["categories"] == ["3"]


def test_a_shop_without_configuration_is_named(shop_dir: ShopDirectory) -> None:
    shop_dir.config.unlink()
    with pytest.raises(SchemaError, match="shopwindow init"):
        read_actions(shop_dir)


def test_actions_that_do_not_name_their_page_are_attributed(
    shop_dir: ShopDirectory, importing: Import
) -> None:
    importing("customer,item,action,at\nu,a,click,1700000060\nu,a,cart,1700000100\nu,b,click,1700000110\n")
    assert [row["page_id"] for row in read_actions(shop_dir).to_pylist()] == [None] * 3
    pages = '{"page_id": "p", "customer": "u", "at": 1700000000, "surface": "browse", "category": "x", "items": ["c", "a"]}'
    importing(pages, "pages.jsonl", "pages")
    found = [(row["page_id"], row["position"], row["surface"]) for row in read_actions(shop_dir).to_pylist()]
    assert found == [("p", 1, "browse"), ("p", 1, "browse"), (None, None, None)]
