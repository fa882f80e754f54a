"""Similar items as a source: the seed item's vector against item vectors, the same product."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from shopwindow.index.shop_index import ShopIndex
from shopwindow.schema.arrays import Float
from shopwindow.serving.candidates import Proposals
from shopwindow.serving.context import Context
from shopwindow.serving.search import search

NOTHING = Proposals(np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32))


@final
@dataclass(frozen=True, slots=True, eq=False)
class SimilarItems:
    """Items whose vectors point where the seed item's does. `output [N, d]`: the release's item vectors."""

    output: Float
    index: ShopIndex
    name: ClassVar[str] = "similar-items"

    def propose(self, context: Context, limit: int) -> Proposals:
        if context.seed_row < 0:
            return NOTHING
        return search(context, self.index, self._vector(context, context.seed_row), limit)

    def _vector(self, context: Context, row: int) -> Float:
        base = context.shelf.num_base
        vector: Float = self.output[row] if row < base else context.shelf.output[row - base]
        return np.asarray(vector, dtype=np.float32)
