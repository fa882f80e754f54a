import numpy as np
import pytest
from tests.serving.asking import context_for, did

from shopwindow.features.customer import DAY_MS
from shopwindow.schema.request import Filters
from shopwindow.serving.candidates import CandidateSet, Proposals, merge
from shopwindow.serving.policies import Availability, BoughtRecently
from shopwindow.serving.ranking import Ranking

POLICIES = (Availability(), BoughtRecently())


def candidates(ranking: Ranking, *keys: int) -> CandidateSet:
    rows = ranking.shelf.now.rows_of(np.array(keys, dtype=np.int32))
    return merge(["test"], [Proposals(rows, np.arange(len(keys), 0, -1).astype(np.float32))])


def kept(ranking: Ranking, chosen: CandidateSet) -> list[int]:
    keys: list[int] = ranking.shelf.now.item_key[chosen.rows].tolist()
    return keys


def test_availability_lets_no_sold_out_foreign_or_excluded_item_through(ranking: Ranking) -> None:
    before = candidates(ranking, 0, 1, 2, 3, 4)  # 1 is sold out in "de", 2 is offered in "ch" alone
    context = context_for(ranking, exclude=(3,))
    selection = Availability().select(context, before)
    assert kept(ranking, before.take(selection.positions)) == [0, 4]
    assert selection.removed == {"not-available": 2, "excluded": 1}


def test_hidden_items_are_excluded(ranking: Ranking) -> None:
    before = candidates(ranking, 4, 5)
    context = context_for(ranking, did(("hide", 4, 1000)))
    assert kept(ranking, before.take(Availability().select(context, before).positions)) == [5]


def test_bought_items_sink_in_their_own_order(ranking: Ranking) -> None:
    before = candidates(ranking, 3, 4, 5, 6, 7)
    context = context_for(ranking, did(("purchase", 6, 1000), ("purchase", 3, 2000), ("click", 4, 500)))
    after = before.take(BoughtRecently().select(context, before).positions)
    assert kept(ranking, after) == [4, 5, 7, 3, 6]


def test_what_was_bought_more_than_60_days_ago_may_rise_again(ranking: Ranking) -> None:
    before = candidates(ranking, 3, 4)
    context = context_for(ranking, did(("purchase", 3, 60 * DAY_MS + 1)))
    assert kept(ranking, before.take(BoughtRecently().select(context, before).positions)) == [3, 4]
    context = context_for(ranking, did(("purchase", 3, 60 * DAY_MS)))
    assert kept(ranking, before.take(BoughtRecently().select(context, before).positions)) == [4, 3]


@pytest.mark.parametrize("seed", range(200))
def test_policies_never_duplicate_or_invent(ranking: Ranking, seed: int) -> None:
    rng = np.random.default_rng(seed)
    keys = rng.choice(60, size=rng.integers(0, 60), replace=False)
    before = candidates(ranking, *keys.tolist())
    events = did(*[("purchase", int(key), 1000) for key in rng.integers(0, 60, 5)])
    filters = Filters(brands=("brand-1", "brand-2")) if seed % 2 else Filters()
    context = context_for(ranking, events, exclude=tuple(rng.integers(0, 60, 3).tolist()), filters=filters)
    for policy in POLICIES:
        after = before.take(policy.select(context, before).positions)
        assert len(set(after.rows.tolist())) == len(after)
        assert set(after.rows.tolist()) <= set(before.rows.tolist())
        if not policy.safety:
            assert len(after) == len(before)
