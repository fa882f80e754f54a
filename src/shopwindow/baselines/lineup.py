"""Lineup: every baseline that a data set allows, with what may be tried of it. The one list of them all."""

from functools import partial
from typing import Final

from shopwindow.baselines import als, bpr, content, customer_knn, ease, gbt, item_knn, pure_svd, vsknn
from shopwindow.baselines.popularity import Popularity, recent_space
from shopwindow.baselines.space import Space
from shopwindow.datasets.dataset import Dataset

NEURAL: Final = ("gru4rec", "bert4rec", "dnn", "neumf", "lightgcn")


def lineup(dataset: Dataset, timed: bool, seed: int = 0) -> tuple[Space, ...]:
    """All but the neural ones. timed: requests have a moment, and items may be wanted again (not in leave-one-out).

    Left out: popularity in the category and content where the catalogue says nothing of its items; EASE where it has
    too many of them; the trees where there are no times. `seed`: of what is random in ALS, BPR and the trees.
    """
    described = content.is_described(dataset)
    fits = dataset.num_items <= ease.Ease().most_items
    return (
        *first_lineup(dataset, timed),
        customer_knn.SPACE,
        vsknn.SPACE,
        *((ease.SPACE,) if fits else ()),
        pure_svd.SPACE,
        als.space(seed),
        bpr.space(seed),
        *((content.SPACE,) if described else ()),
        *((gbt.space(seed),) if timed else ()),
    )


def first_lineup(dataset: Dataset, timed: bool) -> tuple[Space, ...]:
    """Those that are quick anywhere and stand in every table: popularity in all its forms, and item-kNN."""
    in_category = Popularity(by_category=True)
    return (
        Space(make=Popularity, starts=(Popularity(),)),
        *(
            (Space(make=partial(Popularity, by_category=True), starts=(in_category,)),)
            if timed and len(dataset.catalog.categories) > 1
            else ()
        ),
        *((recent_space(dataset),) if timed else ()),
        item_knn.space(repeats=timed),
    )


def neural_lineup(seed: int = 0) -> tuple[Space, ...]:
    """Those of `NEURAL`, which take minutes for a fit and torch: asked for by name, in no table unasked."""
    from shopwindow.baselines.neural import bert4rec, dnn, gru4rec, lightgcn, neumf

    return tuple(each.space(seed) for each in (gru4rec, bert4rec, dnn, neumf, lightgcn))
