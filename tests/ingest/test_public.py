from collections import Counter
from pathlib import Path

import pytest

from shopwindow.config import ShopDirectory
from shopwindow.errors import IngestError
from shopwindow.ingest.importer import ImportReport
from shopwindow.ingest.public import PUBLIC, Opening, rees46_head, taobao_slice
from shopwindow.ingest.rejects import Reason
from shopwindow.ingest.tables import read_actions, read_customers, read_items
from shopwindow.schema.shop import read_shop


def opened(name: str, data: Path, into: Path) -> tuple[ShopDirectory, list[ImportReport]]:
    directory, reports = ShopDirectory(into / name), []
    shop = PUBLIC[name](Opening(data, directory, on_report=reports.append))
    assert read_shop(directory.config) == shop
    return directory, reports


def test_taobao_sets_aside_its_one_broken_line(real_data: Path, tmp_path: Path) -> None:
    directory, (report,) = opened("taobao-slice", real_data, tmp_path)
    assert (report.rows, report.imported, report.rejected) == (96_169, 96_168, 1)
    assert report.reasons == (
        Reason("at", "a time between 1990 and 2100 (unix seconds)", "15", first_line=96_169, count=1),
    )
    items = read_items(directory)
    assert (items.num_rows, report.new_customers) == (75_384, 58_732)
    assert len({paths[0] for paths in items.column("categories").to_pylist()}) == 3_757


def test_rees46_brings_category_brand_and_price_and_sets_aside_its_cut_line(
    real_data: Path, tmp_path: Path
) -> None:
    directory, (report,) = opened("rees46-head", real_data, tmp_path)
    assert (report.imported, report.rejected) == (17_434, 1)
    assert report.reasons == (Reason("", "9 fields", "8", first_line=17_436, count=1),)
    rows = {row["item_id"]: row for row in read_items(directory).to_pylist()}
    assert rows["3900821"]["categories"] == ["appliances/environment/water_heater"]
    assert rows["3900821"]["offers"] == [{"market": "default", "price_minor": 3320, "stock": None}]
    assert (rows["44600062"]["categories"], rows["44600062"]["brand"]) == (
        ["2103807459595387724"],
        "shiseido",
    )


def test_tmall_has_its_four_actions_and_starts_days_in_china(real_data: Path, tmp_path: Path) -> None:
    directory, (report,) = opened("tmall-ali2014", real_data, tmp_path)
    actions = read_actions(directory)
    assert report.rejected == 0
    counts = Counter(actions.column("action").to_pylist())
    assert counts == {"click": 174_539, "purchase": 6_984, "wishlist": 1_204, "cart": 153}
    first_ms = min(actions.column("at_ms").to_pylist())
    assert first_ms == 1_397_491_200_000  # 2014-04-15T00:00+08:00


@pytest.mark.parametrize(
    ("name", "file", "num_items"), [("s3rec", "Beauty", 12_101), ("s3rec-lastfm", "LastFM", 3_646)]
)
def test_s3rec_keeps_every_sequence(
    name: str, file: str, num_items: int, real_data: Path, tmp_path: Path
) -> None:
    directory, _ = opened(name, real_data, tmp_path)
    names = {row["item_key"]: row["item_id"] for row in read_items(directory).to_pylist()}
    assert len(names) == num_items
    found = sequences(directory, names)
    lines = (real_data / "s3rec" / f"{file}.txt").read_text().splitlines()
    assert found == sorted(line.split()[1:] for line in lines)


def test_ml_1m_keeps_the_order_of_the_gsasrec_split(real_data: Path, tmp_path: Path) -> None:
    directory, reports = opened("ml-1m", real_data, tmp_path)
    assert [report.rejected for report in reports] == [0, 0, 0]
    items = read_items(directory).to_pylist()
    names = {row["item_key"]: row["item_id"] for row in items}
    split = real_data / "ml-1m" / "gsasrec_split" / "test"
    before = (split / "input.txt").read_text().splitlines()
    last = (split / "output.txt").read_text().splitlines()
    expected = sorted([*inputs.split(), *output.split()] for inputs, output in zip(before, last, strict=True))
    assert sequences(directory, names) == expected
    assert all(row["title"] and row["categories"] for row in items)
    assert read_customers(directory).num_rows == 6_040


def sequences(directory: ShopDirectory, names: dict[int, str]) -> list[list[str]]:
    """Every customer's items in order, the customers in no particular order."""
    actions = read_actions(directory)
    by_customer: dict[int, list[str]] = {}
    for customer, item in zip(
        actions.column("customer_key").to_pylist(), actions.column("item_key").to_pylist(), strict=True
    ):
        by_customer.setdefault(customer, []).append(names[item])
    return sorted(by_customer.values())


def small_taobao(folder: Path) -> Path:
    (folder / "taobao-slice").mkdir(parents=True)
    (folder / "taobao-slice" / "UserBehavior.csv").write_text(
        "1,10,7,pv,1511658000\n1,11,8,fav,1511658001\n2,10,7,buy,1511658002\n2,10,7,pv,15"
    )
    return folder


def test_a_small_file_like_taobaos_is_read_the_same(tmp_path: Path) -> None:
    directory = ShopDirectory(tmp_path / "shop")
    shop = taobao_slice(small_taobao(tmp_path / "data"), directory)
    assert shop.action_names == ("click", "wishlist", "cart", "purchase")
    assert sorted(read_actions(directory).column("action").to_pylist()) == ["click", "purchase", "wishlist"]
    assert sorted(read_items(directory).column("categories").to_pylist()) == [["7"], ["8"]]


def test_two_imports_of_a_public_set_give_the_same_tables(tmp_path: Path) -> None:
    data = small_taobao(tmp_path / "data")
    shops = [ShopDirectory(tmp_path / name) for name in ("one", "two")]
    for each in shops:
        taobao_slice(data, each)
    assert read_actions(shops[0]).equals(read_actions(shops[1]))
    taobao_slice(data, shops[0])  # again: nothing changes
    assert read_actions(shops[0]).equals(read_actions(shops[1]))


def test_a_set_does_not_go_into_another_shop(tmp_path: Path) -> None:
    directory = ShopDirectory(tmp_path / "shop")
    taobao_slice(small_taobao(tmp_path / "data"), directory)
    with pytest.raises(IngestError, match="expected no shop or the shop 'rees46-head', came another"):
        rees46_head(tmp_path / "data", directory)


def test_absent_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match=r"UserBehavior\.csv: expected a file, came nothing there"):
        taobao_slice(tmp_path, ShopDirectory(tmp_path / "shop"))
