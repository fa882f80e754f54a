from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shopwindow.errors import ConfigError
from shopwindow.simulation import vocabulary as words
from shopwindow.simulation.catalog_file import Catalog, read_catalog
from shopwindow.simulation.catalog_kinds import BOTTLED, COLOURS, KINDS, model_of, nearest_colour
from shopwindow.simulation.exports import items_table
from shopwindow.simulation.generator import simulate
from shopwindow.simulation.spec import WorldSpec
from shopwindow.simulation.world import World, read_world

ROWS = """gender,masterCategory,subCategory,articleType,baseColour,season,title
Women,Apparel,Dress,Dresses,Navy Blue,Summer,"Velora Women Striped Dress, long"
Men,Footwear,Shoes,Casual Shoes,Black,Winter,North Lane Men Black Shoes
Unisex,Accessories,Bags,Backpacks,Olive,NA,Wild Backpack
Boys,Apparel,Topwear,Tshirts,Multi,Summer,Kit Boys Tee
Women,Personal Care,Lips,Lipstick,Red,Spring,Glow Women Red Lipstick
Home,Home,Home Furnishing,Cushion Covers,White,Fall,Casa Cushion
Women,Free Items,Free Gifts,Free Gifts,Red,Fall,A gift
Robots,Apparel,Topwear,Tshirts,Red,Fall,Tin Tee
Men,Apparel,Topwear,Tshirts,Red,Fall,
Men,Apparel,Topwear,,Red,Fall,Nameless
Men,Apparel,Topwear,Tshirts,Red,Fall,title
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    path = tmp_path / "goods.csv"
    path.write_text(ROWS)
    return read_catalog([path])


def spec_of(catalog: Catalog) -> WorldSpec:
    return WorldSpec(items=len(catalog), customers=30, days=3, visits=3.0, catalog=catalog.fingerprint)


def test_bad_rows_are_set_aside_with_a_reason(catalog: Catalog) -> None:
    assert len(catalog) == 6
    assert catalog.set_aside == {
        "not for sale": 1, "unknown audience": 1, "no title": 1, "no category": 1, "a heading among the rows": 1,
    }  # fmt: skip


def test_what_the_file_says_is_kept(catalog: Catalog) -> None:
    world = World.of(spec_of(catalog), catalog=catalog)
    rows = items_table(world).to_pylist()
    dress, shoes, backpack, tee, lipstick, cushion = rows
    assert dress["title"] == "Velora Women Striped Dress, long"
    assert dress["brand"] == "Velora"
    assert dress["categories"] == ["women/dress/dresses"]
    attributes = dict(dress["attributes"])
    assert (attributes["colour"], attributes["pattern"], attributes["season"]) == (
        "navy",
        "stripes",
        "summer",
    )
    assert attributes["material"] in words.MATERIALS["fabric"]
    assert shoes["brand"] == "North"  # read once only: then the first word
    assert backpack["categories"] == ["women/bags/backpacks", "men/bags/backpacks"]
    assert tee["categories"] == ["kids/topwear/tshirts"]
    assert dict(lipstick["attributes"])["material"] == "glass"
    assert cushion["categories"] == ["home/home furnishing/cushion covers"]
    assert all(offer["price_minor"] > 0 for row in rows for offer in row["offers"])


def test_brands_of_several_words_are_known_once_they_are_read_often(tmp_path: Path) -> None:
    lines = [f"Tshirts,Gini and Jony Boys Tee {k}" for k in range(5)] + [
        "Tshirts,Gini and Jony striped thing"
    ]
    path = tmp_path / "goods.csv"
    path.write_text("\n".join(["articleType,title", *lines, "Tshirts,Solo thing"]))
    brands = read_catalog([path]).rows.column("brand").to_pylist()
    assert brands == ["Gini and Jony"] * 6 + ["Solo"]


def test_given_prices_stand_and_missing_ones_follow_the_kind(tmp_path: Path) -> None:
    path = tmp_path / "goods.parquet"
    kinds = ["Watches"] * 300 + ["Socks"] * 300
    pq.write_table(
        pa.table(
            {
                "name": [f"{kind} {k}" for k, kind in enumerate(kinds)],
                "category": kinds,
                "price": [49.5] + [None] * 599,
            }
        ),
        path,
    )
    catalog = read_catalog([path])
    goods = World.of(spec_of(catalog), catalog=catalog).goods
    assert goods.price[0] == pytest.approx(49.5)
    assert np.median(goods.price[1:300]) > 3 * np.median(goods.price[300:])


def test_further_files_have_further_columns_of_the_same_lines(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("articleType\nWatches\nSocks\n")
    (tmp_path / "b.csv").write_text("productDisplayName\nTick\nToe\n")
    rows = read_catalog([tmp_path / "a.csv", tmp_path / "b.csv"]).rows.to_pylist()
    assert [(row["title"], row["path"]) for row in rows] == [
        ("Tick", "women/watches/watches"),
        ("Toe", "women/socks/socks"),
    ]


def test_a_file_without_titles_says_what_was_expected(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("articleType,colour\nWatches,red\n")
    with pytest.raises(ConfigError, match=r"expected a column for the title .* came articleType, colour"):
        read_catalog([tmp_path / "a.csv"])
    with pytest.raises(ConfigError, match="expected CSV or Parquet"):
        read_catalog([tmp_path / "none.csv"])


def test_a_shop_of_real_goods_is_made_again_from_its_folder(catalog: Catalog, tmp_path: Path) -> None:
    made = simulate(spec_of(catalog), tmp_path / "shop", catalog=catalog)
    assert made.num_items == 6
    again = read_world(tmp_path / "shop" / "world.json")
    assert again.goods.titles == tuple(catalog.rows.column("title").to_pylist())
    with pytest.raises(ConfigError, match="expected catalogue none, came"):
        World.of(replace(spec_of(catalog), catalog=""), catalog=catalog)
    (tmp_path / "shop" / "catalog.parquet").unlink()
    with pytest.raises(ConfigError, match="came no file"):
        read_world(tmp_path / "shop" / "world.json")


def test_a_sample_keeps_the_order_of_the_rows(catalog: Catalog) -> None:
    titles = catalog.rows.column("title").to_pylist()
    part = catalog.sample(3, seed=1).rows.column("title").to_pylist()
    assert part == [title for title in titles if title in part]
    assert len(part) == 3


def test_every_kind_and_colour_leads_to_the_vocabulary() -> None:
    for part, path in KINDS:
        assert path in {leaf.path for leaf in words.LEAVES}
        assert model_of(part).materials in words.MATERIALS
    assert all(
        model_of(f"{part} x").materials == "bottle" for part in ("perfume", "lotion") if part in BOTTLED
    )
    assert set(COLOURS.values()) <= set(words.COLOUR_NAMES)
    assert nearest_colour("Navy Blue".lower()) == words.COLOUR_NAMES.index("navy")
    assert nearest_colour("multi") == -1
