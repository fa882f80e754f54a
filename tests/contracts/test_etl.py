"""One suite for the engines of an import: the same files give the same tables, rows set aside included."""

import gzip
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shopwindow.config import ShopDirectory
from shopwindow.errors import IngestError
from shopwindow.ingest.engine import Opening, Resources, duck_engine, engine
from shopwindow.ingest.importer import import_file
from shopwindow.ingest.manifest import read_manifest
from shopwindow.ingest.source import FieldMapping, Source
from shopwindow.ingest.tables import (
    actions_table,
    read_actions,
    read_customers,
    read_impressions,
    read_items,
    read_pages,
)
from shopwindow.schema.shop import Market, ShopConfig, shop_toml

if TYPE_CHECKING:
    from shopwindow.ingest.spark import SparkEngine

# the connections to Java are left to the garbage collector by py4j
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
SHOP = ShopConfig(
    name="etl", time_zone="Europe/Berlin", markets=(Market(code="de"), Market(code="jp", currency="JPY"))
)
T0 = 1_700_000_000
READING = {"actions": read_actions, "pages": read_pages, "impressions": read_impressions,
           "items": read_items, "customers": read_customers}  # fmt: skip
FEW_ROWS = (  # a short life: what is compiled is hardly used
    "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dspark.sql.adaptive.enabled=false",
    "-Dspark.sql.codegen.wholeStage=false", "-Dspark.sql.codegen.factoryMode=NO_CODEGEN",
)  # fmt: skip
Case = list[tuple[str, str, bytes, FieldMapping]]
AS_GUESSED = FieldMapping()


def lines(*records: dict[str, Any]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def event(item: str, at: object, **more: object) -> dict[str, Any]:
    return {"user": "u", "item": item, "action": "click", "at": at, **more}


def parquet(rows: dict[str, Any]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(rows), sink)
    return bytes(sink.getvalue())


HEAD = "user,item,action,at,category,surface,query,price,position\n"
GOOD = f'u1,a,view,{T0},shoes//boots/,browse,red,9.5,0\nu2,"b,1",buy,{T0 + 5},,,"two ""q""",12,\n'
OVER_LINES = f'u2,b,view,{T0 + 6},,,"two\nlines",,1.0\n'
WRONG = f"""u1,a,dance,{T0},,,,,
u1,a,view,soon,,,,,
,a,view,{T0},,,,,
u1,a,view
u1,"a"b,view,{T0},,,,,
u1,a,view,{T0},,window,,,
u1,a,view,{T0},,,,,1.5
"""
NUMBERS = "".join(
    f"u3,n{n},view,{T0},,,,{text},\n"
    for n, text in enumerate(
        ("nan", "inf", "-1", "1e300", "ten", "1d", "1_000", " 7 ", "\u00a08", ".5", "5.")
    )
)
EQUAL = f"u1,a,view,{T0},shoes,browse,,,\n" * 2
NEXT_DAY = f"u9,z,view,{T0 + 90_000},,,,,\n"
CSV = b"\xef\xbb\xbf" + (HEAD + "\n" + GOOD + OVER_LINES + WRONG + NUMBERS + EQUAL).encode()
PAGES = (
    {"page_id": "p", "customer": "u", "at": T0, "surface": "browse", "category": "x", "items": ["b", "a"],
     "propensities": [0.5, "0.25"]},
    {"page_id": "q", "customer": "u", "at": T0 + 60, "surface": "search", "query": "x", "items": ["a", "c"]},
    {"page_id": "e", "customer": "v", "at": T0, "items": [], "seed_item": "z"},
)  # fmt: skip
ANSWERS = f"""user,item,action,at
u,a,click,{T0 + 9}
u,a,cart,{T0 + 70}
u,c,click,{T0 + 61}
u,a,click,{T0 + 9000}
v,a,click,{T0 + 9}
"""
OFFER = {"market": "de", "price_minor": 995, "stock": 3}
ITEM = {"item": "a", "categories": ["x//y", "z"], "offers": [OFFER], "attributes": {"colour": "red", "heel": 5},
        "first_seen": T0 * 1000}  # fmt: skip
CASES: dict[str, Case] = {
    "delimited, with what can be wrong, and known events": [
        ("one.csv", "actions", CSV + b"\xfc,a,view,1,,,,,\n" + GOOD.replace("u2", "w").encode(), AS_GUESSED),
        ("two.csv", "actions", (HEAD + GOOD + EQUAL + EQUAL + NEXT_DAY).encode(), AS_GUESSED),
    ],
    "event ids, times by a pattern, Latin-1": [
        ("log.csv", "actions",
         "event_id|user|item|action|at\ne1|u|ä|view|14.11.2023 9:05\n|u|ä|view|14.11.2023 10:00\n"
         "e1|u|b|view|14.11.2023 10:00\ne2|u|b|view|31.02.2023 10:00\n".encode("latin-1"),
         FieldMapping(time="%d.%m.%Y %H:%M", encoding="latin-1")),
    ],
    "JSON lines, and ISO times": [
        ("log.jsonl", "actions",
         lines(event("a", "2023-11-14 10:00:00"), event("b", "2023-11-14T10:00Z", value=12345678.0),
               event("c", "2023-10-29 02:30:00"), event("d", "2023-03-26T02:30:00"), event("e", "2023-11-14"),
               event("f", "2023-99-14"), event("g", "2023"), event("h", "2023-11-14 10:00:00+05:30", value="1d"),
               {"user": 1e7, "item": 5, "action": None, "at": None, "item_category": ["x/y", "z"]})
         + b"{oops\n[1]\n" + lines(event("i", "2023-11-14"))[:-1] + b" {}\n",
         AS_GUESSED),
    ],
    "sequences, packed": [
        ("log.txt.gz", "actions", gzip.compress(b"u 5 6 5\nv\t7\nlonely\n"),
         FieldMapping(form="sequences", constants=(("action", "click"),))),
    ],
    "Parquet": [
        ("log.parquet", "actions",
         parquet({"user": ["u", "v", None, "w"], "item": [1.0, 2.0, 3.0, 4.0], "action": ["click", "hop", "cart", "cart"],
                  "at": [1000 * T0, 1000 * T0 + 1, 1000 * T0 + 2, 5], "price": [1.5, 2.0, None, 1.0]}),
         AS_GUESSED),
    ],
    "pages, impressions, and the actions that answer them": [
        ("pages.jsonl", "pages", lines(*PAGES, PAGES[0], PAGES[0] | {"page_id": "r", "items": "b"}), AS_GUESSED),
        ("seen.csv", "impressions", f"customer,item,page_id,position,at\nu,b,p,0,{T0 + 1}\nu,b,p,0,{T0 + 1}\n".encode(),
         AS_GUESSED),
        ("log.csv", "actions", ANSWERS.encode(), AS_GUESSED),
    ],
    "catalogue and customers": [
        ("items.jsonl", "items",
         lines(ITEM, *({"item": f"bad{n}", "offers": [offer]} for n, offer in enumerate(
             (OFFER | {"market": "mars"}, OFFER | {"price_minor": -1}, 5))), {"item": "free", "attributes": "red"}),
         AS_GUESSED),
        ("more.csv", "items", b"id,name,price,market,stock,category,colour\nb,Bee,1200,jp,4,a/b|c,blue\nc,Sea,1.5,,,,\n",
         FieldMapping(columns=(("attributes.colour", "colour"),))),
        ("people.csv", "customers", b"customer,country,consent\nu,DE,yes\nv,FR,no\nw,,perhaps\n", AS_GUESSED),
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[SparkEngine]":
    if shutil.which("java") is None:
        if os.environ.get("CI"):
            pytest.fail("Spark needs Java: install it where CI runs")
        pytest.skip("Spark needs Java, which is not here")
    pytest.importorskip("pyspark", reason="install the extra `spark`")
    from shopwindow.ingest.spark import spark_engine

    folder = tmp_path_factory.mktemp("spark")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JDK_JAVA_OPTIONS", " ".join(FEW_ROWS))
        with spark_engine(folder, SHOP.time_zone, Resources(memory_mib=1024, threads=1)) as opened:
            yield opened


def shop_at(root: Path) -> ShopDirectory:
    shop_dir = ShopDirectory(root)
    shop_dir.root.mkdir(parents=True)
    shop_dir.config.write_text(shop_toml(SHOP))
    return shop_dir


def imported(shop_dir: ShopDirectory, case: Case, opening: Opening) -> list[tuple[Any, ...]]:
    """Of each file the counts, and what was set aside."""
    reports = []
    for name, table, content, mapping in case:
        path = shop_dir.root / name
        path.write_bytes(content)
        report = import_file(shop_dir, SHOP, Source(path, table, mapping), seed=1, opening=opening)
        rejects = report.rejects.read_text(encoding="utf-8") if report.rejects else ""
        reports.append((report.imported, report.duplicates, report.skipped, report.new_items, rejects))
    return reports


@pytest.mark.parametrize("name", CASES)
def test_spark_gives_the_tables_that_duckdb_gives(name: str, spark: "SparkEngine", tmp_path: Path) -> None:
    theirs, ours = shop_at(tmp_path / "spark"), shop_at(tmp_path / "duckdb")
    expected = imported(ours, CASES[name], duck_engine)
    assert imported(theirs, CASES[name], lambda *_: nullcontext(spark)) == expected
    for table, read in READING.items():
        assert read(theirs).to_pylist() == read(ours).to_pylist(), table
    assert [each.imported for each in read_manifest(theirs).imports] == [counts[0] for counts in expected]
    assert all(imported for imported, *_ in expected), "a case that imports nothing proves nothing"


def test_sessions_and_attribution_are_the_same_on_both(spark: "SparkEngine", tmp_path: Path) -> None:
    shop_dir = shop_at(tmp_path / "shop")
    imported(shop_dir, CASES["pages, impressions, and the actions that answer them"], duck_engine)
    found = actions_table(spark.connection, shop_dir, SHOP)
    assert found is not None
    with engine(tmp_path / "duckdb", SHOP.time_zone) as connection:
        wanted = actions_table(connection, shop_dir, SHOP)
        assert wanted is not None
        expected = wanted.order_by("line").to_pyarrow().to_pylist()
    assert found.order_by("line").to_pyarrow().to_pylist() == expected
    assert [row["page_id"] for row in expected] == ["p", "p", "q", None, None]
    assert [row["session"] for row in expected] == [0, 0, 0, 1, 0]


def test_a_parquet_file_that_spark_does_not_read_says_which_engine_does(
    spark: "SparkEngine", tmp_path: Path
) -> None:
    path = tmp_path / "log.parquet"
    path.write_bytes(
        parquet({"user": ["u"], "item": ["a"], "action": ["cart"], "at": pa.array([1], pa.timestamp("ns"))})
    )
    with pytest.raises(IngestError, match="import with --engine duckdb"):
        import_file(shop_at(tmp_path / "shop"), SHOP, Source(path), opening=lambda *_: nullcontext(spark))


@pytest.mark.parametrize(
    ("pattern", "java"),
    [
        ("%d.%m.%Y %H:%M", "d'.'M'.'yyyy' 'H':'m"),
        ("%Y%m%dT%H%M%S", "yyyyMMd'T'HHmms"),
        ("%-d %b '%Y", "d' 'MMM' '''yyyy"),
    ],
)
def test_a_pattern_of_times_in_the_words_of_java(pattern: str, java: str) -> None:
    pytest.importorskip("pyspark", reason="install the extra `spark`")
    from shopwindow.ingest.spark_dialect import java_pattern

    assert java_pattern(pattern) == java


def test_a_pattern_that_java_lacks_says_which_engine_has_it() -> None:
    pytest.importorskip("pyspark", reason="install the extra `spark`")
    from shopwindow.ingest.spark_dialect import java_pattern

    with pytest.raises(IngestError, match=r"came '%y'; import with --engine duckdb"):
        java_pattern("%d.%m.%y")
