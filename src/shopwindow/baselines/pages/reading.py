"""Reading: what all networks see of a pair before they differ.

Legend: B pages, L actions, X pairs of a page and an item, F live features, d width.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from shopwindow.baselines.pages.pairs import Pairs
from shopwindow.models.context import Codes, ContextSizes, CustomerTokens, Durations, LocalContext
from shopwindow.models.item_encoder import ItemEncoder, ItemEncoderConfig, ItemSizes
from shopwindow.models.live import levels
from shopwindow.models.readout import request_alone
from shopwindow.models.repeats import elapsed


@dataclass(frozen=True, kw_only=True)
class NetSizes:
    """What the data says of a network's size: `features`: live ones; `gains`: of the actions that are labels."""

    items: ItemSizes
    context: ContextSizes
    features: int
    gains: tuple[float, ...]


class Read(NamedTuple):
    """`item [X, d]`; `history [X, L, d]`, of which `there [X, L]` is real; `around [X, d + 2F]`: request and live features."""

    item: Tensor
    history: Tensor
    there: Tensor
    around: Tensor


class Reading(nn.Module):
    """Items by id, content and metadata; actions by item, kind and age; the request, country and device; live features."""

    def __init__(self, sizes: NetSizes, dim: int) -> None:
        super().__init__()
        self.items = ItemEncoder(ItemEncoderConfig(dim=dim, bias=False), sizes.items)
        self.action, self.age = Codes(sizes.context.actions, dim), Durations(dim)
        self.customer, self.request = CustomerTokens(dim), LocalContext(sizes.context, dim)
        self.item_norm, self.action_norm, self.request_norm = (nn.LayerNorm(dim) for _ in range(3))
        self.around = dim + 2 * sizes.features

    def forward(self, pairs: Pairs) -> Read:
        journey, page = pairs.journey, pairs.page
        vectors = self.items(pairs.items).read
        age = elapsed(journey, journey.length[:, None])[:, 0]
        history = self.action_norm(vectors[pairs.history] + self.action(journey.action) + self.age(age))
        request = self.request(request_alone(journey))[:, 0] + self.customer(journey).sum(dim=1)
        place = torch.arange(history.shape[1], device=history.device)
        return Read(
            item=self.item_norm(vectors[pairs.row]),
            history=history[page],
            there=(place < journey.length[:, None])[page],
            around=torch.cat([self.request_norm(request)[page], levels(pairs.live)], dim=-1),
        )
