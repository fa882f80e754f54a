import csv
import gzip
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shopwindow.config import ShopDirectory
from shopwindow.errors import IngestError
from shopwindow.ingest import importer
from shopwindow.ingest.engine import Resources
from shopwindow.ingest.importer import ImportReport, import_file
from shopwindow.ingest.manifest import only_importer, read_manifest
from shopwindow.ingest.source import FieldMapping, Source
from shopwindow.ingest.tables import read_actions, read_items
from shopwindow.schema.events import ACTIONS
from shopwindow.schema.shop import ShopConfig, read_shop

Import = Callable[..., ImportReport]
T0 = 1_700_000_000  # unix seconds
LOG = f"user_id,product_id,event_type,timestamp\nu1,a,view,{T0}\nu2,b,buy,{T0 + 5}\nu1,b,fav,{T0 + 9}\n"


def rejects(report: ImportReport) -> list[dict[str, str]]:
    assert report.rejects is not None
    with report.rejects.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_columns_and_words_are_guessed(importing: Import, shop_dir: ShopDirectory) -> None:
    report = importing(LOG)
    assert (report.rows, report.imported, report.rejected) == (3, 3, 0)
    actions = read_actions(shop_dir)
    assert actions.schema == ACTIONS
    assert sorted(actions.column("action").to_pylist()) == ["click", "purchase", "wishlist"]
    assert sorted(actions.column("at_ms").to_pylist()) == [1000 * (T0 + after) for after in (0, 5, 9)]
    assert ("customer", "user_id", "guessed") in report.plan.lines()


def test_the_same_events_come_from_every_form(
    importing: Import, shop_dir: ShopDirectory, tmp_path: Path
) -> None:
    importing(LOG)
    rows = list(csv.DictReader(LOG.splitlines()))
    lines = "".join(
        f'{{"user_id": "{r["user_id"]}", "product_id": "{r["product_id"]}", '
        f'"event_type": "{r["event_type"]}", "timestamp": {r["timestamp"]}}}\n'
        for r in rows
    )
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "rows.parquet")
    with pa.CompressedOutputStream(str(tmp_path / "rows.csv.zst"), "zstd") as stream:
        stream.write(LOG.encode())
    again = [
        importing(LOG.replace(",", "\t"), "log.tsv"),
        importing(LOG.replace(",", ";").replace("\n", "\r\n"), "log2.csv"),
        importing(gzip.compress(LOG.encode()), "log3.csv.gz"),
        importing((tmp_path / "rows.csv.zst").read_bytes(), "log4.csv.zst"),
        importing(lines, "log5.jsonl"),
        importing(gzip.compress(lines.encode()), "log6.jsonl.gz"),
        importing((tmp_path / "rows.parquet").read_bytes(), "log7.parquet"),
    ]
    assert [(report.imported, report.duplicates, report.rejected) for report in again] == [(0, 3, 0)] * 7
    assert read_actions(shop_dir).num_rows == 3


def test_the_same_file_again_changes_nothing(importing: Import, shop_dir: ShopDirectory) -> None:
    first = importing(LOG)
    before = {path: path.stat().st_mtime_ns for path in shop_dir.data.rglob("*.*") if path.name[0] != "."}
    again = importing(LOG)
    assert not first.already
    assert again.already
    assert again.imported == 3
    after = {path: path.stat().st_mtime_ns for path in shop_dir.data.rglob("*.*") if path.name[0] != "."}
    assert after == before


def test_prices_are_read_again_when_the_currency_was_corrected(
    tmp_path: Path, shop_dir: ShopDirectory
) -> None:
    path = tmp_path / "items.csv"
    path.write_text("item,price\na,1200\n")
    source, shop = Source(path, "items"), ShopConfig(name="shop")
    import_file(shop_dir, shop, source, seed=7)
    yen = replace(shop, markets=tuple(replace(each, currency="JPY") for each in shop.markets))
    assert not import_file(shop_dir, yen, source, seed=7).already
    (offers,) = read_items(shop_dir).column("offers").to_pylist()
    assert [each["price_minor"] for each in offers] == [1200]


def test_a_longer_export_adds_only_what_is_new(importing: Import, shop_dir: ShopDirectory) -> None:
    importing(LOG)
    report = importing(LOG + f"u3,c,view,{T0 + 20}\n")
    assert (report.imported, report.duplicates, report.new_items, report.new_customers) == (1, 3, 1, 1)
    assert read_actions(shop_dir).num_rows == 4


def test_equal_events_within_one_file_are_all_kept_but_not_across_files(
    importing: Import, shop_dir: ShopDirectory
) -> None:
    twice = LOG + f"u1,a,view,{T0}\n"
    assert importing(twice).imported == 4
    assert importing(twice + f"u1,a,view,{T0}\n", "more.csv").imported == 1  # the third such click
    ids = read_actions(shop_dir).column("event_id").to_pylist()
    assert len(set(ids)) == 5


def test_event_ids_decide_where_they_are_given(importing: Import) -> None:
    head = "event_id,user,item,action,at\n"
    first = importing(head + f"e1,u,a,click,{T0}\ne2,u,a,click,{T0}\ne1,u,b,click,{T0 + 1}\n")
    assert (first.imported, first.duplicates) == (2, 1)
    second = importing(head + f"e2,u,a,click,{T0}\ne3,u,a,click,{T0}\n", "second.csv")
    assert (second.imported, second.duplicates) == (1, 1)


def test_bad_rows_are_set_aside_with_line_reason_and_the_row(importing: Import) -> None:
    bad = f"u,a,view,15\nu,a,dance,{T0}\n,a,view,{T0}\nu,,view,{T0}\nu,a,view\nu,a,view,soon\n"
    report = importing(LOG + bad + f"u9,z,view,{T0}")
    assert (report.rows, report.imported, report.rejected) == (10, 4, 6)
    found = [(row["line"], row["field"], row["came"], row["raw"]) for row in rejects(report)]
    assert found == [
        ("5", "at", "15", "u,a,view,15"),
        ("6", "action", "dance", f"u,a,dance,{T0}"),
        ("7", "customer", "nothing", f",a,view,{T0}"),
        ("8", "item", "nothing", f"u,,view,{T0}"),
        ("9", "", "3", "u,a,view"),
        ("10", "at", "soon", "u,a,view,soon"),
    ]
    assert rejects(report)[1]["expected"] == "one of click, wishlist, cart, purchase, hide, remove, return"
    assert rejects(report)[4]["expected"] == "4 fields"


def test_rows_can_be_dropped_on_purpose(importing: Import) -> None:
    report = importing(LOG, mapping=FieldMapping(values=(("action", "fav", "-"),)))
    assert (report.imported, report.skipped, report.rejected) == (2, 1, 0)


def test_quotes_may_hold_delimiters_quotes_and_line_breaks(
    importing: Import, shop_dir: ShopDirectory
) -> None:
    text = (
        "user,item,action,at,query\r\n"
        f'u,"a,1",click,{T0},"red ""boots"""\r\n'
        f'u,b,click,{T0 + 1},"two\r\nlines"\r\n'
        f'u,c,click,{T0 + 2},5" tablet\r\n'
    )
    report = importing(text)
    assert (report.imported, report.rejected) == (3, 0)
    assert read_actions(shop_dir).column("query").to_pylist() == ['red "boots"', "two\nlines", '5" tablet']
    assert "a,1" in read_items(shop_dir).column("item_id").to_pylist()


def test_a_quote_left_open_costs_its_line_only(importing: Import) -> None:
    text = LOG + f'"u,a,view,{T0}\n' + "".join(f"v{n},a,view,{T0 + n}\n" for n in range(50))
    report = importing(text)
    assert (report.imported, report.rejected) == (53, 1)
    assert rejects(report)[0]["line"] == "5"


def test_a_quote_left_open_at_the_top_swallows_neither_the_sample_nor_the_file(importing: Import) -> None:
    lines = [f"u{n},i{n},view,{T0 + n}" for n in range(6000)]  # more than the 128 KiB that fit one field
    report = importing("\n".join(["user,item,event,ts", f'u,"i,view,{T0}', *lines]))
    assert (report.imported, report.rejected) == (6000, 1)


def test_a_byte_that_is_no_utf8_costs_its_line_and_lines_after_keep_their_number(importing: Import) -> None:
    bad = f"\xfc,a,view,{T0}\n".encode("latin-1")
    report = importing(LOG.encode() + bad + f"u,a,view,{T0}\n".encode() + bad + b"u,a,view,x\n")
    assert (report.imported, report.rejected) == (4, 3)
    assert [row["line"] for row in rejects(report)] == ["5", "7", "8"]
    assert rejects(report)[0]["expected"] == "text in the stated --encoding"


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_other_encodings_can_be_stated(encoding: str, importing: Import, shop_dir: ShopDirectory) -> None:
    importing(LOG.replace(",a,", ",ä,").encode(encoding), mapping=FieldMapping(encoding=encoding))
    assert "ä" in read_items(shop_dir).column("item_id").to_pylist()


def test_a_byte_order_mark_and_blank_lines_do_no_harm(importing: Import) -> None:
    report = importing(b"\xef\xbb\xbf" + LOG.replace("\n", "\r\n\r\n").encode())
    assert (report.imported, report.rejected) == (3, 0)


def test_spaces_of_every_kind_at_the_ends_are_none(importing: Import, shop_dir: ShopDirectory) -> None:
    log = "user,item,action,at\n\u3000 \n\u00a0u ,\u00a0i, click\u2009,1700000000\nu, i\u00a0,click ,1700000001\n"
    assert (importing(log).rows, read_items(shop_dir).column("item_id").to_pylist()) == (2, ["i"])
    assert len(set(read_actions(shop_dir).column("customer_key").to_pylist())) == 1


def test_a_huge_field_is_set_aside(importing: Import) -> None:
    report = importing(LOG + f"{'u' * 300},a,view,{T0}\n" + f"{'u' * 3_000_000},a,view,{T0}\nu,a,view,{T0}\n")
    assert (report.imported, report.rejected) == (4, 2)
    assert [(row["line"], row["field"]) for row in rejects(report)] == [("5", "customer"), ("6", "")]


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e300", "-1", "ten", "99999999999999999999"])
def test_a_number_that_is_none_costs_its_line_only(text: str, importing: Import) -> None:
    head = "user,item,action,at,price,quantity\n"
    good = f"u,a,click,{T0},1.5,2\n"
    report = importing(head + good + good.replace("1.5", text) + good.replace(str(T0), text))
    assert (report.imported, report.rejected) == (1, 2)
    assert [(reason.field, reason.came) for reason in report.reasons] == [("item_price", text), ("at", text)]
    wrong = importing(head + good + f"u,a,click,{T0 + 1},1.5,{text}\n", "quantity.csv")
    assert wrong.rejected == (text != "-1")


def test_a_header_alone_imports_nothing(importing: Import, shop_dir: ShopDirectory) -> None:
    assert importing(LOG.splitlines()[0] + "\n").imported == 0
    assert read_actions(shop_dir).num_rows == 0


def test_a_json_key_that_comes_late_is_not_lost(importing: Import, shop_dir: ShopDirectory) -> None:
    line = f'{{"user": "u", "item": "a", "action": "click", "ts": {T0}}}\n'
    late = (
        f'{{"user": "u", "item": "a", "action": "buy", "ts": {T0}, "value": 9.5, "product": "b", "x": 1}}\n'
    )
    report = importing(line * 1500 + late, "log.jsonl")  # 1,000 records are looked at first
    assert (report.imported, report.rejected) == (1501, 0)
    assert [each for each in read_actions(shop_dir)["value"].to_pylist() if each] == [9.5]
    assert report.new_items == 1  # `item` was settled: a later word for it takes no part
    assert report.plan.unused == ("product", "x")


def test_broken_json_lines_are_set_aside(importing: Import) -> None:
    good = f'{{"user": "u", "item": 1, "action": "click", "at": {T0}}}\n'
    report = importing(good + "{oops\n[1]\n" + good.replace("1,", "2,") + '{"user": "u", "it', "log.jsonl")
    assert (report.imported, report.rejected) == (2, 3)
    assert [row["line"] for row in rejects(report)] == ["2", "3", "5"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("log.csv", b"", r"log\.csv: expected csv records, came an empty file"),
        ("log.csv", b"\n\n", r"came blank lines only"),
        ("log.csv.gz", b"", r"came an empty file"),
        ("log.csv.gz", b"not gzip", r"expected gzip data, came .*; the file is damaged"),
        ("log.csv.gz", gzip.compress(LOG.encode() * 9, mtime=0)[:-20], r"the file is damaged"),
        ("log.xlsx", b"x", r"expected a name that ends in \.csv.*state the form: --form"),
        ("log.csv", LOG.encode("utf-16"), r"came UTF-16; say so: --encoding utf-16"),
        ("log.csv", b"PK\x03\x04\x00\x00", r"expected text, came binary data"),
        ("log.parquet", b"PAR1 not", r"expected a Parquet file"),
        ("log.jsonl", b"[1, 2]\n", r"expected one JSON object per line, came '\[1, 2\]'"),
        (
            "log.csv",
            b"a,b,c\n1,2,3\n",
            r"expected a column for 'customer' such as .*; came a, b, c; .*--names",
        ),
        ("log.csv", b"user,item,at\nu,a,1700000000\n", r"'action' such as .*--set action=click"),
        (
            "log.csv",
            b"user,item,action,at\nu,a,click,noon\n",
            r"'at': expected unix or ISO times, came 'noon'.*--time",
        ),
        ("log.csv", b"user,item,action,day\nu,a,click,6-14\n", r"expected a year, came '6-14'.*--year"),
        ("log.csv", b"user,user,at\n1,2,3\n", r"expected each column once, came 'user' 2 times"),
        ("\udcff.csv", LOG.encode(), r"expected a path in UTF-8, came other bytes; rename the file"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(
    name: str, content: bytes, message: str, importing: Import, shop_dir: ShopDirectory
) -> None:
    with pytest.raises(IngestError, match=f"(?s){message}"):
        importing(content, name)
    assert read_manifest(shop_dir).imports == ()


@pytest.mark.parametrize("name", ["log[1].csv", "log*.csv", "log?.csv", "l'og.csv"])
def test_a_name_is_a_name_and_no_pattern(name: str, importing: Import, shop_dir: ShopDirectory) -> None:
    importing(LOG, "log1.csv")
    report = importing(LOG.replace("u1", "u7").replace("u2", "u8"), name)
    assert (report.rows, report.imported) == (3, 3)
    assert read_actions(shop_dir).num_rows == 6


def test_a_shop_beside_another_whose_name_is_its_pattern_keeps_to_itself(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    for name, log in (("shop1", LOG), ("shop[1]", LOG.splitlines()[0] + f"\nu9,c,view,{T0}\n")):
        directory = ShopDirectory(tmp_path / name)
        directory.root.mkdir()
        directory.config.write_text('[shop]\nname = "x"\n')
        path.write_text(log)
        import_file(directory, ShopConfig(name="x"), Source(path))
    assert read_actions(directory).num_rows == 1
    assert read_items(directory).column("item_id").to_pylist() == ["c"]


def test_folders_called_like_columns_fill_none(
    importing: Import, shop_dir: ShopDirectory, tmp_path: Path
) -> None:
    folder = tmp_path / "event_type=buy"
    folder.mkdir()
    pq.write_table(pa.Table.from_pylist(list(csv.DictReader(LOG.splitlines()))), folder / "log.parquet")
    import_file(shop_dir, read_shop(shop_dir.config), Source(folder / "log.parquet"))
    assert sorted(read_actions(shop_dir).column("action").to_pylist()) == ["click", "purchase", "wishlist"]


@pytest.mark.parametrize("name", ["line", "raw", "broken", "field"])
def test_a_parquet_column_may_have_any_name(
    name: str, importing: Import, shop_dir: ShopDirectory, tmp_path: Path
) -> None:
    columns = {"user": ["u", "v"], name: ["a", "b"], "action": ["click"] * 2, "ts": [T0, T0]}
    pq.write_table(pa.table(columns), tmp_path / "rows.parquet")
    mapping = FieldMapping(columns=(("item", name),))
    report = importing((tmp_path / "rows.parquet").read_bytes(), "log.parquet", mapping=mapping)
    assert report.imported == 2
    assert read_items(shop_dir).column("item_id").to_pylist() == ["a", "b"]


def test_no_number_is_no_id(importing: Import, tmp_path: Path) -> None:
    columns = {"user": ["u", "v"], "item": [7.0, float("nan")], "action": ["click"] * 2, "ts": [T0, T0]}
    pq.write_table(pa.table(columns), tmp_path / "rows.parquet")
    report = importing((tmp_path / "rows.parquet").read_bytes(), "log.parquet")
    assert (report.imported, report.rejected, report.new_items) == (1, 1, 1)


@pytest.mark.parametrize(
    ("kind", "far"), [(pa.timestamp("ms"), 10**15), (pa.timestamp("us", "Mars/Base"), 1_000_000 * (T0 + 1))]
)
def test_moments_that_python_does_not_know_cost_no_more_than_their_row(
    kind: pa.DataType, far: int, importing: Import, tmp_path: Path
) -> None:
    first = T0 * (1000 if kind.unit == "ms" else 1_000_000)
    times = pa.array([first, first + 1, far], pa.int64()).cast(kind)
    rows = pa.table({"user": ["u"] * 3, "item": ["a", "b", "c"], "action": ["click"] * 3, "ts": times})
    pq.write_table(rows, tmp_path / "rows.parquet")
    report = importing((tmp_path / "rows.parquet").read_bytes(), "log.parquet")
    assert (report.imported, report.rejected) == ((2, 1) if kind.unit == "ms" else (3, 0))


def test_a_page_whose_list_names_no_item_is_set_aside(importing: Import) -> None:
    lists = ('["a", "b"]', '["a", ""]', '["a", null]', f'["{"x" * 257}"]')
    lines = [
        f'{{"page_id": "p{n}", "customer": "u", "at": {T0}, "items": {each}}}' for n, each in enumerate(lists)
    ]
    report = importing("\n".join(lines), "pages.jsonl", table="pages")
    assert (report.imported, report.rejected) == (1, 3)
    assert {row["expected"] for row in rejects(report)} == {"a JSON list of ids of 1 to 256 characters"}


def test_propensities_are_chances_one_per_item(importing: Import) -> None:
    lists = ("[0.5, 1]", "[0.5]", "[0.5, null]", "[0.5, -1]", "[0.5, 1.5]")
    lines = [
        f'{{"page_id": "p{n}", "customer": "u", "at": {T0}, "items": ["a", "b"], "propensities": {each}}}'
        for n, each in enumerate(lists)
    ]
    report = importing("\n".join(lines), "pages.jsonl", table="pages")
    assert (report.imported, report.rejected) == (1, 4)
    assert {row["field"] for row in rejects(report)} == {"propensities"}


def test_a_folder_and_a_missing_file_are_named(shop_dir: ShopDirectory, tmp_path: Path) -> None:
    shop = read_shop(shop_dir.config)
    with pytest.raises(IngestError, match="expected a file, came a folder"):
        import_file(shop_dir, shop, Source(tmp_path))
    with pytest.raises(IngestError, match="came nothing there"):
        import_file(shop_dir, shop, Source(tmp_path / "none.csv"))


def test_a_mapping_to_a_column_or_field_that_is_not_there_is_refused(importing: Import) -> None:
    with pytest.raises(IngestError, match=r"'item': expected one of its columns user_id, .*, came 'sku'"):
        importing(LOG, mapping=FieldMapping(columns=(("item", "sku"),)))
    with pytest.raises(IngestError, match=r"expected a field of actions .*, came 'colour'"):
        importing(LOG, mapping=FieldMapping(columns=(("colour", "user_id"),)))
    with pytest.raises(IngestError, match=r"expected one of the shop's actions .*, came 'dance'"):
        importing(LOG, mapping=FieldMapping(values=(("action", "view", "dance"),)))


def test_times_without_a_zone_are_the_shops(importing: Import, shop_dir: ShopDirectory) -> None:
    importing("user,item,action,day\nu,a,click,6-14\n", mapping=FieldMapping(year=2014))
    midnight_in_berlin_ms = 1_402_696_800_000  # 2014-06-13T22:00Z
    assert read_actions(shop_dir).column("at_ms").to_pylist() == [midnight_in_berlin_ms]


def test_order_alone_gives_seconds_by_customer(importing: Import, shop_dir: ShopDirectory) -> None:
    mapping = FieldMapping(names=("user", "item"), time="order", constants=(("action", "click"),))
    importing("u 5\nv 5\nu 6\nu 5\n", "order.txt", mapping=mapping)
    assert sorted(read_actions(shop_dir).column("at_ms").to_pylist()) == [1000, 1000, 2000, 3000]


def test_an_order_beyond_all_calendars_is_set_aside(importing: Import) -> None:
    mapping = FieldMapping(time="order", constants=(("action", "click"),))
    report = importing(f"user,item,at\nu,a,{10**12 - 1}\nu,b,{10**11 - 1}\n", mapping=mapping)
    assert (report.imported, report.rejected) == (1, 1)


def test_sequences_are_one_event_per_item(importing: Import, shop_dir: ShopDirectory) -> None:
    mapping = FieldMapping(form="sequences", constants=(("action", "click"),))
    report = importing("u 5 6 5\nv 7\nlonely\n", "order.txt", mapping=mapping)
    assert (report.imported, report.rejected) == (4, 1)
    assert sorted(read_actions(shop_dir).column("at_ms").to_pylist()) == [1000, 1000, 2000, 3000]


def test_an_import_that_fails_midway_leaves_no_half(
    importing: Import, shop_dir: ShopDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    importing(LOG)
    with monkeypatch.context() as patch:
        patch.setattr(importer, "write_manifest", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.raises(OSError, match="disk full"):
            importing(LOG.replace("u1", "u7"), "second.csv")
    assert read_actions(shop_dir).num_rows == 3
    assert importing(LOG.replace("u1", "u7"), "second.csv").imported == 2  # u2's event was there
    assert read_actions(shop_dir).num_rows == 5


KILLED_WHILE_WRITING = """
import os, signal, sys
from pathlib import Path
from shopwindow.config import ShopDirectory
from shopwindow.ingest import importer
from shopwindow.ingest.source import Source
from shopwindow.schema.shop import read_shop

importer.write_manifest = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
shop_dir = ShopDirectory(Path(sys.argv[1]))
importer.import_file(shop_dir, read_shop(shop_dir.config), Source(Path(sys.argv[2])))
"""


def test_a_killed_import_leaves_no_half_and_no_lock(shop_dir: ShopDirectory, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(LOG)
    done = subprocess.run(
        [sys.executable, "-c", KILLED_WHILE_WRITING, str(shop_dir.root), str(path)], check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert len(list((shop_dir.data / "actions").glob("*.parquet"))) == 1  # written, but it does not count
    assert read_actions(shop_dir).num_rows == 0
    assert import_file(shop_dir, read_shop(shop_dir.config), Source(path)).imported == 3
    assert read_actions(shop_dir).num_rows == 3


def test_two_imports_at_once_are_refused(importing: Import, shop_dir: ShopDirectory) -> None:
    with only_importer(shop_dir), pytest.raises(IngestError, match="another import is running"):
        importing(LOG)


def test_a_lock_that_is_damaged_is_not_taken_for_another_import(
    importing: Import, shop_dir: ShopDirectory
) -> None:
    shop_dir.data.mkdir()
    (shop_dir.data / ".lock.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(IngestError, match="expected to lock the shop's data, came 'file is not a database'"):
        importing(LOG)


def test_too_little_memory_is_not_taken_for_a_damaged_file(shop_dir: ShopDirectory, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(LOG)
    with pytest.raises(IngestError, match=r"expected to get by with 1 MiB of memory .*allow more memory"):
        import_file(shop_dir, read_shop(shop_dir.config), Source(path), resources=Resources(memory_mib=1))


def test_a_seed_makes_customer_keys_repeatable(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(LOG)
    found = []
    for name in ("one", "two"):
        directory = ShopDirectory(tmp_path / name)
        directory.root.mkdir()
        directory.config.write_text('[shop]\nname = "x"\n')
        import_file(directory, ShopConfig(name="x"), Source(path), seed=3)
        found.append(read_actions(directory).column("customer_key").to_pylist())
    assert found[0] == found[1]


def test_years_of_five_digits_cost_their_row(importing: Import) -> None:
    good = "user,item,action,at\n" + "".join(f"u,b,click,2023-01-10T04:00:{n}Z\n" for n in range(10, 40))
    report = importing((good + "u,a,click,294247-01-10T04:00:54.775806Z\n").encode(), "log.csv")
    assert (report.imported, report.rejected) == (30, 1)


def test_values_that_the_engine_cannot_hold_are_named(importing: Import, tmp_path: Path) -> None:
    times = pa.array([*range(T0 * 1000, T0 * 1000 + 30), 10**16], pa.int64()).cast(pa.timestamp("ms"))
    rows = {"user": ["u"] * 31, "item": ["a"] * 31, "action": ["click"] * 31, "ts": times}
    pq.write_table(pa.table(rows), tmp_path / "x")
    with pytest.raises(IngestError, match="expected values that DuckDB can hold, came Conversion"):
        importing((tmp_path / "x").read_bytes(), "log.parquet")
