"""RankerStep: one batch of pages -> one loss.

Legend: B pages, K places of the longest page, L actions, X examples, H heads, N catalogue rows (row N: unknown).
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from shopwindow.models.context import JourneyTensors
from shopwindow.models.item_encoder import ItemInputs
from shopwindow.models.ranker import Ranker, mean_vectors


class PageTensors(NamedTuple):
    """A PageBatch as tensors: `item [B, L]` rows of the history, N for padding and unknown; `live [X, F]` codes of live
    features, None without them; the rest as there.
    """

    item: Tensor
    journey: JourneyTensors
    shown: Tensor
    page: Tensor
    row: Tensor
    position: Tensor
    surface: Tensor
    label: Tensor
    live: Tensor | None


class RankerStep(nn.Module):
    """The ranker with its loss: binary cross-entropy, the mean over examples, summed over heads."""

    def __init__(self, model: Ranker, inputs: ItemInputs) -> None:
        """`inputs`: all N + 1 items."""
        super().__init__()
        self.model = model
        for name, values in inputs._asdict().items():
            self.register_buffer(f"item_{name}", values, persistent=False)

    @property
    def inputs(self) -> ItemInputs:
        return ItemInputs(*(self.get_buffer(f"item_{name}") for name in ItemInputs._fields))

    def forward(self, batch: PageTensors) -> Tensor:
        """The batch's loss, a scalar."""
        logits = self.logits(batch)
        losses = functional.binary_cross_entropy_with_logits(logits.float(), batch.label, reduction="none")
        return losses.mean(dim=0).sum()

    def logits(self, batch: PageTensors) -> Tensor:
        """[X, H] at the places where the items stood."""
        used = torch.unique(torch.cat([batch.item.flatten(), batch.shown[batch.shown >= 0]]))
        vectors = self.model.encode_items(self.inputs.take(used))
        shown = torch.where(batch.shown >= 0, torch.searchsorted(used, batch.shown), -1)
        read = vectors[torch.searchsorted(used, batch.item)]
        customer = self.model.customer_side(read, batch.journey, mean_vectors(vectors, shown))
        item = self.model.item_side(vectors[torch.searchsorted(used, batch.row)])
        position: Tensor = self.model.position(batch.position, batch.surface)
        codes = None if batch.live is None else batch.live[:, None]
        logits = self.model.logits(customer[batch.page], item[:, None], codes)
        return logits[:, 0] + position
