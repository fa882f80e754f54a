"""Pairs: pages and items of them, as a network reads them.

Legend: B pages, L actions, X pairs of a page and an item, M items that take part, F live features, H actions.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from shopwindow.datasets.page_examples import PageBatch
from shopwindow.models.context import JourneyTensors
from shopwindow.models.item_encoder import ItemInputs
from shopwindow.models.live import Codes
from shopwindow.training.trained import item_rows


class Pairs(NamedTuple):
    """Pair x is of page `page [X]` and item `row [X]`.

    `items`: the M items that take part. `row [X]` and `history [B, L]` are places among them; padding of histories is some
    item. `position [X]`: place on the page, 0 = first; `surface [X]`: -1 = unknown. `live [X, F]`: codes of live features.
    `label [X, H]`: 1 where the action followed.
    """

    items: ItemInputs
    history: Tensor
    journey: JourneyTensors
    page: Tensor
    row: Tensor
    position: Tensor
    surface: Tensor
    live: Tensor
    label: Tensor


def pairs_of(batch: PageBatch, live: Codes, inputs: ItemInputs, device: torch.device) -> Pairs:
    """The batch's examples, with their `live [X, F]`; `inputs`: all items, the unknown one last."""
    unknown = len(inputs.id_row) - 1
    history = item_rows(batch.journey, unknown)
    row = _whole(np.where(batch.row < 0, unknown, batch.row))
    used = torch.unique(torch.cat([history.flatten(), row]))
    return Pairs(
        items=inputs.take(used).to(device),
        history=torch.searchsorted(used, history).to(device),
        journey=JourneyTensors.of(batch.journey, device),
        page=_whole(batch.page).to(device),
        row=torch.searchsorted(used, row).to(device),
        position=_whole(batch.position).to(device),
        surface=_whole(batch.surface).to(device),
        live=torch.from_numpy(live).to(device),
        label=torch.from_numpy(batch.label).to(device),
    )


def _whole(values: np.ndarray) -> Tensor:
    return torch.from_numpy(values.astype(np.int64))
