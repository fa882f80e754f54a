from collections import Counter
from pathlib import Path

import pytest
from tests.ingest.public.conftest import Journeys, MadeUp, Opened

from shopwindow.ingest.tables import read_actions, read_customers, read_items


@pytest.mark.data
def test_ml_1m_keeps_the_order_of_the_gsasrec_split(
    opened: Opened, journeys: Journeys, real_data: Path
) -> None:
    directory, reports = opened("ml-1m", real_data)
    assert [(report.imported, report.rejected) for report in reports] == [
        (3_416, 0),
        (6_040, 0),
        (999_611, 0),
    ]
    split = real_data / "ml-1m" / "gsasrec_split" / "test"
    before = (split / "input.txt").read_text().splitlines()
    last = (split / "output.txt").read_text().splitlines()
    expected = sorted([*inputs.split(), *output.split()] for inputs, output in zip(before, last, strict=True))
    assert journeys(directory) == expected
    items = read_items(directory).to_pylist()
    assert all(row["title"] and row["categories"] for row in items)
    assert sum(row["text"] is not None for row in items) == 3_415  # one film has no plot
    customers = read_customers(directory).to_pylist()
    assert len(customers) == 6_040
    assert all({"gender", "age", "occupation"} == set(dict(row["attributes"])) for row in customers)


@pytest.mark.data
def test_ml_100k_has_its_ratings_times_genres_and_people(opened: Opened, real_data: Path) -> None:
    directory, reports = opened("ml-100k", real_data)
    assert [(each.imported, each.rejected) for each in reports] == [(1_682, 0), (943, 0), (100_000, 0)]
    actions = read_actions(directory)
    counts = Counter(actions.column("action").to_pylist())
    assert sum(int(name.removeprefix("rated-")) * n for name, n in counts.items()) == 352_986
    assert (min(actions.column("at_ms").to_pylist()), max(actions.column("at_ms").to_pylist())) == (
        874_724_710_000,  # 1997-09-20
        893_286_638_000,  # 1998-04-22
    )
    assert len({paths[0] for paths in read_items(directory).column("categories").to_pylist()}) == 19


def test_a_rating_is_an_action_and_a_wrong_one_is_set_aside(opened: Opened, made_up: MadeUp) -> None:
    files = {
        "ml-100k/ml-100k.item": (
            "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
            "1\tToy Story\t1995\tAnimation Children's Comedy\n2\tUnknown\t\tunknown\n"
        ),
        "ml-100k/ml-100k.user": (
            "user_id:token\tage:token\tgender:token\toccupation:token\tzip_code:token\n"
            "7\t24\tM\ttechnician\t85711\n"
        ),
        "ml-100k/ml-100k.inter": (
            "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
            "7\t1\t4\t881250949\n7\t2\t6\t881250950\n"
        ),
    }
    directory, (_, _, rated) = opened("ml-100k", made_up(files))
    assert (rated.imported, rated.rejected, rated.reasons[0].field) == (1, 1, "action")
    (action,) = read_actions(directory).to_pylist()
    assert (action["action"], action["at_ms"]) == ("rated-4", 881_250_949_000)
    first, second = read_items(directory).to_pylist()
    assert (first["title"], first["categories"]) == ("Toy Story", ["Animation", "Children's", "Comedy"])
    assert (dict(first["attributes"]), dict(second["attributes"])) == (
        {"genre": "Animation", "year": "1995"},
        {"genre": "unknown"},
    )
    (person,) = read_customers(directory).to_pylist()
    assert dict(person["attributes"]) == {
        "age": "24", "gender": "M", "occupation": "technician", "zip_code": "85711",
    }  # fmt: skip
