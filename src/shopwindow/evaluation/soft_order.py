"""SoftOrder: a recommender as a distribution over orders, as off-policy estimates need one.

Legend: P pages, D first places, B pages of a part, S items that a group of pages ever showed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from shopwindow.datasets.pages import LoggedPages
from shopwindow.datasets.recommender import Recommender
from shopwindow.errors import EvaluationError
from shopwindow.evaluation.metrics import Values
from shopwindow.evaluation.off_policy import OffPolicyValue, Reading, off_policy_value, weights
from shopwindow.schema.arrays import Bool, Int32, Int64, Rows

PART: Final = 256
LEAST: Final = -1e300  # a logit below all others, where nothing is left
TINY: Final = 1e-300


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftOrder:
    """Plackett-Luce: place after place, an item is drawn with chances proportional to exp(score / temperature).

    Scores of a page are brought to mean 0 and deviation 1 over its candidates first; the smaller the temperature, the nearer
    to the plain order. Candidates of a page: all items that the log ever shows for the same surface, category and query.
    """

    temperature: float = 1.0
    places: int = 1
    reading: Reading = "cascade"


def value_of(recommender: Recommender, pages: LoggedPages, order: SoftOrder, seed: int = 0) -> OffPolicyValue:
    """What the recommender's soft order would earn per page within its first places, from the logged pages.

    Pages that lack the propensity of an item on these places are left out; pages that end before them are not.

    Raises:
        EvaluationError: no page logged propensities, or they show hardly anything of what the order would.
    """
    logged = first_places(pages, pages.propensity.astype(np.float64), order.places, np.nan)
    filled = np.arange(order.places)[None, :] < np.diff(pages.offsets)[:, None]
    known: Bool = np.asarray((~filled | ~np.isnan(logged)).all(axis=1))
    if not known.any():
        raise EvaluationError(
            "expected pages with propensities, came none: an order that was certain says nothing about others; "
            "log the chance of each item at its place (column propensities)"
        )
    some = pages.where(known)
    shown = first_places(some, some.row, order.places, -1).astype(np.int32)
    weight = weights(chances(recommender, some, shown, order.temperature), logged[known], order.reading)
    reward = first_places(some, some.gain.astype(np.float64), order.places, 0.0)
    return off_policy_value(reward, weight, some.requests.customer, order.reading, seed)


def chances(recommender: Recommender, pages: LoggedPages, shown: Rows, temperature: float) -> Values:
    """[P, D] chance of each shown item at its place given those above, `shown [P, D]`; 0 for places without an item."""
    found: Values = np.zeros(shown.shape)
    for places, support in groups(pages):
        for start in range(0, len(places), PART):
            part = places[start : start + PART]
            scores = recommender.scores(pages.requests.take(part))[:, support].astype(np.float64)
            spread = np.maximum(scores.std(axis=1, keepdims=True), 1e-12)
            logits = (scores - scores.mean(axis=1, keepdims=True)) / spread / temperature
            found[part] = plackett_luce(logits, _columns_of(support, shown[part]))
    return found


def plackett_luce(logits: Values, chosen: Int64) -> Values:
    """[B, D] chance of each `chosen [B, D]` column of `logits [B, S]` given those before; 0 for columns below 0.

    R. Plackett, "The analysis of permutations", Applied Statistics 1975.
    """
    left, found = logits.astype(np.float64), np.zeros(chosen.shape)  # -inf = taken
    for place in range(chosen.shape[1]):
        # scaled anew at each place: what is left may be lost in rounding beside what was taken
        mass = np.exp(left - left.max(axis=1, initial=LEAST, keepdims=True))
        there = np.flatnonzero(chosen[:, place] >= 0)
        column = chosen[there, place]
        found[there, place] = mass[there, column] / np.maximum(mass[there].sum(axis=1), TINY)
        left[there, column] = -np.inf
    return found


def groups(pages: LoggedPages) -> Iterator[tuple[Int64, Int64]]:
    """Pages of one surface, category and query, and the rows that any of them shows, sorted."""
    asked = pages.requests
    keys = np.stack([asked.surface, asked.category, asked.query], axis=1)
    _, group = np.unique(keys, axis=0, return_inverse=True)
    order = np.argsort(group, kind="stable")
    ends = np.searchsorted(group[order], np.arange(int(group.max(initial=-1)) + 2))
    of_place = group[pages.page()]
    for number, (first, last) in enumerate(pairwise(ends.tolist())):
        rows = np.unique(pages.row[of_place == number])
        yield order[first:last], rows[rows >= 0].astype(np.int64)


def first_places(pages: LoggedPages, values: Values | Int32, places: int, empty: float) -> Values:
    """[P, places] `values [I]` of the first places of each page; `empty` where a page is shorter."""
    at = pages.offsets[:-1, None] + np.arange(places)[None, :]
    inside: Bool = at < pages.offsets[1:, None]
    found: Values = np.where(inside, values[np.where(inside, at, 0)], empty).astype(np.float64)
    return found


def on_surface(pages: LoggedPages, surface: int) -> LoggedPages:
    """The pages of one surface."""
    return pages.where(pages.requests.surface == surface)


def _columns_of(support: Int64, shown: Rows) -> Int64:
    """[B, D] where each shown row stands in the support, -1 for no item."""
    return np.where(shown >= 0, np.searchsorted(support, np.maximum(shown, 0)), -1)
