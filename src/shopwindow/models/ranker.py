"""Ranker: one probability per head (click, purchase ...) for a customer, a request and each item of a page.

Legend: B customers, L actions, M items, K items of a page, X pairs of a customer and an item, H heads, w width of a
head, d width.
"""

import math
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from shopwindow.errors import ConfigError
from shopwindow.models.attention import BlockConfig
from shopwindow.models.context import ContextSizes, JourneyTensors, LocalContext
from shopwindow.models.item_encoder import ItemEncoder, ItemEncoderConfig, ItemInputs, ItemSizes
from shopwindow.models.journey_encoder import JourneyEncoder, JourneyEncoderConfig
from shopwindow.models.live import LiveBranch
from shopwindow.models.readout import request_alone, with_first_action, with_readout

EDGES: Final = (*range(1, 24), 24, 36, 48, 84, 120, 240, 480)
"""Positions below the first edge share a logit, those from an edge to the next one, too: each of the first 24 has its own."""


@dataclass(frozen=True, kw_only=True)
class RankerConfig:
    """What the ranker reads and how wide it is; the switches are there to be compared.

    candidates: where the mean of the page's items stands: in the last position (`readout`), in one of the first that every
    later one attends to (`token`), or nowhere. context: the local context is read by the `encoder`, beside its result
    (`late`), or not at all (`none`, with the customer's country and device). history: read the customer's actions. Ids,
    content and metadata are switched in `items`. live: width of the branch on live features, 0 = none.
    agreement: that branch reads the products of both sides, too. position: train the branch on places; without it a
    place's effect is taken for that of the item there.
    """

    items: ItemEncoderConfig = field(default_factory=lambda: ItemEncoderConfig(dim=128, bias=False))
    journeys: JourneyEncoderConfig = field(
        default_factory=lambda: JourneyEncoderConfig(
            block=BlockConfig(dim=128, heads=8, activation="relu"), blocks=2, positions="none"
        )
    )
    width: int = 32
    candidates: Literal["readout", "token", "none"] = "readout"
    context: Literal["encoder", "late", "none"] = "encoder"
    history: bool = True
    live: int = 64
    agreement: bool = True
    position: bool = True

    def __post_init__(self) -> None:
        if self.items.dim != self.journeys.block.dim:
            raise ConfigError(
                f"items.dim is {self.items.dim}, journeys.block.dim is {self.journeys.block.dim}: expected one width"
            )
        if not self.items.tied or self.items.bias:
            raise ConfigError(
                "items: a ranker has one vector per item and no bias in it; set tied and not bias"
            )


class Ranker(nn.Module):
    """logit_h = <customer_h, item_h> / sqrt(w) + bias_h + g_h(live features, product) + position_h(position, surface).

    The product of two sides lets the item's be computed beforehand; a request costs one product, and the small net g for
    each candidate, which reads live features and the product's terms.
    """

    def __init__(
        self, config: RankerConfig, items: ItemSizes, context: ContextSizes, heads: int, features: int = 0
    ) -> None:
        """`features`: how many live ones there are; without any there is no branch on them."""
        super().__init__()
        dim, late = config.items.dim, config.context == "late"
        self.config = config
        self.items = ItemEncoder(config.items, items)
        journeys = replace(config.journeys, local_context=config.context == "encoder")
        self.journeys = JourneyEncoder(journeys, context)
        self.readout = nn.Parameter(torch.randn(dim) * 0.02)
        self.mean = nn.Linear(dim, dim) if config.candidates != "none" else None
        self.late = LocalContext(context, dim) if late else None
        self.customer_heads = Heads(dim * (2 if late else 1), config.width, heads)
        self.item_heads = Heads(dim, config.width, heads)
        self.bias = nn.Parameter(torch.zeros(heads))
        extra = heads * config.width if config.agreement else 0
        self.live = LiveBranch(features, extra, config.live, heads) if config.live and features else None
        self.position = PositionBranch(context.surfaces, heads)
        self.position.requires_grad_(config.position)

    def encode_items(self, items: ItemInputs) -> Tensor:
        """[M, d] what histories, the mean of the candidates and `item_side` read."""
        vectors: Tensor = self.items(items).read
        return vectors

    def item_side(self, item_vectors: Tensor) -> Tensor:
        """[M, d] -> [M, H, w]: what can be computed of an item before anybody asks."""
        side: Tensor = self.item_heads(item_vectors)
        return side

    def logits(self, customer_side: Tensor, item_side: Tensor, codes: Tensor | None) -> Tensor:
        """B customers [B, H, w] and K items of each [B, K, H, w] -> [B, K, H], without the position.

        `codes [B, K, F]` of live features; None for a model without them.
        """
        assert (codes is None) == (self.live is None), "live features for a model that reads them"
        product = customer_side[:, None] * item_side
        logits: Tensor = product.sum(dim=-1) / math.sqrt(self.config.width) + self.bias
        if self.live is not None and codes is not None:
            agreed = product.flatten(2) if self.config.agreement else product.new_zeros((*codes.shape[:2], 0))
            logits = logits + self.live(codes, agreed)
        return logits

    def customer_side(self, item_vectors: Tensor, journey: JourneyTensors, mean: Tensor) -> Tensor:
        """[B, L, d] of the history, and `mean [B, d]` of the page's items -> [B, H, w]."""
        if self.config.context == "none":
            absent = torch.full_like(journey.country, -1)
            journey = journey._replace(country=absent, device=absent)
        request = request_alone(journey)
        if not self.config.history:
            journey, item_vectors = request, item_vectors[:, :0]
        readout = self.readout.expand(len(mean), -1)
        if self.mean is not None and self.config.candidates == "token":
            journey, item_vectors = with_first_action(journey, item_vectors, self.mean(mean))
        elif self.mean is not None:
            readout = readout + self.mean(mean)
        journey, item_vectors = with_readout(journey, item_vectors, readout)
        customer = self.journeys.last(item_vectors, journey)
        if self.late is not None:
            customer = torch.cat([customer, self.late(request)[:, 0]], dim=-1)
        side: Tensor = self.customer_heads(customer)
        return side


class Heads(nn.Module):
    """A feed-forward net of its own for each head: [n, in] -> [n, H, w]."""

    def __init__(self, wide: int, width: int, heads: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(wide)
        self.inner = nn.Linear(wide, heads * wide)
        self.outer = nn.Parameter(torch.randn(heads, wide, width) / math.sqrt(wide))
        self.shift = nn.Parameter(torch.zeros(heads, width))

    def forward(self, vectors: Tensor) -> Tensor:
        hidden = functional.relu(self.inner(self.norm(vectors)))
        hidden = hidden.view(len(vectors), *self.outer.shape[:2])
        return torch.einsum("nhd,hdw->nhw", hidden, self.outer) + self.shift


class PositionBranch(nn.Module):
    """What the place on the page does to the logits, whatever the item; at serving the place is held fixed.

    Zhao et al., "Recommending what video to watch next", RecSys 2019 (a shallow tower beside the main one).
    """

    edges: Tensor

    def __init__(self, surfaces: int, heads: int) -> None:
        super().__init__()
        self.surfaces = surfaces
        self.register_buffer("edges", torch.tensor(EDGES), persistent=False)
        self.table = nn.Embedding((len(EDGES) + 1) * (surfaces + 1), heads)
        nn.init.zeros_(self.table.weight)

    def forward(self, position: Tensor, surface: Tensor) -> Tensor:
        """[X] places (0 = first) and [X] surfaces (-1 or beyond the last: unknown) -> [X, H]."""
        bucket = torch.bucketize(position, self.edges, right=True)
        known = (surface >= 0) & (surface < self.surfaces)
        code = torch.where(known, surface + 1, torch.zeros_like(surface))
        logits: Tensor = self.table(bucket * (self.surfaces + 1) + code)
        return logits


def mean_vectors(item_vectors: Tensor, shown: Tensor) -> Tensor:
    """[B, d] mean of the vectors `item_vectors [M, d]` of each page's items `shown [B, K]`, places below 0 left out."""
    known = shown >= 0
    total = (item_vectors[shown.clamp(min=0)] * known[..., None]).sum(dim=1)
    mean: Tensor = total / known.sum(dim=1, keepdim=True).clamp(min=1)
    return mean
