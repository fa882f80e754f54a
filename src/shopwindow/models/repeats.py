"""Repeats: which items of the history are wanted again, said in item vectors, so that a score stays one product.

Legend: B customers, P positions, L actions, d width.
"""

import math
from typing import Final

import torch
from torch import Tensor, nn

from shopwindow.models.context import TIME_STEPS, Codes, JourneyTensors

REACH: Final = 64  # steps back; farther ones share one value
STRENGTH: Final = 10.0  # of an item that is surely wanted again, at the start of training


class Repeats(nn.Module):
    """Adds to the customer the vectors of own items, each with a gate from 0 to 1.

    A gate reads the customer, the item, its action, how many steps back it stands and how long ago it was. An attention
    layer could learn to point at items, too, but not from so few customers, and its shares sum to one: gates let many items
    be wanted again at once (tmall-ali2014, validation NDCG@10: none .080, shares .088, gates .125). The idea of a copying
    path is from Ren et al., "RepeatNet", AAAI 2019.
    """

    def __init__(self, dim: int, actions: int) -> None:
        super().__init__()
        self.query, self.key = nn.Linear(dim, dim), nn.Linear(dim, dim)
        nn.init.zeros_(self.query.weight)
        nn.init.zeros_(self.query.bias)
        self.action = Codes(actions, 1)
        self.steps = nn.Parameter(-0.1 * torch.arange(REACH, dtype=torch.float32))
        self.elapsed = nn.Parameter(torch.zeros(TIME_STEPS))
        self.strength = nn.Parameter(torch.tensor(STRENGTH))

    def forward(self, customers: Tensor, read: Tensor, items: Tensor, journey: JourneyTensors) -> Tensor:
        """[B, P, d] to add to `customers [B, P, d]`, of which each has read the first `read [1 or B, P]` actions.

        `items [B, L, d]`: vectors of the history; `journey`: the rest of it.
        """
        place = torch.arange(items.shape[1], device=items.device)
        back = (read[:, :, None] - 1 - place).clamp(0, REACH - 1)
        logits = self.query(customers) @ self.key(items).transpose(1, 2) / math.sqrt(items.shape[2])
        logits = logits + self.steps[back] + self.action(journey.action)[..., 0][:, None, :]
        logits = logits + self.elapsed[elapsed(journey, read).long().clamp(max=TIME_STEPS - 1)]
        gates = torch.sigmoid(logits).masked_fill(place >= read[:, :, None], 0.0)
        added: Tensor = self.strength * (gates @ nn.functional.normalize(items, dim=-1))
        return added


def elapsed(journey: JourneyTensors, read: Tensor) -> Tensor:
    """[B, P, L] log(1 + seconds) from each action to the request after `read [1 or B, P]` actions."""
    acted = torch.cumsum(torch.expm1(journey.gap.float()), dim=1)
    asked = nn.functional.pad(acted, (1, 0)) + torch.expm1(journey.wait.float())
    here = asked.gather(1, read.expand(asked.shape[0], -1))
    return torch.log1p((here[:, :, None] - acted[:, None, :]).clamp(min=0))
