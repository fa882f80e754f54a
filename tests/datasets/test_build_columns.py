import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopwindow.config import ShopDirectory
from shopwindow.datasets import event_batches, merging
from shopwindow.datasets.build_columns import build_columns, columns_from_table, current_columns
from shopwindow.datasets.columns import ARRAYS, EventColumns
from shopwindow.ingest.importer import import_file
from shopwindow.ingest.source import Source
from shopwindow.ingest.tables import read_actions, read_customers
from shopwindow.schema.shop import ShopConfig, shop_toml

SHOP = ShopConfig(name="columns")
T0 = 1_700_000_000
HEAD = "user,item,action,at,surface,category,query,position,device,test\n"


@pytest.fixture
def shop_dir(tmp_path: Path) -> ShopDirectory:
    return empty_shop(tmp_path / "shop")


def empty_shop(path: Path) -> ShopDirectory:
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    (path / "shop.toml").write_text(shop_toml(SHOP))
    return ShopDirectory(path)


def take(shop_dir: ShopDirectory, name: str, content: str, table: str = "actions") -> None:
    path = shop_dir.root / name
    path.write_text(content)
    import_file(shop_dir, SHOP, Source(path, table), seed=1)


def differences(one: EventColumns, other: EventColumns) -> list[str]:
    """What is not the same in both."""
    found = [name for name in ARRAYS if not np.array_equal(getattr(one, name), getattr(other, name))]
    words = ("category_paths", "countries", "fingerprint")
    return found + [name for name in words if getattr(one, name) != getattr(other, name)]


def anew(shop_dir: ShopDirectory) -> EventColumns:
    """The columns by the short way: everything in memory at once."""
    return columns_from_table(read_actions(shop_dir), read_customers(shop_dir), SHOP)


def test_columns_built_in_pieces_are_those_of_the_whole_table(
    shop_dir: ShopDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_batches, "BATCH_ROWS", 7)
    lines = [
        f"u{n % 5},i{n % 3},click,{T0 + 977 * (n * n % 41)},browse,a/{n % 4},boots,{n},phone{n % 2},\n"
        for n in range(60)
    ]
    lines += [f"robot,i0,click,{T0},,,,,,true\n"]
    take(shop_dir, "log.csv", HEAD + "".join(lines) + f"u9,i0,cart,{T0},,,,,,\n")
    take(shop_dir, "people.csv", "customer,country,consent\nu1,de,no\nu2,fr,yes\nu9,de,\n", "customers")
    built = build_columns(shop_dir, SHOP)
    assert not differences(built, anew(shop_dir))
    assert built.num_customers == 5  # u1 declined
    assert isinstance(built.at_ms, np.memmap)


@pytest.mark.parametrize("with_pages", [False, True], ids=["counted", "attributed"])
def test_test_events_neither_begin_nor_prolong_a_session(shop_dir: ShopDirectory, with_pages: bool) -> None:
    lines = [f"u,i{n},click,{T0 + 1200 * n},,,,,,{'true' if n % 2 else ''}\n" for n in range(4)]
    take(shop_dir, "log.csv", HEAD + "".join(lines))  # at minutes 0, 20 (test), 40, 60 (test); the gap is 30
    if with_pages:
        take(shop_dir, "pages.csv", f'page_id,at,customer,items\np,{T0},u,"[""i0""]"\n', "pages")
    built = build_columns(shop_dir, SHOP)
    assert built.session.tolist() == [0, 1]
    assert read_actions(shop_dir).column("session").to_pylist() == [0, 0, 1, 1]
    assert (built.position.tolist() == [0, -1]) == with_pages
    assert not differences(built, anew(shop_dir))


@settings(max_examples=6)
@given(st.data())
def test_merging_newer_events_gives_what_building_anew_gives(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    shop_dir = empty_shop(tmp_path_factory.getbasetemp() / "merged")
    event = st.tuples(
        st.integers(0, 4), st.integers(0, 90), st.sampled_from(["a", "b/c", "", "z"]), st.sampled_from(["", "tv", "pc"])
    )  # fmt: skip
    for number in range(3):
        events = data.draw(st.lists(event, min_size=number == 0, max_size=12))
        lines = [
            f"u{who},i{n}of{number},click,{T0 + 60 * minute},home,{where},,,{device},\n"
            for n, (who, minute, where, device) in enumerate(events)
        ]
        take(shop_dir, f"log{number}.csv", HEAD + "".join(lines))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(merging, "BATCH_ROWS", 4)
            assert not differences(current_columns(shop_dir, SHOP), anew(shop_dir))


def test_newer_events_are_merged_and_older_ones_not_read_again(
    shop_dir: ShopDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(shop_dir, "one.csv", HEAD + f"u,a,click,{T0},,,,,,\nu,b,click,{T0 + 9},,,,,,\n")
    build_columns(shop_dir, SHOP)
    for file in (shop_dir.data / "actions").rglob("*.parquet"):
        if file.is_file():
            file.write_bytes(b"gone")
    take(shop_dir, "two.csv", HEAD.replace("at,", "at_ms,", 1) + f"u,c,click,{1000 * (T0 + 100_000)},,,,,,\n")
    assert current_columns(shop_dir, SHOP).item_key.tolist() == [0, 1, 2]


def test_columns_are_built_anew_when_customers_changed_their_mind(shop_dir: ShopDirectory) -> None:
    take(shop_dir, "log.csv", HEAD + f"u,a,click,{T0},,,,,,\nv,a,click,{T0},,,,,,\n")
    assert current_columns(shop_dir, SHOP).num_events == 2
    take(shop_dir, "people.csv", "customer,consent\nu,no\n", "customers")
    assert current_columns(shop_dir, SHOP).num_events == 1
    take(shop_dir, "again.csv", "customer,consent\nu,yes\n", "customers")
    assert not differences(current_columns(shop_dir, SHOP), anew(shop_dir))


def test_columns_that_are_up_to_date_are_left_alone(shop_dir: ShopDirectory) -> None:
    take(shop_dir, "log.csv", HEAD + f"u,a,click,{T0},,,,,,\n")
    build_columns(shop_dir, SHOP)
    before = {path: path.stat().st_mtime_ns for path in shop_dir.columns.rglob("*")}
    current_columns(shop_dir, SHOP)
    assert {path: path.stat().st_mtime_ns for path in shop_dir.columns.rglob("*")} == before
