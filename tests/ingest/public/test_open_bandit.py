from pathlib import Path

import pytest
from tests.ingest.public.conftest import MadeUp, Opened

from shopwindow.ingest.tables import read_actions, read_customers, read_impressions, read_pages


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "items", "clicks"), [("obd-men", 34, (46, 69)), ("obd-women", 46, (46, 46))]
)
def test_both_policies_come_in_whole(
    name: str, items: int, clicks: tuple[int, int], opened: Opened, real_data: Path
) -> None:
    directory, reports = opened(name, real_data)
    assert sum(report.rejected for report in reports) == 0
    assert reports[0].imported == items
    by_table = [(each.table, each.imported) for each in reports[1:]]
    assert by_table == [
        (table, clicks[policy] if table == "actions" else 10_000)
        for policy in (0, 1)
        for table in ("customers", "pages", "impressions", "actions")
    ]
    pages = read_pages(directory)
    at_random = [row["propensities"][0] for row in pages.to_pylist() if row["release"] == "random"]
    assert at_random == pytest.approx([1 / items] * 10_000)
    assert set(read_impressions(directory).column("position").to_pylist()) == {0, 1, 2}


HEADER = (
    ",timestamp,item_id,position,click,propensity_score,user_feature_0,user_feature_1,user_feature_2,"
    "user_feature_3,user-item_affinity_0,user-item_affinity_1\n"
)
SHOWN = "0,2019-11-24 00:01:03.979311+00:00,1,3,1,0.25,aa,bb,cc,dd,0.0,2.0\n"
CUT = "1,2019-11-24 00:01:04+00:00,0,1,0\n"


def test_a_slot_is_a_page_an_impression_and_perhaps_a_click(opened: Opened, made_up: MadeUp) -> None:
    items = ",item_id,item_feature_0,item_feature_1,item_feature_2,item_feature_3\n0,0,-0.5,x,y,z\n1,1,0.5,x,y,z\n"
    files = {"obd/random/men/item_context.csv": items} | {
        f"obd/{policy}/men/men.csv": HEADER + SHOWN + CUT for policy in ("random", "bts")
    }
    directory, reports = opened("obd-men", made_up(files))
    events = [each for each in reports if each.table not in ("items", "customers")]
    assert {(each.imported, each.rejected) for each in events} == {(1, 1)}
    random, bts = sorted(read_pages(directory).to_pylist(), key=lambda row: row["release"] == "bts")
    assert (random["release"], bts["release"], random["items"], random["propensities"]) == (
        "random", "bts", [1], [0.25],
    )  # fmt: skip
    clicks = read_actions(directory).to_pylist()
    assert {(row["item_key"], row["position"], row["page_id"]) for row in clicks} == {
        (1, 2, "random-0"), (1, 2, "bts-0"),
    }  # fmt: skip
    assert {row["at_ms"] for row in clicks} == {random["at_ms"]}
    attributes = {
        row["customer_key"]: dict(row["attributes"]) for row in read_customers(directory).to_pylist()
    }
    assert attributes[random["customer_key"]] == {
        "user_feature_0": "aa", "user_feature_1": "bb", "user_feature_2": "cc", "user_feature_3": "dd",
        "affinity_1": "2.0",
    }  # fmt: skip
