import numpy as np
import pyarrow as pa
import pytest

from shopwindow.errors import SchemaError
from shopwindow.features.items import CONTENT, ItemVocabulary
from shopwindow.schema.catalog import catalog_of
from shopwindow.schema.items import ITEMS
from shopwindow.schema.shop import Attribute, ShopConfig

SHOP = ShopConfig(
    name="shop",
    attributes=(
        Attribute(name="colour"), Attribute(name="grams", kind="number"), Attribute(name="care", kind="text"),
    ),
)  # fmt: skip


def table(*rows: dict[str, object]) -> pa.Table:
    numbered = [
        {"item_key": key, "item_id": f"i{key}", "first_seen_ms": 0} | row for key, row in enumerate(rows)
    ]
    return pa.Table.from_pylist([{name: row.get(name) for name in ITEMS.names} for row in numbered], ITEMS)


def item(**more: object) -> dict[str, object]:
    return {
        "brand": "acme", "categories": ["shoes/boots"], "title": "Red winter boot",
        "attributes": [("colour", "red"), ("grams", "900")],
        "offers": [{"market": "de", "price_minor": 4999, "stock": 3}],
    } | more  # fmt: skip


@pytest.fixture
def vocabulary() -> ItemVocabulary:
    return ItemVocabulary.of(catalog_of(table(item(), item(brand="zeta", categories=["hats"]))), SHOP)


def test_known_values_have_a_code_absent_ones_zero_unknown_ones_a_bucket(vocabulary) -> None:
    codes = vocabulary.encode(table(item(), item(brand="zeta"), item(brand=None), item(brand="new"))).codes
    brand = codes[:, vocabulary.names.index("brand")]
    assert brand[:3].tolist() == [1, 2, 0]
    assert 2 < brand[3] < vocabulary.sizes[vocabulary.names.index("brand")]


def test_a_category_is_read_level_by_level(vocabulary) -> None:
    codes = vocabulary.encode(
        table(item(), item(categories=["shoes"]), item(categories=["shoes/sandals"]))
    ).codes
    first, second = (codes[:, vocabulary.names.index(f"category_{depth}")] for depth in (1, 2))
    assert first[0] == first[1] == first[2] > 0
    assert second[1] == 0
    assert second[0] != second[2]


def test_prices_and_numbers_are_read_by_magnitude(vocabulary) -> None:
    def price(minor: int) -> dict[str, object]:
        return item(offers=[{"market": "de", "price_minor": minor, "stock": None}])

    codes = vocabulary.encode(table(price(4999), price(5050), price(90_000))).codes
    place = vocabulary.names.index("price")
    assert codes[0, place] == codes[1, place] != codes[2, place]
    assert "number:grams" in vocabulary.names


def test_fields_without_a_single_value_are_left_out(vocabulary) -> None:
    assert "seller" not in vocabulary.names
    assert "attribute:colour" in vocabulary.names


def test_content_has_unit_length_and_is_zero_without_text(vocabulary) -> None:
    content = vocabulary.encode(table(item(), item(title=None), item(title="!?"))).content
    assert content.shape == (3, CONTENT)
    assert np.linalg.norm(content[0]) == pytest.approx(1, abs=1e-5)
    assert not content[1:].any()


def test_titles_with_words_in_common_are_closer_than_others(vocabulary) -> None:
    titles = ("red winter boot leather", "winter boot leather black", "silver garden hose connector")
    content = vocabulary.encode(table(*(item(title=title) for title in titles))).content
    assert content[0] @ content[1] > content[0] @ content[2] + 0.2


def test_text_attributes_and_descriptions_are_content_too(vocabulary) -> None:
    rows = (item(title=None, text="wash cold"), item(title=None, attributes=[("care", "wash cold")]))
    content = vocabulary.encode(table(*rows)).content
    assert content[0].any()
    assert np.allclose(content[0], content[1])


def test_features_of_an_item_do_not_depend_on_its_neighbours(vocabulary) -> None:
    together = vocabulary.encode(table(item(), item(brand="zeta", title="hat")))
    alone = vocabulary.encode(table(item(brand="zeta", title="hat")))
    assert np.array_equal(together.codes[1], alone.codes[0])
    assert np.array_equal(together.content[1], alone.content[0])


def test_a_vocabulary_comes_back_from_json(vocabulary) -> None:
    again = ItemVocabulary.from_json(vocabulary.to_json())
    assert again == vocabulary
    with pytest.raises(SchemaError, match="expected an item vocabulary"):
        ItemVocabulary.from_json('{"fields": 3}')
