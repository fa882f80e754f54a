"""TwoTower: customers and items in one space; a score is their product.

Legend: B customers, L actions, M items, d width.
"""

from dataclasses import dataclass, field, replace
from typing import Self

import torch
from torch import Tensor, nn

from shopwindow.errors import ConfigError
from shopwindow.models.context import ContextSizes, JourneyTensors
from shopwindow.models.item_encoder import ItemEncoder, ItemEncoderConfig, ItemInputs, ItemSizes, ItemVectors
from shopwindow.models.journey_encoder import JourneyEncoder, JourneyEncoderConfig

VARIANTS = ("frozen", "trainable", "context")


@dataclass(frozen=True, kw_only=True)
class TwoTowerConfig:
    """Both towers; their widths must agree."""

    items: ItemEncoderConfig = field(default_factory=ItemEncoderConfig)
    journeys: JourneyEncoderConfig = field(default_factory=JourneyEncoderConfig)

    def __post_init__(self) -> None:
        if self.items.dim != self.journeys.block.dim:
            raise ConfigError(
                f"items.dim is {self.items.dim}, journeys.block.dim is {self.journeys.block.dim}: expected one width"
            )

    @property
    def dim(self) -> int:
        return self.items.dim

    def variant(self, name: str) -> Self:
        """The same model as `frozen` (item vectors fixed from content), `trainable`, or with local `context`.

        Raises:
            ConfigError: another name.
        """
        if name not in VARIANTS:
            raise ConfigError(f"variant: expected one of {', '.join(VARIANTS)}, came {name!r}")
        return replace(
            self,
            items=replace(self.items, trainable=name != "frozen"),
            journeys=replace(self.journeys, local_context=name == "context"),
        )


class TwoTower(nn.Module):
    """Item encoder and journey encoder; with a bias, the customer's last coordinate is 1."""

    def __init__(self, config: TwoTowerConfig, items: ItemSizes, context: ContextSizes) -> None:
        super().__init__()
        self.config = config
        self.items = ItemEncoder(config.items, items)
        self.journeys = JourneyEncoder(config.journeys, context)

    def encode_items(self, items: ItemInputs) -> ItemVectors:
        """Vectors of items, `read [M, d]` and `score [M, d]`."""
        vectors: ItemVectors = self.items(items)
        return vectors

    def customers(self, item_vectors: Tensor, journey: JourneyTensors) -> Tensor:
        """[B, L, d] -> [B, L+1, d]: for training."""
        return self._meet_bias(self.journeys(item_vectors, journey))

    def customer(self, item_vectors: Tensor, journey: JourneyTensors) -> Tensor:
        """[B, L, d] -> [B, d]: for a request; equal to `customers` at the last real position."""
        return self._meet_bias(self.journeys.last(item_vectors, journey))

    def _meet_bias(self, customers: Tensor) -> Tensor:
        if not self.config.items.bias:
            return customers
        return torch.cat([customers[..., :-1], torch.ones_like(customers[..., :1])], dim=-1)
