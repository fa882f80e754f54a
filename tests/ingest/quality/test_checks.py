from collections.abc import Callable

import pytest
from tests.ingest.quality.conftest import Find, Look
from tests.ingest.quality.files import (
    DAY,
    HEALTHY,
    PAGE,
    TRIPS_AND_PASSES,
    WITH_VALUE,
    File,
    impressions,
    items,
    log,
    pages,
)

from shopwindow.ingest.importer import ImportReport
from shopwindow.ingest.quality.categories import circle_of
from shopwindow.ingest.quality.checks import CHECKS
from shopwindow.ingest.quality.funnel import is_funnel
from shopwindow.ingest.quality.thresholds import Limits
from shopwindow.ingest.source import FieldMapping


def test_every_check_has_a_file_that_trips_it_and_one_that_does_not() -> None:
    assert [check.name for check in CHECKS] == list(TRIPS_AND_PASSES)


@pytest.mark.parametrize("name", TRIPS_AND_PASSES)
def test_a_check_is_tripped_by_its_file(name: str, find: Find) -> None:
    tripped = find(name, TRIPS_AND_PASSES[name][0])
    assert tripped.verdict in ("look", "bad")
    assert tripped.count > 0
    assert 1 <= len(tripped.examples) <= 10
    assert all(len(row) == len(tripped.headings) for row in tripped.examples)
    assert tripped.remedy
    assert tripped.command.startswith("shopwindow ")


def test_a_healthy_shop_passes(look_at: Look) -> None:
    report = look_at(HEALTHY)
    passed = {each.name for each in report.findings if each.verdict == "good" and each.of}
    assert {name for name, (_, passes) in TRIPS_AND_PASSES.items() if passes is HEALTHY} <= passed
    assert not [each.words for each in report.findings if each.verdict in ("look", "bad")]


@pytest.mark.parametrize(
    "name", [name for name, (_, passes) in TRIPS_AND_PASSES.items() if passes is not HEALTHY]
)
def test_a_check_lets_its_neighbour_pass(name: str, find: Find) -> None:
    passed = find(name, TRIPS_AND_PASSES[name][1])
    assert passed.verdict == "good"
    assert passed.of > 0
    assert not passed.remedy


def test_an_empty_shop_gives_nothing_to_look_at(look_at: Look) -> None:
    report = look_at([])
    assert {each.verdict for each in report.findings} == {"nothing"}
    assert [each.answer for each in report.advice] == ["no"]
    assert report.start.command == "shopwindow import --shop SHOP FILE"


def test_limits_are_shares_that_may_be_reached() -> None:
    limits = Limits(0.1, 0.5)
    assert [limits.verdict(share) for share in (0.1, 0.2, 0.5, 0.6)] == ["good", "look", "look", "bad"]


def test_ten_examples_are_shown_the_worst_first(find: Find) -> None:
    rows = [(f"u{n}", f"i{n}", "click", 60 * n, f"{n}-{again}") for n in range(12) for again in range(n)]
    seen = find("duplicates", [log(*rows, more=",event_id")])
    assert [int(row[-1]) for row in seen.examples] == [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]
    assert seen.count == sum(n - 1 for n in range(1, 12))
    assert seen.of == sum(range(12))


def test_each_way_in_which_an_event_does_not_fit_its_page_is_named(find: Find) -> None:
    seen = impressions(("p", "a", 0), ("p", "a", 1), ("p", "b", -1), ("q", "a", 0))
    fault = find("pages and impressions", [PAGE, seen])
    assert (fault.count, fault.of) == (3, 4)
    assert [row[-1] for row in fault.examples] == [
        "another item stands there",
        "no such page",
        "position beyond the page",
    ]


def test_an_event_without_a_page_or_position_is_no_fault(find: Find) -> None:
    both = File("customer,item,page_id,position,at\nu,a,p,,1700000000\nu,a,,7,1700000001\n", "impressions")
    assert find("pages and impressions", [pages(("p", 0, '["a"]')), both]).count == 0


def test_day_stamps_are_no_duplicates(find: Find) -> None:
    day = File("user,item,action,at,event_id\nu,a,click,2023-11-14,1\nu,a,click,2023-11-14,2\n")
    assert find("duplicates", [day]).verdict == "nothing"


@pytest.mark.parametrize(
    "name", ["impossible times", "only days known", "gaps in time", "programs", "duplicates"]
)
def test_an_order_without_a_clock_is_not_taken_for_times(
    name: str, importing: Callable[..., ImportReport], find: Find
) -> None:
    importing(
        "u a b\n", "order.txt", mapping=FieldMapping(form="sequences", constants=(("action", "click"),))
    )
    assert find(name, []).verdict == "nothing"


@pytest.mark.parametrize(
    ("links", "circle"),
    [
        ([("a", "b"), ("b", "c"), ("a", "c")], set()),
        ([("a", "b"), ("b", "a"), ("b", "c")], {"a", "b"}),
        ([("r", "a"), ("a", "b"), ("b", "c"), ("c", "a")], {"a", "b", "c"}),
        ([("a", "a"), ("r", "a")], set()),  # a level written twice
    ],
)
def test_names_that_are_their_own_ancestors_are_found(links: list[tuple[str, str]], circle: set[str]) -> None:
    assert circle_of(links) == circle


def test_offers_of_one_file_and_the_next_are_compared(find: Find) -> None:
    first, second = (items(f"a,Shoe,{price}", columns="item,title,price") for price in ("19.90", "1990"))
    jump = find("price jumps", [first, second])
    assert (jump.count, jump.of) == (1, 1)
    assert "1 of about 100" in jump.words


def test_a_price_may_change_over_a_long_time(find: Find) -> None:
    slow = log(("u", "a", "purchase", 0, 10), ("v", "a", "purchase", 8 * DAY, 60), more=WITH_VALUE)
    assert find("price jumps", [slow]).count == 0


def test_test_events_are_left_out(find: Find) -> None:
    rows = [("u", f"i{n}", "click", n, "true") for n in range(60)]
    found = find(
        "programs", [log(*rows, ("v", "a", "click", 0, "false"), more=",test"), log(("w", "b", "click", 9))]
    )
    assert (found.count, found.of) == (0, 2)


def test_a_log_of_nothing_but_test_events_can_be_looked_at(look_at: Look) -> None:
    report = look_at([log(("u", "a", "click", 0, "true"), more=",test")])
    assert report.figures.actions == 0
    assert not [each.name for each in report.findings if each.verdict in ("look", "bad")]


def test_a_log_of_slots_is_no_fault(find: Find) -> None:
    slots = [pages(("p", 0, '["a"]'), ("q", 0, '["b"]')), impressions(("p", "a", 2), ("q", "a", 0))]
    found = find("pages and impressions", slots)
    assert (found.count, found.of) == (1, 2)
    assert found.examples[0][-1] == "another item stands there"


@pytest.mark.parametrize(
    ("steps", "follow"),
    [
        (("click", "cart"), True),
        (("view", "buy"), True),
        (("click",), False),
        (("rated-1", "rated-2"), False),
    ],
)
def test_a_funnel_begins_with_a_view_so_ratings_are_none(steps: tuple[str, ...], follow: bool) -> None:
    assert is_funnel(steps) == follow
