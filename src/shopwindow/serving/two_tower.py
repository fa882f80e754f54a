"""The two-tower model as a source: the customer's vector, live, against item vectors."""

from dataclasses import dataclass
from typing import ClassVar, final

from shopwindow.index.shop_index import ShopIndex
from shopwindow.serving.candidates import Proposals
from shopwindow.serving.context import Context
from shopwindow.serving.customer_encoder import CustomerEncoder
from shopwindow.serving.search import search


@final
@dataclass(frozen=True, slots=True, eq=False)
class TwoTower:
    """Customers without history go through it too: their request's context is an input like any other."""

    encoder: CustomerEncoder
    index: ShopIndex
    name: ClassVar[str] = "two-tower"

    def propose(self, context: Context, limit: int) -> Proposals:
        query = self.encoder.vector(context.journey, context.shelf)
        return search(context, self.index, query, limit)
