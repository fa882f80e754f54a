"""JourneyEncoder: a causal transformer over [country, device; start, action 1 .. action L].

Legend: B customers, L actions, T = 2 + 1 + L positions, H heads, d width.
Position t carries action t and the local context of the request that follows, so it says "what next, given
where the customer is now"; with no history the start position says it.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

import torch
from torch import Tensor, nn

from shopwindow.models.attention import Block, BlockConfig
from shopwindow.models.context import (
    TIME_STEPS,
    Codes,
    ContextSizes,
    CustomerTokens,
    Durations,
    JourneyTensors,
    LocalContext,
)

TOKENS: Final = 2
Positions = Literal["none", "relative", "absolute"]


@dataclass(frozen=True, kw_only=True)
class JourneyEncoderConfig:
    """How histories are read.

    positions: `relative` learns an attention bias per head and distance, `absolute` a vector per place from
    the start, `none` leaves order to the causal mask (and to BlockConfig.rotary).
    reach: distances (or places) beyond it share one value. time_bias: an attention bias per head by the time
    between two actions. local_context: read the request that follows each position.
    """

    block: BlockConfig = field(default_factory=BlockConfig)
    blocks: int = 2
    positions: Positions = "relative"
    reach: int = 256
    time_bias: bool = False
    local_context: bool = True
    input_dropout: float = 0.1


class JourneyEncoder(nn.Module):
    """Item vectors and journeys -> one vector per position, or for the last position alone."""

    def __init__(self, config: JourneyEncoderConfig, sizes: ContextSizes) -> None:
        super().__init__()
        dim, heads = config.block.dim, config.block.heads
        self.config = config
        self.tokens = CustomerTokens(dim)
        self.start = nn.Parameter(torch.randn(dim) * 0.02)
        self.action, self.gap = Codes(sizes.actions, dim), Durations(dim)
        self.context = LocalContext(sizes, dim) if config.local_context else None
        self.places = nn.Embedding(config.reach + 1, dim) if config.positions == "absolute" else None
        self.distances = (
            nn.Parameter(torch.zeros(heads, config.reach + 1 + TOKENS))
            if config.positions == "relative"
            else None
        )
        self.times = nn.Parameter(torch.zeros(heads, TIME_STEPS)) if config.time_bias else None
        self.dropout = nn.Dropout(config.input_dropout)
        self.layers = nn.ModuleList(Block(config.block) for _ in range(config.blocks))
        self.input_norm = nn.LayerNorm(dim) if config.block.norm == "post" else nn.Identity()
        self.output_norm = nn.LayerNorm(dim) if config.block.norm == "pre" else nn.Identity()
        if self.places is not None:
            nn.init.normal_(self.places.weight, std=0.02)

    def forward(self, item_vectors: Tensor, journey: JourneyTensors) -> Tensor:
        """[B, L, d] -> [B, L+1, d]: the customer after the start and after each action."""
        x, bias = self._inputs(item_vectors, journey), self._bias(journey)
        for block in self.layers:
            x = block(x, bias)
        vectors: Tensor = self.output_norm(x[:, TOKENS:])
        return vectors

    def last(self, item_vectors: Tensor, journey: JourneyTensors) -> Tensor:
        """[B, L, d] -> [B, d]: the customer after the last real action; the last layer does this position only."""
        x, bias = self._inputs(item_vectors, journey), self._bias(journey)
        *before, final = self.layers
        for block in before:
            x = block(x, bias)
        assert isinstance(final, Block)
        vectors: Tensor = self.output_norm(final.last(x, journey.length + TOKENS, bias))
        return vectors

    def _inputs(self, item_vectors: Tensor, journey: JourneyTensors) -> Tensor:
        actions = item_vectors + self.action(journey.action) + self.gap(journey.gap)
        x = torch.cat([self.start.expand(actions.shape[0], 1, -1).to(actions.dtype), actions], dim=1)
        if self.context is not None:
            x = x + self.context(journey)
        if self.places is not None:
            order = torch.arange(x.shape[1], device=x.device).clamp(max=self.config.reach)
            x = x + self.places(order)
        x = torch.cat([self.tokens(journey), x], dim=1)
        result: Tensor = self.input_norm(self.dropout(x))
        return result

    def _bias(self, journey: JourneyTensors) -> Tensor | None:
        """[H, T, T], with the pairwise time bias [B, H, T, T], or None."""
        bias = None
        if self.distances is not None:
            place = torch.arange(journey.action.shape[1] + 1 + TOKENS, device=journey.action.device)
            apart = (place[:, None] - place[None, :]).clamp(0, self.config.reach)
            token = self.config.reach + 1 + place[None, :].expand_as(apart)
            bias = self.distances[:, torch.where(place[None, :] < TOKENS, token, apart)]
        if self.times is not None:
            at = torch.cumsum(torch.expm1(journey.gap.float()), dim=1)
            at = nn.functional.pad(at, (1 + TOKENS, 0))
            apart_log = torch.log1p((at[:, :, None] - at[:, None, :]).clamp(min=0))
            bucket = apart_log.long().clamp(max=TIME_STEPS - 1)
            timed = self.times[:, bucket].transpose(0, 1)
            bias = timed if bias is None else timed + bias
        return bias
