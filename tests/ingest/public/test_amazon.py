import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.ingest.public.conftest import Journeys, MadeUp, Opened

from shopwindow.ingest.public import in_published_test
from shopwindow.ingest.tables import read_actions, read_items


@pytest.mark.data
def test_beauty_is_the_same_journeys_as_s3recs_with_brands_and_categories(
    opened: Opened, journeys: Journeys, real_data: Path
) -> None:
    directory, (described, bought) = opened("amazon-beauty", real_data)
    assert (described.imported, described.rejected) == (12_101, 0)
    assert (bought.imported, bought.rejected, bought.new_customers) == (198_502, 0, 22_363)
    lines = (real_data / "amazon-beauty" / "user_sequence.txt").read_text().splitlines()
    assert journeys(directory) == sorted(line.split()[1:] for line in lines)
    items = read_items(directory).to_pylist()
    assert len({row["brand"] for row in items} - {None}) == 2_076  # and one that is the empty text
    names = {name for row in items for path in row["categories"] for name in path.split("/")}
    assert len(names) == 248


@pytest.mark.data
def test_grocery_has_days_and_relations(opened: Opened, real_data: Path) -> None:
    directory, (described, bought) = opened("amazon-grocery", real_data)
    assert (described.imported, described.rejected) == (8_713, 0)
    assert (bought.imported, bought.rejected, bought.new_customers) == (121_892, 0, 14_681)
    at_ms = read_actions(directory).column("at_ms").to_numpy()
    assert not (at_ms % 86_400_000).any()
    assert all(
        {"complements", "substitutes"} == set(dict(a))
        for a in read_items(directory)["attributes"].to_pylist()
    )


@pytest.mark.data
def test_cellphones_keep_every_query_and_the_published_split(opened: Opened, real_data: Path) -> None:
    directory, (described, bought) = opened("amazon-cellphones-search", real_data)
    assert (described.imported, bought.imported, bought.rejected) == (10_429, 174_087 + 667, 0)
    assert bought.new_customers == 27_879
    actions = read_actions(directory)
    tested = in_published_test(actions)
    queries = np.array(actions.column("query").to_pylist())
    assert (tested.sum(), len(set(queries))) == (667, 134 + 30)
    assert len(set(queries[tested]) - set(queries[~tested])) == 30
    assert set(actions.column("surface").to_pylist()) == {"search"}


def test_a_purchase_of_the_test_comes_after_training_and_a_broken_line_is_set_aside(
    opened: Opened, made_up: MadeUp
) -> None:
    data = made_up({"amazon-cellphones-search/README.md": ""})
    folder = data / "amazon-cellphones-search"
    files = {
        "query_text.txt.gz": "phone case\ncharger\n",
        "train.qrels.gz": "U_0 0 A 1 \nU_1 0 A 1 \nU_7 0 A 1 \nV_0 0\n",
        "test.qrels.gz": "U_1 0 B 1 \n",
    }
    for name, text in files.items():
        (folder / name).write_bytes(gzip.compress(text.encode()))
    pq.write_table(
        pa.table(
            {"asin": ["A", "B"], "brand": [None, "Hr"], "categories": [["Phones", "Cases"], ["Phones"]]}
        ),
        folder / "items.zstd.parquet",
    )
    directory, (_, bought) = opened("amazon-cellphones-search", data)
    assert (bought.rows, bought.imported, bought.rejected) == (5, 3, 2)
    rows = [(row["event_id"], row["at_ms"], row["query"]) for row in read_actions(directory).to_pylist()]
    assert rows == [
        ("train-1", 1000, "phone case"), ("train-2", 2000, "charger"), ("test-1", 4000, "charger"),
    ]  # fmt: skip
    assert [row["categories"] for row in read_items(directory).to_pylist()] == [["Phones/Cases"], ["Phones"]]


def test_small_beauty_keeps_the_order_and_the_relations(opened: Opened, made_up: MadeUp) -> None:
    data = made_up({"amazon-beauty/user_sequence.txt": ""})
    folder = data / "amazon-beauty"
    seen = {"user": ["U", "U", "V"], "asin": ["B", "A", "B"], "seq": [1, 0, 0]}
    pq.write_table(pa.table(seen), folder / "interactions.zstd.parquet")
    items = {
        "asin": ["A", "B"], "brand": ["Conair", None], "categories": [["Beauty", "Irons"], ["Beauty"]],
        "also_viewed": [["B"], []], "also_bought": [[], []], "bought_together": [["C", "B"], []],
    }  # fmt: skip
    strings = pa.list_(pa.string())
    pq.write_table(
        pa.table(
            {n: pa.array(v, strings if isinstance(v[0], list) else pa.string()) for n, v in items.items()}
        ),
        folder / "items.zstd.parquet",
    )
    directory, _ = opened("amazon-beauty", data)
    at_ms = read_actions(directory).column("at_ms").to_pylist()
    assert sorted(at_ms) == [0, 0, 1000]
    first, second = read_items(directory).to_pylist()
    assert dict(first["attributes"]) == {"also_viewed": '["B"]', "bought_together": '["C", "B"]'}
    assert (first["brand"], second["brand"], second["attributes"]) == ("Conair", None, [])


def test_small_grocery_reads_a_tab_separated_list(opened: Opened, made_up: MadeUp) -> None:
    files = {
        "amazon-grocery/item_meta.csv": "item_id\ti_category\tr_complement\tr_substitute\n1\t0\t[2, 3]\t[]\n",
        "amazon-grocery/train.csv": "user_id\titem_id\ttime\n7\t1\t965779200\n7\t1\tlater\n",
    }
    directory, (_, bought) = opened("amazon-grocery", made_up(files))
    assert (bought.imported, bought.rejected, bought.reasons[0].field) == (1, 1, "at")
    (item,) = read_items(directory).to_pylist()
    assert (item["categories"], dict(item["attributes"])) == (
        ["0"],
        {"complements": "[2, 3]", "substitutes": "[]"},
    )
