"""TargetAttention: what of the history speaks for or against each candidate, by one product of a query and keys.

DIN (Zhou et al., "Deep interest network", KDD 2018) asks a small net for every pair of a candidate and an action; here the
item's query and the action's key and value are computed apart, so that 500 candidates cost one matrix product.
Legend: B customers, L actions, K candidates, a width, d width of items.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from shopwindow.models.context import Codes, Durations, JourneyTensors


class Remembered(NamedTuple):
    """What candidates are compared with: `keys`, `values [B, L+1, a]`, the first of which stands for nothing; `real [B, L+1]`."""

    keys: Tensor
    values: Tensor
    real: Tensor

    def take(self, rows: Tensor) -> "Remembered":
        return Remembered(self.keys[rows], self.values[rows], self.real[rows])


class TargetAttention(nn.Module):
    """[B, K, a] of the history for each candidate."""

    def __init__(self, dim: int, width: int, actions: int) -> None:
        super().__init__()
        self.width = width
        self.query, self.key, self.value = (nn.Linear(dim, width) for _ in range(3))
        self.action, self.age = Codes(actions, dim), Durations(dim)
        self.nothing = nn.Parameter(torch.randn(2, width) * 0.02)

    def remembered(self, item_vectors: Tensor, journey: JourneyTensors) -> Remembered:
        """Of the history `item_vectors [B, L, d]`, each action with its kind and its age at the request."""
        length = journey.length[:, None]
        step = torch.arange(item_vectors.shape[1], device=item_vectors.device)[None, :]
        real = step < length
        gap = torch.where(real, torch.expm1(journey.gap), torch.zeros_like(journey.gap))
        until = torch.expm1(journey.wait.gather(1, length)) + gap.sum(dim=1, keepdim=True) - gap.cumsum(dim=1)
        actions = item_vectors + self.action(journey.action) + self.age(torch.log1p(until.clamp(min=0)))
        nothing = self.nothing[:, None, None].expand(-1, len(actions), -1, -1)
        return Remembered(
            torch.cat([nothing[0], self.key(actions)], dim=1),
            torch.cat([nothing[1], self.value(actions)], dim=1),
            torch.cat([torch.ones_like(length, dtype=torch.bool), real], dim=1),
        )

    def forward(self, query: Tensor, remembered: Remembered) -> Tensor:
        """`query [B, K, a]` -> [B, K, a]."""
        score = query @ remembered.keys.transpose(1, 2) / math.sqrt(self.width)
        weight = torch.softmax(score.masked_fill(~remembered.real[:, None], -torch.inf), dim=-1)
        return weight @ remembered.values
