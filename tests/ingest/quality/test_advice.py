from dataclasses import replace

import pytest
from tests.ingest.quality.conftest import Look
from tests.ingest.quality.files import DAY, HEALTHY, File, log

from shopwindow.ingest.quality.advice import Demands, advice_of, median, start_of
from shopwindow.ingest.quality.figures import Contents, Figures
from shopwindow.training import presets

DEMANDS = Demands()
RICH = Figures(
    shop="rich",
    zone="UTC",
    has_clock=True,
    actions=50_000,
    customers=1_000,
    items=500,
    acted_items=480,
    returning=600,
    median_returning=31,
    repeats=0.3,
    days=60,
    queries=4_000,
    placed=50_000,
    paged=50_000,
    request_categories=30_000,
    pages=20_000,
    impressions=400_000,
    markets=("de", "uk"),
    contents=Contents(title=1.0, text=1.0, category=1.0, price=1.0, levels=3),
    steps=(("click", 40_000, 1_000), ("purchase", 2_000, 300)),
    per_customer={1: 100, 50: 900},
)


def answers(figures: Figures) -> dict[str, str]:
    return {each.topic: each.answer for each in advice_of(figures, DEMANDS)}


def test_a_rich_log_supports_everything() -> None:
    assert set(answers(RICH).values()) == {"yes"}


@pytest.mark.parametrize(
    ("change", "topic", "answer", "words"),
    [
        ({"returning": 190}, "personal history", "partly", "19% of customers come back"),
        ({"returning": 0, "per_customer": {1: 9, 4: 3}}, "personal history", "partly", "median 4 actions of"),
        ({"returning": 0, "per_customer": {1: 9}}, "personal history", "no", "every customer acts once"),
        ({"median_returning": 5}, "personal history", "partly", "60% of customers come back on another day, median 5"),
        ({"has_clock": False}, "personal history", "yes", "the order is known: median 31"),
        ({"has_clock": False}, "test on the future", "no", "--protocol leave-one-out"),
        ({"only_days": True}, "test on the future", "partly", "only the day is known"),
        ({"days": 1}, "test on the future", "partly", "1 day of log"),
        ({"request_categories": 0}, "browse by category", "partly", "draws it from the item's own"),
        ({"contents": Contents()}, "browse by category", "no", "0% of items have a category"),
        ({"queries": 0}, "search", "partly", "no queries in the log"),
        ({"queries": 0, "contents": Contents()}, "search", "no", "and no item has a title to find"),
        ({"steps": (("click", 9_000, 9), ("purchase", 999, 9))}, "several outcomes", "no", "purchase 999"),
        ({"pages": 0}, "position bias", "no", "no pages logged"),
        ({"placed": 10}, "position bias", "no", "10 actions know their position"),
        ({"impressions": 0}, "position bias", "partly", "no impressions"),
        ({"certain": 20_000}, "replay of another order", "partly", "without propensities"),
        ({"paged": 115}, "replay of another order", "partly", "only 115 actions answer one"),
        ({"contents": Contents(price=0.2)}, "prices", "no", "20% of items have a price"),
        ({"contents": Contents()}, "new items", "no", "ids alone"),
        ({"contents": Contents(category=1.0)}, "new items", "partly", "category 100%"),
        ({"repeats": 0.0}, "own items again", "no", "no customer acts on an item twice"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said(change: dict[str, object], topic: str, answer: str, words: str) -> None:
    given = next(each for each in advice_of(replace(RICH, **change), DEMANDS) if each.topic == topic)  # type: ignore[arg-type]
    assert given.answer == answer
    assert words in given.words


@pytest.mark.parametrize(
    ("change", "preset"),
    [
        ({}, "small"),
        ({"items": 100_001}, "base"),
        ({"actions": 2_000_001}, "base"),
        ({"customers": 1_000_000}, "large"),
        ({"actions": 999}, ""),
        ({"per_customer": {1: 5_000, 2: 99}}, ""),
        ({"actions": 0}, ""),
    ],
)
def test_the_preset_goes_by_size(change: dict[str, object], preset: str) -> None:
    start = start_of(replace(RICH, **change), DEMANDS)  # type: ignore[arg-type]
    assert start.preset == preset
    assert not preset or callable(getattr(presets, preset))
    assert not preset or f"--preset {preset}" in start.command


def test_without_a_clock_the_split_is_by_order() -> None:
    assert "--split leave-one-out" in start_of(replace(RICH, has_clock=False), DEMANDS).command


def test_the_median_customer_is_the_one_in_the_middle() -> None:
    assert median({1: 2, 7: 1, 9: 2}) == 7
    assert median({}) == 0


def test_figures_are_counted(look_at: Look) -> None:
    figures = look_at([*HEALTHY, log(("v", "a", "click", 0))]).figures
    assert (figures.actions, figures.customers, figures.items, figures.acted_items) == (13, 2, 2, 2)
    assert figures.by_action == {"click": 9, "purchase": 4}
    assert (figures.returning, figures.median_returning) == (1, 12)  # u on eight days; v once
    assert figures.repeats == pytest.approx(6 / 9)  # eight clicks of u on two items, one of v
    assert figures.per_customer == {1: 1, 12: 1}
    assert figures.per_item == {6: 1, 7: 1}
    assert figures.steps == (("click", 9, 2), ("purchase", 4, 1))
    assert figures.days == 8
    assert (figures.pages, figures.certain, figures.impressions, figures.paged) == (1, 1, 2, 12)
    assert figures.contents == Contents(title=1.0, category=1.0, levels=2)
    first = min(figures.weeks)
    assert figures.weeks == {first: (12, 12, 12), first + 7: (1, 0, 0)}  # the eighth day's click


def test_hours_are_those_of_the_shop(look_at: Look) -> None:
    hours = look_at([log(("u", "a", "click", 0), ("u", "b", "click", DAY))]).figures.hours
    assert hours == {"de": {1 * 24 + 23: 1, 2 * 24 + 23: 1}}  # Tuesday and Wednesday, 23:13 in Berlin


def test_a_shop_with_a_catalogue_alone_is_told_so(look_at: Look) -> None:
    report = look_at([File("item,title\na,Shoe\n", "items")])
    assert [each.words for each in report.advice] == [
        "no actions were imported yet; the catalogue (1 item) can be browsed"
    ]
