"""The one search of serving: a vector against the context's place, release rows by the index, tail rows exactly."""

import numpy as np

from shopwindow.index.scope import Scope
from shopwindow.index.shop_index import ShopIndex
from shopwindow.schema.arrays import Float
from shopwindow.serving.candidates import Proposals
from shopwindow.serving.context import Context, admitted, admitted_in_place, is_excluded


def search(context: Context, index: ShopIndex, query: Float, limit: int) -> Proposals:
    """The `limit` best rows for `query [d]` that may be shown, fewer where the place has fewer."""
    shelf, place = context.shelf, context.place
    wanted = limit + len(context.excluded)
    scope = Scope(first=place.first, last=place.last, others=place.others, allowed=admitted_in_place(context))
    rows, scores = index.search(query, wanted, scope)
    if len(place.tail):
        tail = place.tail[admitted(context, place.tail)]
        tail_scores = np.vecdot(shelf.output[tail - shelf.num_base], query)
        rows, scores = np.concatenate([rows, tail]), np.concatenate([scores, tail_scores])
        order = np.lexsort((shelf.item_key[rows], -scores))
        rows, scores = rows[order], scores[order]
    if len(context.excluded):
        kept = ~is_excluded(context, rows)
        rows, scores = rows[kept], scores[kept]
    return Proposals(rows[:limit], scores[:limit])
