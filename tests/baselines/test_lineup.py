"""What holds for every baseline, by the one list of them all."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopwindow.baselines.bpr import Bpr
from shopwindow.baselines.gbt import Gbt
from shopwindow.baselines.lineup import NEURAL, first_lineup, lineup, neural_lineup
from shopwindow.baselines.pure_svd import PureSvd
from shopwindow.baselines.space import Choice
from shopwindow.datasets.requests import requests_of_events
from shopwindow.datasets.split import SplitSpec, make_split
from shopwindow.evaluation.protocol import EvaluationOptions, evaluate

NAMES = (
    "popularity", "popularity-category", "popularity-recent", "item-knn", "customer-knn", "v-sknn", "ease", "pure-svd",
    "als", "bpr", "content", "gbt-lambdarank",
)  # fmt: skip
SMALL = {  # as many factors as items would know nothing but the items themselves; enough pairs for so few actions
    "pure-svd": PureSvd(factors=2),
    "gbt-lambdarank": Gbt(rounds=20, num_leaves=4, min_leaf=2, most_requests=200),
    "bpr": Bpr(factors=4, pairs=20_000),
}
SEEDED = ("als", "bpr")
BY_CATALOGUE = ("popularity-category", "content", "gbt-lambdarank")


def history(rng: np.random.Generator, customer: int, length: int) -> list[dict[str, int]]:
    """Even customers choose among items 0, 1, 2, odd ones among 3, 4, 5; a new session every ten seconds."""
    items = rng.integers(0, 3, length) + 3 * (customer % 2)
    times = np.sort(rng.choice(60_000, length, replace=False))
    return [
        {"customer_key": customer, "at_ms": int(t), "item_key": int(i), "session": int(t) // 10_000}
        for t, i in zip(times, items, strict=True)
    ]


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(1)
    return [row for customer in range(30) for row in history(rng, customer, 12)]


@pytest.fixture(scope="module")
def shop(make_dataset, rows):
    return make_dataset(rows)


def first_setting(dataset, name):
    if name in SMALL:
        return SMALL[name]
    return next(space for space in lineup(dataset, timed=True) if space.name == name).starts[0]


def by_key(dataset, scores):
    return scores[:, np.argsort(dataset.catalog.item_key)]


def test_the_lineup_names_each_baseline_once(shop) -> None:
    assert tuple(space.name for space in lineup(shop, timed=True)) == NAMES
    assert [space.name for space in first_lineup(shop, timed=False)] == ["popularity", "item-knn"]


def test_starts_lie_within_their_space_and_make_themselves_anew(shop) -> None:
    for timed in (True, False):
        for space in (*lineup(shop, timed), *neural_lineup()):
            for setting in space.starts:
                values = space.values_of(setting)
                assert space.setting(values) == setting
                for name, parameter in space.parameters.items():
                    if isinstance(parameter, Choice):
                        assert values[name] in parameter.of, (space.name, name)
                    else:
                        assert parameter.low <= values[name] <= parameter.high, (space.name, name)


@pytest.mark.parametrize("name", [name for name in NAMES if "popularity" not in name])
def test_a_new_customer_with_two_actions_is_shown_their_taste(make_dataset, rows, name) -> None:
    new = [{"customer_key": 99, "at_ms": 70_000 + t, "item_key": item} for t, item in enumerate((3, 4, 0))]
    dataset = make_dataset([*rows, *new])
    train_end = np.asarray(dataset.columns.offsets[1:]).copy()
    train_end[-1] -= 3
    fitted = first_setting(dataset, name).fit(dataset, train_end)
    request = requests_of_events(dataset, np.array([dataset.columns.num_events - 1]))
    scores = by_key(dataset, fitted.scores(request))[0]
    if name == "content":  # items 4, 5 are in b, items 0 .. 3 in a: it knows categories, not who wanted what
        assert scores[[4, 5]].min() > scores[[0, 1]].max()
    else:
        assert scores[[3, 4, 5]].min() > scores[[0, 1, 2]].max()


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=4)
@given(seed=st.integers(0, 2**16))
def test_nothing_at_or_after_the_request_is_read(make_dataset, rows, name, seed) -> None:
    rng = np.random.default_rng(seed)
    until = int(rng.integers(20_000, 50_000))
    past = [row for row in rows if row["at_ms"] < until]
    found = []
    for _ in range(2):
        later = [
            {
                "customer_key": c,
                "at_ms": until + 1 + int(rng.integers(9)),
                "item_key": int(rng.integers(6)),
                "session": 7,
            }
            for c in range(30)
        ]
        asked = [{"customer_key": c, "at_ms": until, "item_key": 5, "session": 7} for c in range(30)]
        dataset = make_dataset([*past, *asked, *later])
        events = np.flatnonzero(np.asarray(dataset.columns.at_ms) == until)
        requests = requests_of_events(dataset, events)
        fitted = first_setting(make_dataset(rows), name).fit(dataset, events)
        found.append(fitted.scores(requests))
    np.testing.assert_array_equal(found[0], found[1])


@pytest.mark.parametrize("name", [name for name in NAMES if name not in BY_CATALOGUE])
def test_numbering_items_otherwise_changes_nothing(make_dataset, rows, name) -> None:
    other = np.array([3, 5, 0, 1, 4, 2])  # item key -> its other number
    renamed = make_dataset([row | {"item_key": int(other[row["item_key"]])} for row in rows])
    plain, scores = make_dataset(rows), []
    split = make_split(plain, SplitSpec())
    for dataset in (plain, renamed):
        fitted = first_setting(plain, name).fit(dataset, split.before_test)
        if name in SEEDED:
            scores.append(
                evaluate(fitted, dataset, make_split(dataset, SplitSpec()).test, EvaluationOptions())
            )
        else:
            scores.append(by_key(dataset, fitted.scores(split.test)))
    if name in SEEDED:  # the first factors are drawn by number: another draw, the same quality
        assert scores[0].mean("ndcg@10") == pytest.approx(scores[1].mean("ndcg@10"), abs=0.12)
    else:
        np.testing.assert_allclose(scores[1][:, other], scores[0], atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_parts_of_the_requests_get_the_same_scores_as_all_of_them(shop, name) -> None:
    split = make_split(shop, SplitSpec())
    fitted = first_setting(shop, name).fit(shop, split.before_test)
    whole = fitted.scores(split.test)
    parts = [fitted.scores(split.test.part(n, n + 1)) for n in range(len(split.test))]
    np.testing.assert_allclose(np.concatenate(parts), whole, rtol=1e-5, atol=1e-6)


def test_neural_baselines_are_named_without_loading_torch(shop) -> None:
    script = "import sys, shopwindow.baselines.lineup; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    assert tuple(space.name for space in neural_lineup()) == NEURAL
    assert not set(NEURAL) & {space.name for space in lineup(shop, timed=True)}
