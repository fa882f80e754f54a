import pytest

from shopwindow.baselines.item_knn import ItemKnn
from shopwindow.baselines.space import Choice, Range, Space
from shopwindow.evaluation.tuning import Tried, Tuned
from shopwindow.evaluation.tuning_page import best_grid, importances, words


def trial(value: float, decay: float, last: int, pruned: bool = False) -> Tried:
    return Tried(
        setting=ItemKnn(decay=decay, last=last), values={"decay": decay, "last": last}, value=value, judged=10,
        seconds=1.5, pruned=pruned,
    )  # fmt: skip


@pytest.fixture
def tuned() -> Tuned:
    """The value is the decay, whatever `last` says; the pruned trial would be the best."""
    space = Space(
        make=ItemKnn,
        starts=(ItemKnn(),),
        parameters={"decay": Range(low=0.0, high=1.0), "last": Choice((1, 5, 20))},
    )
    tried = [trial(decay, decay, last) for decay in (0.3, 0.1, 0.5, 0.9) for last in (1, 5, 20)]
    return Tuned(space, (*tried, trial(2.0, 0.95, 1, pruned=True)))


def test_the_table_tells_the_first_the_best_and_what_they_cost(tuned: Tuned) -> None:
    assert best_grid([tuned]).rows == [
        ("item-knn", "0.3000", "0.9000", "13", "1", "19.5", "decay 0.9, last 1")  # 13 trials of 1.5 s
    ]
    assert words(Tried(setting=ItemKnn(), values={}, value=0, judged=1, seconds=0, pruned=False)) == (
        "nothing to choose"
    )


def test_the_best_so_far_rises_with_finished_trials_only(tuned: Tuned) -> None:
    assert tuned.best_so_far() == [0.3] * 6 + [0.5] * 3 + [0.9] * 4


def test_what_explains_the_values_is_important(tuned: Tuned) -> None:
    shares = importances(tuned)
    assert next(iter(shares)) == "decay"
    assert shares["decay"] > 0.9
    assert sum(shares.values()) == pytest.approx(1)


def test_nothing_is_important_where_all_values_are_equal(tuned: Tuned) -> None:
    assert importances(Tuned(tuned.space, tuned.trials[:3])) == {}
