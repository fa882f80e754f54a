"""NextItemStep: one batch of sequences -> one loss. What Fabric wraps.

Legend: B customers, L actions, N catalogue rows (row N: the unknown item), P positions with a target, d width.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from shopwindow.models.context import JourneyTensors
from shopwindow.models.item_encoder import ItemInputs
from shopwindow.models.losses import LossConfig, Negatives, Scored, full_softmax, gbce, sampled_softmax
from shopwindow.models.two_tower import TwoTower


class StepBatch(NamedTuple):
    """`item [B, L]` rows, N for padding and unknown; `target [B, L+1]` rows, -1 for none; `weight` alike or None."""

    item: Tensor
    journey: JourneyTensors
    target: Tensor
    weight: Tensor | None
    negatives: Negatives | None


class NextItemStep(nn.Module):
    """The two-tower with its loss over all positions that have a target, and over those only."""

    def __init__(self, model: TwoTower, loss: LossConfig, inputs: ItemInputs, candidates: Tensor) -> None:
        """`inputs`: all N + 1 items. `candidates [I]`: rows that may be predicted: those with training events."""
        super().__init__()
        self.model, self.loss = model, loss
        for name, values in inputs._asdict().items():
            self.register_buffer(f"item_{name}", values, persistent=False)
        self.register_buffer("candidates", candidates, persistent=False)

    @property
    def inputs(self) -> ItemInputs:
        return ItemInputs(*(self.get_buffer(f"item_{name}") for name in ItemInputs._fields))

    def forward(self, batch: StepBatch) -> Tensor:
        """The batch's loss, a scalar."""
        real = batch.target >= 0
        target = batch.target[real]
        weight = None if batch.weight is None else batch.weight[real]
        candidates = self.get_buffer("candidates")
        if batch.negatives is None:
            vectors = self.model.encode_items(self.inputs)
            customers = self.model.customers(vectors.read[batch.item], batch.journey)[real]
            place = torch.searchsorted(candidates, target)
            return full_softmax(customers, vectors.score[candidates], place, weight)
        drawn = batch.negatives.rows
        used = torch.unique(torch.cat([batch.item.flatten(), target, drawn]))
        vectors = self.model.encode_items(self.inputs.take(used))
        read = vectors.read[torch.searchsorted(used, batch.item)]
        customers = self.model.customers(read, batch.journey)[real]
        positive = vectors.score[torch.searchsorted(used, target)]
        negative = vectors.score[torch.searchsorted(used, drawn)]
        scored = Scored(
            positive=(customers * positive).sum(dim=-1).float(),
            negative=(customers @ negative.T).float(),
            negative_log_q=batch.negatives.log_q[drawn],
            hit=target[:, None] == drawn[None, :],
        )
        return self._shared(scored, len(candidates), weight)

    def _shared(self, scored: Scored, items: int, weight: Tensor | None) -> Tensor:
        match self.loss.name:
            case "gbce":
                return gbce(scored, items, self.loss.calibration, weight)
            case "bce":
                return gbce(scored, items, 0.0, weight)
            case _:
                return sampled_softmax(scored, self.loss.correct, weight)
