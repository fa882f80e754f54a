"""Popularity as a source: the plain order of a place, and what fills a page when the model cannot."""

from dataclasses import dataclass
from typing import ClassVar, Final, final

import numpy as np

from shopwindow.schema.arrays import Rows
from shopwindow.serving.candidates import Proposals
from shopwindow.serving.context import Context, admitted, is_excluded
from shopwindow.serving.shelf import Shelf

STEP: Final = 4096


@final
@dataclass(frozen=True, slots=True, eq=False)
class Popularity:
    """Items by the release's counts. `order [N]`: all its rows, most popular first, made once."""

    order: Rows
    name: ClassVar[str] = "popularity"

    def propose(self, context: Context, limit: int) -> Proposals:
        place, shelf = context.place, context.shelf
        whole = place.last - place.first == shelf.num_base
        tail = place.tail[admitted(context, place.tail) & ~is_excluded(context, place.tail)]
        base = self._walk(context, limit) if whole else _counted(context, limit)
        rows = np.concatenate([base, tail])
        scores = shelf.popularity[rows]
        best = np.lexsort((shelf.item_key[rows], -scores))[:limit]
        return Proposals(rows[best], scores[best])

    def _walk(self, context: Context, limit: int) -> Rows:
        """Down the whole shop's order until enough are found."""
        parts, found = [self.order[:0]], 0
        for start in range(0, len(self.order), STEP):
            rows = self.order[start : start + STEP]
            rows = rows[admitted(context, rows) & ~is_excluded(context, rows)]
            parts.append(rows)
            found += len(rows)
            if found >= limit:
                break
        return np.concatenate(parts)[:limit]


def _counted(context: Context, limit: int) -> Rows:
    """The most popular rows of a category, in no order; all that tie with the last."""
    place = context.place
    here = np.arange(place.first, place.last, dtype=np.int32)
    rows = np.concatenate([here, place.others])
    rows = rows[admitted(context, rows) & ~is_excluded(context, rows)]
    counts = context.shelf.popularity[rows]
    if len(rows) > 4 * limit:
        bar = np.partition(counts, len(rows) - limit)[len(rows) - limit]
        rows = rows[counts >= bar]
    return rows


def popularity_order(shelf: Shelf) -> Rows:
    """All base rows, most popular first, ties in the order of their keys."""
    size = shelf.num_base
    return np.lexsort((shelf.item_key[:size], -shelf.popularity[:size])).astype(np.int32)
