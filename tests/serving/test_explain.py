"""What moved a score: shares that add up, and agree with what can be worked out by hand."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from tests.serving.asking import context_for, did
from tests.serving.tiny_shop import DIM

from shopwindow.features.journey import Journey
from shopwindow.serving.explain import GROUPS, Explanation, ShopWords, explain, sentence
from shopwindow.serving.ranking import Ranking
from shopwindow.serving.shelf import Shelf

HISTORY, CUSTOMER, SURFACE, CATEGORY, QUERY, TIME = range(6)
WORDS = ShopWords(
    action=("click", "wishlist", "cart", "purchase").__getitem__, title=lambda key: f"thing {key}"
)


@dataclass(frozen=True)
class Knowing:
    """A customer model whose first coordinate is a sum of what it is told: 1 per action, 10 for a category, 100 for a
    query, 1000 for a country, and 10,000 for a category together with a query."""

    def vectors(self, journey: Journey, shelf: Shelf) -> np.ndarray:
        last = np.arange(len(journey)), journey.length
        category, query = journey.category[last] >= 0, journey.query[last] >= 0
        told = journey.length + 10.0 * category + 100.0 * query + 1000.0 * (journey.country >= 0)
        found = np.zeros((len(journey), DIM), dtype=np.float32)
        found[:, 0] = told + 10_000.0 * (category & query)
        return found


def explained(ranking: Ranking, **fields: object) -> Explanation:
    knowing = replace(ranking, encoder=Knowing())
    context = context_for(knowing, did(("click", 3, 9000), ("cart", 4, 5000)), **fields)
    return explain(knowing, context, np.array([0, 1], dtype=np.int32))


def test_a_sum_of_inputs_is_taken_apart_into_its_terms(ranking: Ranking) -> None:
    why = explained(ranking, category="women", country="DE")
    first = ranking.release.output[:2, 0]
    assert why.contributions[HISTORY] == pytest.approx(2 * first, rel=1e-4)
    assert why.contributions[CATEGORY] == pytest.approx(10 * first, rel=1e-4)
    assert why.contributions[CUSTOMER] == pytest.approx(1000 * first, rel=1e-4)
    assert why.effects == pytest.approx(np.stack([first, first]), rel=1e-2)  # each of two actions


def test_what_two_inputs_add_together_is_shared_equally(ranking: Ranking) -> None:
    why = explained(ranking, category="women", query="boots")
    first = ranking.release.output[:2, 0]
    assert why.contributions[CATEGORY] == pytest.approx((10 + 10_000 / 2) * first)
    assert why.contributions[QUERY] == pytest.approx((100 + 10_000 / 2) * first)


def test_what_the_request_does_not_say_adds_nothing(ranking: Ranking) -> None:
    why = explained(ranking)
    assert not why.contributions[[CUSTOMER, CATEGORY, QUERY]].any()


def test_base_and_contributions_add_up_to_the_score_of_the_page(ranking: Ranking) -> None:
    context = context_for(ranking, did(("click", 3, 9000)), category="women", query="boots", country="DE")
    rows = np.arange(5, dtype=np.int32)
    why = explain(ranking, context, rows)
    served = ranking.encoder.vector(context.journey, context.shelf) @ ranking.release.output[:5].T
    assert why.score == pytest.approx(served, abs=1e-5)
    assert why.base + why.contributions.sum(axis=0) == pytest.approx(why.score, abs=1e-5)


def test_actions_that_say_the_same_have_the_same_effect_and_others_do_not(ranking: Ranking) -> None:
    events = did(("click", 3, 9000), ("click", 3, 5000), ("click", 8, 1000))
    why = explain(ranking, context_for(ranking, events), np.array([7], dtype=np.int32))
    assert why.effects[0] == pytest.approx(why.effects[1], abs=1e-5)
    assert abs(why.effects[2] - why.effects[0]) > 1e-3


def test_somebody_new_has_no_actions_to_explain(ranking: Ranking) -> None:
    why = explain(ranking, context_for(ranking), np.array([0], dtype=np.int32))
    assert why.effects.shape == (0, 1)
    assert not why.contributions[HISTORY].any()


def test_items_of_the_live_tail_are_explained_by_their_own_vectors(ranking: Ranking) -> None:
    context = context_for(ranking)
    shelf = context.shelf
    shelf.output[0] = 2 * ranking.release.output[5]
    why = explain(ranking, context, np.array([5, shelf.num_base], dtype=np.int32))
    assert why.score[1] == pytest.approx(2 * why.score[0], abs=1e-5)


@pytest.mark.parametrize(
    ("group", "said"),
    [
        ("history", "Because you put in your cart thing 4."),
        ("category", "Often chosen in women."),
        ("query", "It goes with your search for “boots”."),
    ],
)
def test_the_sentence_names_what_added_most(ranking: Ranking, group: str, said: str) -> None:
    why = explained(ranking, category="women", query="boots")
    moved = np.zeros_like(why.contributions)
    moved[GROUPS.index(group)] = 1
    effects = np.array([[0.1, 0.1], [0.9, 0.9]], dtype=np.float32)
    assert sentence(replace(why, contributions=moved, effects=effects), 0, WORDS) == said


def test_where_nothing_added_the_sentence_claims_nothing_of_the_customer(ranking: Ranking) -> None:
    why = explained(ranking)
    nothing = replace(why, contributions=-np.ones_like(why.contributions))
    assert sentence(nothing, 0, WORDS) == "Chosen by many here."
