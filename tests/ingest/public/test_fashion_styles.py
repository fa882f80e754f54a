from pathlib import Path

import pytest
from tests.ingest.public.conftest import MadeUp, Opened

from shopwindow.ingest.tables import read_actions, read_items


@pytest.mark.data
def test_every_product_has_a_title_and_a_path(opened: Opened, real_data: Path) -> None:
    directory, (report,) = opened("fashion-styles", real_data)
    assert (report.imported, report.rejected) == (44_446, 0)
    items = read_items(directory).to_pylist()
    assert all(row["title"] and len(row["categories"][0].split("/")) == 3 for row in items)


def test_the_title_is_on_the_same_line_of_the_other_file(opened: Opened, made_up: MadeUp) -> None:
    header = "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage"
    files = {
        "fashion-styles/styles.csv": f"{header}\n15970,Men,Apparel,Topwear,Shirts,Navy Blue,,2011,Casual\n",
        "fashion-styles/styles_text.csv": 'productDisplayName\nTurtle Check, "Navy" Shirt\n',
    }
    directory, _ = opened("fashion-styles", made_up(files))
    (item,) = read_items(directory).to_pylist()
    assert (item["title"], item["categories"]) == ('Turtle Check, "Navy" Shirt', ["Apparel/Topwear/Shirts"])
    assert dict(item["attributes"]) == {
        "gender": "Men", "colour": "Navy Blue", "usage": "Casual", "year": "2011",
    }  # fmt: skip
    assert read_actions(directory).num_rows == 0
