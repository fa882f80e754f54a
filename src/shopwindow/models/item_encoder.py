"""ItemEncoder: id, content and metadata of an item -> the vector that histories read and the one that is scored.

Legend: M items, F metadata fields, C content width, d width.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple, Self

import numpy as np
import torch
from torch import Tensor, nn

from shopwindow.features.items import CONTENT, ItemFeatures
from shopwindow.schema.arrays import Int32


@dataclass(frozen=True, kw_only=True)
class ItemEncoderConfig:
    """`trainable=False` keeps the vectors fixed as content and metadata make them; only the bias is learned.

    tied: one vector is both read and scored. bias: the last coordinate of the scored vector meets a constant 1.
    id_dropout: share of ids replaced by the unknown id in a training step, so that an item without a trained
    id still gets a useful vector from content and metadata.
    """

    dim: int = 64
    ids: bool = True
    content: bool = True
    metadata: bool = True
    trainable: bool = True
    combine: Literal["sum", "concat"] = "sum"
    tied: bool = True
    bias: bool = True
    id_dropout: float = 0.1
    spread: float = 0.02


@dataclass(frozen=True)
class ItemSizes:
    """`ids`: trained ids (the unknown id comes on top); `fields`: rows of each metadata table; `content`: width."""

    ids: int
    fields: tuple[int, ...]
    content: int = CONTENT


class ItemInputs(NamedTuple):
    """`id_row [M]`: row of the trained id, `sizes.ids` for unknown; `codes [M, F]`; `content [M, C]`."""

    id_row: Tensor
    codes: Tensor
    content: Tensor

    @classmethod
    def of(cls, id_row: Int32, features: ItemFeatures) -> Self:
        return cls(
            torch.from_numpy(id_row.astype(np.int64)),
            torch.from_numpy(features.codes.astype(np.int64)),
            torch.from_numpy(features.content),
        )

    def take(self, rows: Tensor) -> "ItemInputs":
        return ItemInputs(self.id_row[rows], self.codes[rows], self.content[rows])

    def to(self, device: torch.device) -> "ItemInputs":
        return ItemInputs(self.id_row.to(device), self.codes.to(device), self.content.to(device))


class ItemVectors(NamedTuple):
    """`read [M, d]`: what a history position reads; `score [M, d]`: what retrieval scores."""

    read: Tensor
    score: Tensor


class ItemEncoder(nn.Module):
    """Vectors of items from their id, content and metadata."""

    def __init__(self, config: ItemEncoderConfig, sizes: ItemSizes) -> None:
        super().__init__()
        self.config, self.sizes = config, sizes
        self.reading = _Side(config, sizes)
        self.scoring = self.reading if config.tied else _Side(config, sizes)
        self.bias: nn.Embedding | None = None
        if not config.trainable:
            for parameter in self.parameters():
                parameter.requires_grad_(False)
        if config.bias and not config.trainable:
            self.bias = nn.Embedding(sizes.ids + 1, 1)
            nn.init.zeros_(self.bias.weight)

    def forward(self, items: ItemInputs) -> ItemVectors:
        """Vectors of these items; in training some ids are dropped, the same for both vectors."""
        id_row = items.id_row
        if self.training and self.config.id_dropout > 0:
            dropped = torch.rand(id_row.shape, device=id_row.device) < self.config.id_dropout
            id_row = torch.where(dropped, torch.full_like(id_row, self.sizes.ids), id_row)
        kept = items._replace(id_row=id_row)
        read = self.reading(kept)
        score = read if self.config.tied else self.scoring(kept)
        if self.bias is not None:
            score = torch.cat([score[:, :-1], self.bias(id_row)], dim=-1)
        return ItemVectors(read, score)


class _Side(nn.Module):
    """One vector per item: the parts summed, or concatenated and projected."""

    def __init__(self, config: ItemEncoderConfig, sizes: ItemSizes) -> None:
        super().__init__()
        d, concat = config.dim, config.combine == "concat"
        narrow = max(d // 4, 4) if concat else d
        uses_ids = config.ids and config.trainable
        self.ids = nn.Embedding(sizes.ids + 1, d) if uses_ids else None
        self.content = nn.Linear(sizes.content, d, bias=False) if config.content else None
        fields = sizes.fields if config.metadata else ()
        self.fields = nn.ModuleList(nn.Embedding(size, narrow) for size in fields)
        wide = d * (uses_ids + config.content) + narrow * len(fields)
        self.mix = nn.Linear(wide, d, bias=False) if concat else None
        spread = config.spread if config.trainable else d**-0.5  # fixed vectors: about unit length
        for table in (self.ids, *self.fields):
            if isinstance(table, nn.Embedding):
                nn.init.normal_(table.weight, std=spread)
        if self.content is not None:
            nn.init.normal_(self.content.weight, std=spread)
        self.dim = d

    def forward(self, items: ItemInputs) -> Tensor:
        parts = [self.ids(items.id_row)] if self.ids is not None else []
        if self.content is not None:
            parts.append(self.content(items.content))
        parts += [table(items.codes[:, place]) for place, table in enumerate(self.fields)]
        if not parts:
            return items.content.new_zeros(len(items.id_row), self.dim)
        if self.mix is not None:
            mixed: Tensor = self.mix(torch.cat(parts, dim=-1))
            return mixed
        return torch.stack(parts).sum(dim=0) if len(parts) > 1 else parts[0]
