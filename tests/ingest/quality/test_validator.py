from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ingest.quality.conftest import Bring
from tests.ingest.quality.files import NOW_MS, items, log

from shopwindow.config import ShopDirectory
from shopwindow.ingest.quality.known import Known, known_of
from shopwindow.ingest.quality.validator import EventValidator, Problem, validate_events
from shopwindow.schema.posted import AHEAD_MS
from shopwindow.schema.shop import ShopConfig

SHOP = ShopConfig(name="s")
KNOWN = Known(items={"a"}, categories={"", "women", "women/shoes"})
GOOD = {"type": "action", "event_id": "1", "customer": "anna", "item": "a", "action": "click"}
SEEN = {"type": "impression", "event_id": "2", "customer": "anna", "item": "a", "page_id": "p"}


def problems(*rows: object) -> list[Problem]:
    return validate_events(rows, SHOP, KNOWN, NOW_MS)


@pytest.mark.parametrize(
    "rows",
    [
        [GOOD, SEEN, {"type": "consent", "event_id": "3", "customer": "anna", "consent": False}],
        [msgspec.json.encode(GOOD), msgspec.json.encode(SEEN).decode()],
        [{"events": [GOOD, SEEN]}],
        [GOOD | {"category": "/women//shoes", "at_ms": NOW_MS + AHEAD_MS, "surface": "home"}],
        [],
    ],
)
def test_good_events_have_no_problems_in_whatever_form_they_come(rows: list[object]) -> None:
    assert problems(*rows) == []


@pytest.mark.parametrize(
    ("change", "field", "came", "refused"),
    [
        ({"action": "clik"}, "action", "clik", True),
        ({"surface": "hmoe"}, "surface", "hmoe", True),
        ({"market": "xx"}, "market", "xx", True),
        ({"item": "b"}, "item", "b", True),
        ({"item": ""}, "item", "something else", True),
        ({"item": 7}, "item", "int", True),
        ({"at_ms": NOW_MS + AHEAD_MS + 1}, "at_ms", str(NOW_MS + AHEAD_MS + 1), True),
        ({"price": 3}, "price", "a value", True),
        ({"type": "view"}, "type", "'view'", True),
        ({"at_ms": 1_700_000_000}, "at_ms", "1700000000", False),  # seconds
        ({"category": "men"}, "category", "men", False),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], field: str, came: str, refused: bool) -> None:
    (problem,) = problems(SEEN, GOOD | change)
    assert (problem.row, problem.field, problem.came, problem.refused) == (2, field, came, refused)
    assert problem.expected


def test_a_problem_in_a_batch_says_its_place() -> None:
    (problem,) = problems({"events": [GOOD, SEEN | {"item": "b"}]})
    assert (problem.row, problem.place) == (1, 1)


def test_an_id_that_comes_again_counts_once_and_a_refused_one_is_free() -> None:
    (again,) = problems(GOOD, GOOD)
    assert (again.row, again.field, again.refused) == (2, "event_id", False)
    assert [each.row for each in problems(GOOD | {"item": "b"}, GOOD)] == [1]


def test_without_known_ids_items_are_not_looked_up() -> None:
    assert validate_events([GOOD | {"item": "new", "category": "new"}], SHOP) == []


@pytest.mark.parametrize(
    "row",
    ["", "{", b"\xff\xfe", None, 7, [GOOD], {1, 2}, object(), {"events": 3}, {"events": [3]}, {"a": float("inf")},
     "[" * 100_000, {("a",): 1}, {"item": "\ud800"}],
)  # fmt: skip
def test_bad_data_is_returned_and_never_raised(row: object) -> None:
    found = problems(row)
    assert found
    assert all(each.refused for each in found)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from([*GOOD, "at_ms", "category", "events"]), json_values)
    | json_values
    | st.binary()
)
def test_nothing_at_all_is_raised(row: object) -> None:
    for problem in problems(row):
        assert isinstance(problem.expected, str)
        assert len(problem.came) < 1000


def test_every_event_is_good_or_counted_as_refused() -> None:
    validator = EventValidator(SHOP, KNOWN, NOW_MS)
    for number, row in enumerate([GOOD, {"events": [GOOD, SEEN, 3]}, "x"]):
        validator.problems(number, row)
    assert (validator.num_events, validator.num_refused) == (5, 2)


def test_a_shop_knows_its_items_and_categories_with_their_ancestors(
    bring: Bring, shop_dir: ShopDirectory
) -> None:
    assert known_of(shop_dir) == Known(items=frozenset(), categories=frozenset({""}))
    assert not shop_dir.identity.exists()
    bring([items("a,Shoe,women/shoes/flat"), log(("u", "b", "click", 0))])
    known = known_of(shop_dir)
    assert known.items == {"a", "b"}
    assert known.categories == {"", "women", "women/shoes", "women/shoes/flat"}
