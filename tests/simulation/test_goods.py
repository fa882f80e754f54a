from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np
import pytest

from shopwindow.simulation import vocabulary as words
from shopwindow.simulation.exports import items_table
from shopwindow.simulation.goods import UNISEX
from shopwindow.simulation.pictures import ORNAMENTS, PATTERN_TILES, Look, mix, picture
from shopwindow.simulation.silhouettes import SILHOUETTES
from shopwindow.simulation.spec import tiny
from shopwindow.simulation.world import World


def test_every_leaf_is_three_levels_deep_and_has_a_silhouette_and_materials() -> None:
    assert len({leaf.path for leaf in words.LEAVES}) == len(words.LEAVES) >= 40
    for leaf in words.LEAVES:
        assert leaf.path.count("/") == 2
        assert leaf.path.split("/")[0] in words.DEPARTMENTS
        assert leaf.shape in SILHOUETTES
        assert leaf.materials in words.MATERIALS
    assert set(words.COMPLEMENTS) | set(words.COMPLEMENTS.values()) <= {leaf.path for leaf in words.LEAVES}


def test_styles_name_colours_patterns_flavours_and_ornaments_that_exist() -> None:
    for style in words.STYLES:
        assert set(words.STYLE_COLOURS[style]) <= set(words.COLOURS)
        assert len(words.STYLE_PATTERNS[style]) == len(words.PATTERNS)
        assert words.FLAVOURS[style]
        assert style in ORNAMENTS
    assert set(PATTERN_TILES) == set(words.PATTERNS) - {"plain"}


@pytest.mark.parametrize("shape", sorted(SILHOUETTES))
def test_every_picture_is_a_small_well_formed_drawing(shape: str) -> None:
    for style, pattern in zip(
        words.STYLES, ("plain", "stripes", "dots", "checks", "floral") * 2, strict=False
    ):
        uri = picture(Look(shape=shape, colour="white", accent="navy", pattern=pattern, style=style))
        assert len(uri) < 2048
        assert not set(uri) & set('<>"# ')
        root = ElementTree.fromstring(unquote(uri.removeprefix("data:image/svg+xml,")))
        assert root.tag.endswith("svg")
        assert len(root) > 4


def test_pictures_differ_by_colour_pattern_and_style() -> None:
    looks = [
        Look(shape="dress", colour=colour, accent="cream", pattern=pattern, style=style)
        for colour in ("red", "navy")
        for pattern in ("plain", "dots")
        for style in ("glam", "boho")
    ]
    assert len({picture(look) for look in looks}) == 8


def test_mixing_half_of_white_into_black_is_grey() -> None:
    assert mix("#000000", "#ffffff", 0.5) == "#808080"


def test_titles_name_brand_colour_and_kind(world: World) -> None:
    table = items_table(world)
    for item, title in enumerate(table.column("title").to_pylist()):
        leaf = words.LEAVES[world.goods.leaf[item]]
        for part in (
            world.goods.brands.names[world.goods.brand[item]],
            words.COLOUR_NAMES[world.goods.colour[item]],
            leaf.words[world.goods.word[item]],
        ):
            assert part in title
    assert len(set(table.column("title").to_pylist())) > 0.9 * len(table)


def test_items_carry_what_a_shop_knows_and_nothing_of_the_truth(world: World) -> None:
    table = items_table(world)
    assert "style" not in table.column_names
    assert "quality" not in table.column_names
    names = {attribute.name for attribute in world.shop.attributes}
    markets = set(world.shop.market_codes)
    paths = set(world.goods.tree.paths)
    for row in table.to_pylist():
        assert {name for name, _ in row["attributes"]} == names
        assert {offer["market"] for offer in row["offers"]} <= markets
        assert all(offer["price_minor"] > 0 and offer["stock"] >= 0 for offer in row["offers"])
        assert set(row["categories"]) <= paths
        assert 1 <= len(row["categories"]) <= 2


def test_variants_share_all_but_the_colour_with_an_earlier_item(world: World) -> None:
    goods = world.goods
    variants = np.flatnonzero(goods.parent >= 0)
    assert len(variants)
    for item in variants:
        parent = goods.parent[item]
        assert goods.parent[parent] == -1
        assert goods.first_seen_ms[item] >= goods.first_seen_ms[parent]
        for column in (goods.leaf, goods.brand, goods.material, goods.word, goods.price):
            assert column[item] == column[parent]


def test_a_second_leaf_keeps_the_same_kind_of_goods(world: World) -> None:
    goods = world.goods
    for item in np.flatnonzero(goods.second >= 0):
        first, second = words.LEAVES[goods.leaf[item]], words.LEAVES[goods.second[item]]
        assert first.shape == second.shape
        assert first.shape in UNISEX
        for leaf in (goods.leaf[item], goods.second[item]):
            assert item in goods.items_of_node[goods.leaf_node[leaf]]


def test_prices_follow_category_and_brand(world: World) -> None:
    goods = world.goods
    usual = np.array([leaf.price for leaf in words.LEAVES])[goods.leaf]
    assert np.corrcoef(np.log(usual), np.log(goods.price))[0, 1] > 0.8
    assert np.corrcoef(goods.brands.tier[goods.brand], goods.relative_price)[0, 1] > 0.6


def test_ids_lead_back_to_the_item_and_others_to_nothing(world: World) -> None:
    assert [world.goods.place_of(world.goods.item_id(item)) for item in (0, 7)] == [0, 7]
    for stranger in ("", "x", "99999", str(100_000 + tiny().items), "9" * 30, "-1"):
        assert world.goods.place_of(stranger) == -1
