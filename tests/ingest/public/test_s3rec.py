import json
from pathlib import Path

import pytest
from tests.ingest.public.conftest import Journeys, MadeUp, Opened

from shopwindow.ingest.tables import read_items


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "file", "rows", "customers", "items"),
    [
        ("s3rec", "Beauty", 198_502, 22_363, 12_101),
        ("s3rec-lastfm", "LastFM", 52_551, 1_090, 3_646),
    ],
)
def test_every_sequence_is_kept(
    name: str, file: str, rows: int, customers: int, items: int, opened: Opened, journeys: Journeys,
    real_data: Path,
) -> None:  # fmt: skip
    directory, (described, seen) = opened(name, real_data)
    assert (seen.imported, seen.new_customers, seen.rejected) == (rows, customers, 0)
    assert (described.imported, read_items(directory).num_rows) == (items, items)
    lines = (real_data / "s3rec" / f"{file}.txt").read_text().splitlines()
    assert journeys(directory) == sorted(line.split()[1:] for line in lines)


def test_models_read_the_first_attribute_and_all_are_kept(opened: Opened, made_up: MadeUp) -> None:
    attributes = json.dumps({"1": [7, 8, 7], "2": []})
    files = {"s3rec/LastFM.txt": "1 1 2\n2 2\n", "s3rec/LastFM_item2attributes.json": attributes}
    directory, _ = opened("s3rec-lastfm", made_up(files))
    first, second = read_items(directory).to_pylist()
    assert dict(first["attributes"]) == {"first": "7", "all": '["7", "8", "7"]'}
    assert not second["attributes"]
