"""What a source may find is exactly what the policy would let through: checked against plain arithmetic."""

import numpy as np
import pytest
from tests.serving.asking import context_for
from tests.serving.tiny_shop import DIM

from shopwindow.schema.live import ItemEvent, Offer
from shopwindow.schema.request import Filters
from shopwindow.serving.context import admitted, is_excluded
from shopwindow.serving.ranking import Ranking
from shopwindow.serving.search import search

FILTERS = (
    Filters(),
    Filters(in_stock=False),
    Filters(brands=("brand-1", "brand-3")),
    Filters(min_price_minor=1010, max_price_minor=1040),
    Filters(attributes=(("colour", ("red",)),)),
)


@pytest.mark.parametrize("seed", range(60))
def test_search_finds_the_best_of_what_may_be_shown(ranking: Ranking, seed: int) -> None:
    rng = np.random.default_rng(seed)
    fresh = [
        ItemEvent(
            item_key=1000 + n,
            item_id=f"fresh-{n}",
            at_ms=1,
            title=f"thing {n}",
            brand="brand-1",
            categories=("women/shoes",),
            offers=(Offer(market="de", price_minor=1020, stock=n % 2),),
        )
        for n in range(4)
    ]
    ranking.shelf.restock(fresh, 1)
    context = context_for(
        ranking,
        filters=FILTERS[seed % 5],
        category=(None, "women", "women/shoes", "men/shoes")[seed % 4],
        market=("de", "ch")[seed % 2],
        exclude=tuple(rng.integers(0, 60, 4).tolist()),
    )
    query = rng.standard_normal(DIM).astype(np.float32)
    limit = int(rng.integers(1, 80))
    found = search(context, ranking.release.index, query, limit)

    place, shelf = context.place, context.shelf
    rows = np.concatenate([np.arange(place.first, place.last), place.others, place.tail]).astype(np.int32)
    rows = rows[admitted(context, rows) & ~is_excluded(context, rows)]
    vectors = np.concatenate([ranking.release.output, shelf.output])
    best = np.sort(vectors[rows] @ query)[::-1][:limit]
    assert found.scores == pytest.approx(best, abs=1e-5)
    assert set(found.rows.tolist()) <= set(rows.tolist())
    assert len(set(found.rows.tolist())) == len(found.rows)
