"""Which items stand against the target: drawn once per batch and shared by all its positions."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch

from shopwindow.models.losses import LossConfig, Negatives, log_uniform
from shopwindow.schema.arrays import Int64, Rows

Float64 = np.typing.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class NegativeSampler:
    """Draws with replacement among the items that have training events.

    `rows [I]`: those items. `cumulative [I]`: their chances, summed up. `log_q [N]`: log of the expected
    number of draws of each item per batch, -inf for items that are never drawn.
    """

    config: LossConfig
    rows: Rows
    cumulative: Float64
    log_q: torch.Tensor

    @classmethod
    def of(cls, config: LossConfig, events: Int64) -> Self:
        """`events [N]`: training events of each catalogue row."""
        rows = np.flatnonzero(events > 0).astype(np.int32)
        share = _shares(config, events[rows])
        log_q = np.full(len(events), -np.inf)
        log_q[rows] = np.log(share) + math.log(config.negatives)
        return cls(config, rows, np.cumsum(share), torch.from_numpy(log_q.astype(np.float32)))

    def draw(self, targets: Rows, rng: np.random.Generator) -> Negatives:
        """Negatives for a batch with these target rows; `mixed` takes half of them from the targets."""
        own = _from_targets(self.config)
        places = np.searchsorted(self.cumulative, rng.random(self.config.negatives - own), side="right")
        drawn = self.rows[np.minimum(places, len(self.rows) - 1)]
        if own:
            drawn = np.concatenate([drawn, rng.choice(targets, own)])
        return Negatives(torch.from_numpy(drawn.astype(np.int64)), self.log_q)


def _shares(config: LossConfig, events: Int64) -> Float64:
    """[I] chance of each item per draw, as the sum over where draws come from.

    A target of a batch is a random training event, so drawing among targets is drawing by popularity.
    """
    uniform = np.full(len(events), 1 / len(events))
    popular: Float64 = events / events.sum()
    match config.source:
        case "uniform":
            return uniform
        case "popularity":
            return popular
        case "log-uniform":
            share = np.empty(len(events))
            share[np.argsort(-events, kind="stable")] = log_uniform(len(events)).numpy()
            return share
        case _:
            own = _from_targets(config) / config.negatives
            mixed: Float64 = own * popular + (1 - own) * uniform
            return mixed


def _from_targets(config: LossConfig) -> int:
    return config.negatives // 2 if config.source == "mixed" else 0
