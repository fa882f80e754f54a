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
from shopwindow.models.repeats import Repeats

VARIANTS = ("frozen", "trainable", "context")


@dataclass(frozen=True, kw_only=True)
class TwoTowerConfig:
    """Both towers; their widths must agree.

    temperature: scores are cosines divided by it (the bias is added as it is); None: plain products. With cosines
    the model cannot tell rare items apart by the length of their vectors, which it would learn by heart.
    repeats: point at items of the history that are wanted again (models.repeats), for shops where people return to items.
    """

    items: ItemEncoderConfig = field(default_factory=ItemEncoderConfig)
    journeys: JourneyEncoderConfig = field(default_factory=JourneyEncoderConfig)
    temperature: float | None = None
    repeats: bool = False

    def __post_init__(self) -> None:
        if self.temperature is not None and self.temperature <= 0:
            raise ConfigError(f"temperature: expected a number above 0, or none, came {self.temperature}")
        if self.repeats and not self.items.tied:
            raise ConfigError(
                "repeats: an item of the history is scored as it is read, which needs items.tied"
            )
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
        self.repeats = Repeats(config.dim, context.actions) if config.repeats else None

    def encode_items(self, items: ItemInputs) -> ItemVectors:
        """Vectors of items, `read [M, d]` and `score [M, d]`."""
        vectors: ItemVectors = self.items(items)
        if self.config.temperature is None:
            return vectors
        return vectors._replace(score=self._unit_length(vectors.score))

    def customers(self, item_vectors: Tensor, journey: JourneyTensors) -> Tensor:
        """[B, L, d] -> [B, L+1, d]: for training."""
        read = torch.arange(item_vectors.shape[1] + 1, device=item_vectors.device)[None]
        return self._finished(self.journeys(item_vectors, journey), read, item_vectors, journey)

    def customer(self, item_vectors: Tensor, journey: JourneyTensors) -> Tensor:
        """[B, L, d] -> [B, d]: for a request; equal to `customers` at the last real position."""
        last, read = self.journeys.last(item_vectors, journey)[:, None], journey.length[:, None]
        return self._finished(last, read, item_vectors, journey)[:, 0]

    def _finished(
        self, encoded: Tensor, read: Tensor, item_vectors: Tensor, journey: JourneyTensors
    ) -> Tensor:
        """[B, P, d] as the journey encoder gives it -> [B, P, d] as it meets item vectors."""
        customers = encoded
        if self.config.temperature is not None:
            customers = self._unit_length(encoded) / self.config.temperature
        if self.repeats is not None:
            customers = customers + self.repeats(encoded, read, item_vectors, journey)
        if not self.config.items.bias:
            return customers
        return torch.cat([customers[..., :-1], torch.ones_like(customers[..., :1])], dim=-1)

    def _unit_length(self, vectors: Tensor) -> Tensor:
        """Of length 1, the coordinate of the bias not counted and left as it is."""
        if not self.config.items.bias:
            return nn.functional.normalize(vectors, dim=-1)
        return torch.cat([nn.functional.normalize(vectors[..., :-1], dim=-1), vectors[..., -1:]], dim=-1)
