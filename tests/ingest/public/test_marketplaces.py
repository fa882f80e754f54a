from collections import Counter
from pathlib import Path

import pytest
from tests.ingest.public.conftest import Opened

from shopwindow.config import ShopDirectory
from shopwindow.errors import IngestError
from shopwindow.ingest.public import PUBLIC, Opening
from shopwindow.ingest.rejects import Reason
from shopwindow.ingest.tables import read_actions, read_items
from shopwindow.schema.shop import read_shop


@pytest.mark.data
def test_taobao_sets_aside_its_one_broken_line(opened: Opened, real_data: Path) -> None:
    directory, (report,) = opened("taobao-slice", real_data)
    assert (report.rows, report.imported, report.rejected) == (96_169, 96_168, 1)
    assert report.reasons == (
        Reason("at", "a time between 1990 and 2100 (unix seconds)", "15", first_line=96_169, count=1),
    )
    items = read_items(directory)
    assert (items.num_rows, report.new_customers) == (75_384, 58_732)
    assert len({paths[0] for paths in items.column("categories").to_pylist()}) == 3_757


@pytest.mark.data
def test_rees46_brings_category_brand_and_price_and_sets_aside_its_cut_line(
    opened: Opened, real_data: Path
) -> None:
    directory, (report,) = opened("rees46-head", real_data)
    assert (report.imported, report.rejected) == (17_434, 1)
    assert report.reasons == (Reason("", "9 fields", "8", first_line=17_436, count=1),)
    rows = {row["item_id"]: row for row in read_items(directory).to_pylist()}
    assert rows["3900821"]["categories"] == ["appliances/environment/water_heater"]
    assert rows["3900821"]["offers"] == [{"market": "default", "price_minor": 3320, "stock": None}]
    assert (rows["44600062"]["categories"], rows["44600062"]["brand"]) == (
        ["2103807459595387724"],
        "shiseido",
    )


@pytest.mark.data
def test_tmall_has_its_four_actions_and_starts_days_in_china(opened: Opened, real_data: Path) -> None:
    directory, (report,) = opened("tmall-ali2014", real_data)
    actions = read_actions(directory)
    assert report.rejected == 0
    counts = Counter(actions.column("action").to_pylist())
    assert counts == {"click": 174_539, "purchase": 6_984, "wishlist": 1_204, "cart": 153}
    first_ms = min(actions.column("at_ms").to_pylist())
    assert first_ms == 1_397_491_200_000  # 2014-04-15T00:00+08:00


def small_taobao(folder: Path) -> Path:
    (folder / "taobao-slice").mkdir(parents=True)
    (folder / "taobao-slice" / "UserBehavior.csv").write_text(
        "1,10,7,pv,1511658000\n1,11,8,fav,1511658001\n2,10,7,buy,1511658002\n2,10,7,pv,15"
    )
    return folder


def test_a_small_file_like_taobaos_is_read_the_same(opened: Opened, tmp_path: Path) -> None:
    directory, _ = opened("taobao-slice", small_taobao(tmp_path / "data"))
    assert read_shop(directory.config).action_names == ("click", "wishlist", "cart", "purchase")
    assert sorted(read_actions(directory).column("action").to_pylist()) == ["click", "purchase", "wishlist"]
    assert sorted(read_items(directory).column("categories").to_pylist()) == [["7"], ["8"]]


def test_two_imports_of_a_public_set_give_the_same_tables(tmp_path: Path) -> None:
    data, open_set = small_taobao(tmp_path / "data"), PUBLIC["taobao-slice"]
    shops = [ShopDirectory(tmp_path / name) for name in ("one", "two")]
    for each in shops:
        open_set(Opening(data, each))
    assert read_actions(shops[0]).equals(read_actions(shops[1]))
    open_set(Opening(data, shops[0]))  # again: nothing changes
    assert read_actions(shops[0]).equals(read_actions(shops[1]))


def test_a_set_does_not_go_into_another_shop(opened: Opened, tmp_path: Path) -> None:
    data = small_taobao(tmp_path / "data")
    directory, _ = opened("taobao-slice", data)
    with pytest.raises(IngestError, match="expected no shop or the shop 'rees46-head', came another"):
        PUBLIC["rees46-head"](Opening(data, directory))


def test_absent_data_is_named(opened: Opened, tmp_path: Path) -> None:
    with pytest.raises(IngestError, match=r"UserBehavior\.csv: expected a file, came nothing there"):
        opened("taobao-slice", tmp_path)
