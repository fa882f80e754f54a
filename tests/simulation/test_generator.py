import hashlib
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.json as pj
import pyarrow.parquet as pq
import pytest

from shopwindow.config import ShopDirectory
from shopwindow.errors import ConfigError
from shopwindow.ingest.importer import import_file
from shopwindow.ingest.source import Source
from shopwindow.schema.shop import read_shop
from shopwindow.simulation.generator import SimulationReport, simulate
from shopwindow.simulation.spec import DAY_MS, WorldSpec
from shopwindow.simulation.world import World, read_world

TABLES = ("items", "customers", "actions", "pages", "impressions")


def rows(report: SimulationReport, table: str) -> list[dict[str, object]]:
    return pq.read_table(report.folder / f"{table}.parquet").to_pylist()


def hashes(folder: Path) -> dict[str, str]:
    return {
        f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in sorted(folder.rglob("*")) if f.is_file()
    }


def test_the_same_spec_gives_the_same_files_byte_for_byte(
    spec: WorldSpec, report: SimulationReport, tmp_path: Path
) -> None:
    again = simulate(spec, tmp_path)
    assert hashes(again.folder.parent) == hashes(report.folder.parent)
    assert len(hashes(tmp_path)) == len(TABLES) + 2  # and shop.toml, world.json


def test_another_seed_gives_another_shop(spec: WorldSpec, report: SimulationReport, tmp_path: Path) -> None:
    other = simulate(replace(spec, seed=spec.seed + 1, days=3), tmp_path)
    assert hashes(other.folder)["items.parquet"] != hashes(report.folder)["items.parquet"]


def test_the_report_counts_what_the_files_hold(report: SimulationReport) -> None:
    assert report.num_pages == len(rows(report, "pages"))
    assert report.num_impressions == len(rows(report, "impressions"))
    counts = Counter(row["action"] for row in rows(report, "actions"))
    assert {name: n for name, n in report.actions.items() if n} == dict(counts)
    assert report.num_events == report.num_pages + report.num_impressions + report.num_actions


def test_nothing_is_shown_or_touched_before_it_is_first_seen(report: SimulationReport) -> None:
    first_seen = {row["item"]: row["first_seen"] for row in rows(report, "items")}
    early = [row for row in rows(report, "actions") if row["at"] < first_seen[row["item"]]]
    early += [row for row in rows(report, "pages") for item in row["items"] if row["at"] < first_seen[item]]
    assert not early


def test_some_goods_arrive_within_the_period_and_are_then_shown(
    spec: WorldSpec, report: SimulationReport
) -> None:
    new = {row["item"] for row in rows(report, "items") if row["first_seen"] > spec.start_ms}
    shown = {row["item"] for row in rows(report, "impressions")}
    assert 0.15 * spec.items < len(new) < 0.45 * spec.items
    assert new & shown


def test_each_cart_has_a_click_before_it_and_each_purchase_a_cart(report: SimulationReport) -> None:
    at = {}
    for row in rows(report, "actions"):
        at[row["action"], row["page_id"], row["item"]] = row["at"]
    for (action, page, item), when in at.items():
        before = {
            "cart": "click",
            "wishlist": "click",
            "purchase": "cart",
            "remove": "cart",
            "return": "purchase",
        }
        if action in before:
            assert at[before[action], page, item] <= when


def test_each_stage_of_the_funnel_is_narrower(report: SimulationReport) -> None:
    n = report.actions
    assert report.num_impressions > 4 * n["click"] > 0
    assert n["click"] > 3 * n["cart"] > n["cart"] > n["purchase"] > 0


def test_actions_answer_what_their_page_showed_at_that_position(report: SimulationReport) -> None:
    pages = {row["page_id"]: row for row in rows(report, "pages")}
    for row in rows(report, "actions"):
        page = pages[row["page_id"]]
        assert page["items"][row["position"]] == row["item"]
        assert row["at"] >= page["at"]
        for name in ("customer", "surface", "category", "query", "market", "device"):
            assert page[name] == row[name]


def test_impressions_are_the_first_positions_of_a_page_and_fade(report: SimulationReport) -> None:
    seen: dict[object, set[int]] = {}
    for row in rows(report, "impressions"):
        seen.setdefault(row["page_id"], set()).add(row["position"])
    assert all(positions == set(range(len(positions))) for positions in seen.values())
    by_position = Counter(row["position"] for row in rows(report, "impressions"))
    assert by_position[0] > by_position[6] > by_position[12] > by_position[20]


def test_clicks_per_impression_fall_with_position(report: SimulationReport) -> None:
    views = Counter(row["position"] // 6 for row in rows(report, "impressions"))
    clicks = Counter(row["position"] // 6 for row in rows(report, "actions") if row["action"] == "click")
    assert clicks[0] / views[0] > clicks[2] / views[2]


def test_pages_hold_no_item_twice_and_propensities_of_a_choice_from_the_rest(
    report: SimulationReport,
) -> None:
    for row in rows(report, "pages"):
        assert len(set(row["items"])) == len(row["items"]) == len(row["propensities"]) <= 24
        assert all(0.0 < p <= 1.0 for p in row["propensities"])


def test_queries_come_with_search_and_categories_with_browse_only(report: SimulationReport) -> None:
    for row in rows(report, "pages"):
        assert (row["query"] is not None) == (row["surface"] == "search")
        assert row["surface"] in ("browse", "similar") or row["category"] is None
        assert (row["seed_item"] is not None) == (row["surface"] == "similar")


def test_programs_click_much_and_buy_nothing(world: World, report: SimulationReport) -> None:
    bots = {world.people.customer_id(u) for u in np.flatnonzero(world.people.bot)}
    actions = rows(report, "actions")
    by_bots = Counter(row["action"] for row in actions if row["customer"] in bots)
    assert bots
    assert set(by_bots) == {"click"}
    per_person = (len(actions) - by_bots["click"]) / len({row["customer"] for row in actions} - bots)
    assert by_bots["click"] / len(bots) > 3 * per_person


def test_guests_come_once(world: World, report: SimulationReport) -> None:
    pages = [row for row in rows(report, "pages") if str(row["customer"]).startswith("guest-")]
    by_guest: dict[object, list[int]] = {}
    for row in pages:
        by_guest.setdefault(row["customer"], []).append(row["at"])
    assert by_guest
    assert all(max(times) - min(times) < DAY_MS / 4 for times in by_guest.values())


def test_lines_hold_the_same_actions_as_parquet(spec: WorldSpec, tmp_path: Path) -> None:
    short = replace(spec, days=2)
    table = pq.read_table(simulate(short, tmp_path / "a").folder / "actions.parquet")
    lines = pj.read_json(simulate(short, tmp_path / "b", table_format="jsonl").folder / "actions.jsonl")
    assert lines.column_names == table.column_names
    assert lines.column("event_id").to_pylist() == table.column("event_id").to_pylist()
    assert lines.column("value").to_pylist() == table.column("value").to_pylist()


@pytest.mark.parametrize(("table_format", "tables"), [("parquet", TABLES), ("jsonl", ("items", "actions"))])
def test_the_importer_takes_every_row(
    spec: WorldSpec, tmp_path: Path, table_format: str, tables: tuple[str, ...]
) -> None:
    made = simulate(replace(spec, days=2), tmp_path, table_format=table_format)
    shop = read_shop(tmp_path / "shop.toml")
    for table in tables:
        done = import_file(
            ShopDirectory(tmp_path), shop, Source(made.folder / f"{table}.{table_format}", table)
        )
        assert (done.rejected, done.skipped, done.duplicates) == (0, 0, 0)
        assert done.imported == done.rows > 0


def test_an_unknown_format_is_refused(spec: WorldSpec, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected one of parquet, jsonl, came 'xml'"):
        simulate(spec, tmp_path, table_format="xml")


def test_a_world_is_made_again_from_its_file(world: World, report: SimulationReport, tmp_path: Path) -> None:
    again = read_world(report.folder.parent / "world.json")
    assert again.spec == world.spec
    assert np.array_equal(again.goods.style, world.goods.style)
    assert np.array_equal(again.people.taste, world.people.taste)
    with pytest.raises(ConfigError, match="came no file"):
        read_world(tmp_path / "world.json")
    (tmp_path / "world.json").write_text('{"version": 0, "spec": {}}')
    with pytest.raises(ConfigError, match="expected world version 1, came 0"):
        read_world(tmp_path / "world.json")


@pytest.mark.parametrize(
    "change",
    [
        {"items": 1, "customers": 1, "days": 1},
        {"bots": 0.0, "guests": 1.0, "days": 2},
        {"items": 3, "days": 2},
    ],
)
def test_the_smallest_worlds_work(spec: WorldSpec, tmp_path: Path, change: dict[str, float]) -> None:
    made = simulate(replace(spec, **change), tmp_path)
    assert made.num_items == change.get("items", spec.items)


def test_a_spec_that_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigError, match="items is 0, expected at least 1"):
        WorldSpec(items=0)
    with pytest.raises(ConfigError, match=r"bots is 2\.0, expected a share"):
        WorldSpec(bots=2.0)
