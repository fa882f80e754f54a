"""Bert4Rec: actions of a journey are hidden and told from what stands on both sides of them.

Legend: B customers, L actions, T positions, P hidden positions, d width.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, final

import numpy as np
import torch
from torch import Tensor, nn

from shopwindow.baselines.neural.fitting import Pace, fit
from shopwindow.baselines.neural.next_item import ItemTable, NextItemExamples, as_rows
from shopwindow.baselines.space import Choice, Range, Space
from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.requests import RequestSet, journeys
from shopwindow.datasets.sequences import SequenceBatch
from shopwindow.schema.arrays import Bool, Float, Int64

LAST_ALONE: Final = 0.2  # of the sequences hide their last action and no other, as a request does


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Bert4Rec:
    """A transformer that sees both sides; at a request a hidden action is appended to the last `last` ones.

    hidden: share of the actions hidden in training. Places are counted from the end. Needs many more epochs than a
    causal model: Petrov and Macdonald, "A Systematic Review and Replicability Study of BERT4Rec", RecSys 2022.
    Sun et al., "BERT4Rec: Sequential Recommendation with Bidirectional Encoder Representations from Transformer",
    CIKM 2019.
    """

    dim: int = 64
    heads: int = 2
    blocks: int = 2
    dropout: float = 0.2
    hidden: float = 0.2
    last: int = 100
    batch_size: int = 32
    learning_rate: float = 1e-3
    epochs: int = 200
    patience: int = 15
    seed: int = 0

    @property
    def name(self) -> str:
        return "bert4rec"

    def fit(self, dataset: Dataset, train_end: Int64) -> "FittedBert4Rec":
        def make(until: Int64) -> FittedBert4Rec:
            examples = NextItemExamples.of(dataset, until, self.last, self.batch_size)
            return FittedBert4Rec(self.name, dataset, self, examples, _Net(self, dataset.num_items))

        pace = Pace(
            epochs=self.epochs, patience=self.patience, learning_rate=self.learning_rate, seed=self.seed
        )
        return fit(make, dataset, train_end, pace)


class _Net(nn.Module):
    def __init__(self, settings: Bert4Rec, num_items: int) -> None:
        super().__init__()
        self.items = ItemTable(num_items, settings.dim, extra=1)
        self.hidden_row = num_items + 1
        self.places = nn.Embedding(settings.last + 1, settings.dim)
        nn.init.normal_(self.places.weight, std=0.02)
        layer = nn.TransformerEncoderLayer(
            settings.dim, settings.heads, 4 * settings.dim, settings.dropout, "gelu", batch_first=True,
            norm_first=True,
        )  # fmt: skip
        self.encoder = nn.TransformerEncoder(layer, settings.blocks, enable_nested_tensor=False)
        self.before = nn.Sequential(nn.LayerNorm(settings.dim), nn.Dropout(settings.dropout))
        self.head = nn.Sequential(
            nn.LayerNorm(settings.dim), nn.Linear(settings.dim, settings.dim), nn.GELU(),
            nn.LayerNorm(settings.dim),
        )  # fmt: skip

    def forward(self, item: Tensor, length: Tensor) -> Tensor:
        """[B, T] rows, the first `length [B]` of them real -> [B, T, d]."""
        place = length[:, None] - 1 - torch.arange(item.shape[1])[None, :]
        read = self.before(self.items(item) + self.places(place.clamp(min=0)))
        vectors: Tensor = self.encoder(read, src_key_padding_mask=place < 0)
        return vectors

    def told(self, vectors: Tensor) -> Tensor:
        """[P, d] at hidden positions -> [P, d] as they meet item vectors."""
        told: Tensor = self.head(vectors)
        return told


@dataclass(frozen=True, slots=True, eq=False)
class FittedBert4Rec:
    """See `Bert4Rec`."""

    name: str
    dataset: Dataset
    settings: Bert4Rec
    examples: NextItemExamples
    net: _Net

    def losses(self, rng: np.random.Generator) -> Iterator[Tensor]:
        for batch in self.examples.batches(rng):
            item, length = whole(batch)
            hidden = hide(item, length, self.settings.hidden, rng)
            if not hidden.any():
                continue
            read = as_rows(np.where(hidden, self.net.hidden_row, item))
            vectors = self.net(read, as_rows(length))[torch.from_numpy(hidden)]
            target = as_rows(item[hidden])
            yield self.examples.cross_entropy(self.net.items, self.net.told(vectors), target, rng)

    @torch.no_grad()
    def scores(self, requests: RequestSet) -> Float:
        journey = journeys(self.dataset, requests, self.settings.last)
        length = journey.length.astype(np.int64)
        item = np.pad(journey.item, ((0, 0), (0, 1)), constant_values=-1)
        row = np.arange(len(item))
        item[row, length] = self.net.hidden_row
        vectors = self.net(as_rows(item), as_rows(length + 1))[row, length]
        return self.net.items.scores(self.net.told(vectors))


def whole(batch: SequenceBatch) -> tuple[Int64, Int64]:
    """The windows with their last target: rows [B, L+1], -1 where there is none to tell, and lengths [B]."""
    length = batch.journey.length.astype(np.int64)
    item = np.pad(batch.journey.item.astype(np.int64), ((0, 0), (0, 1)), constant_values=-1)
    row = np.arange(len(item))
    item[row, length] = batch.target[row, length]
    return item, length + 1


def hide(item: Int64, length: Int64, share: float, rng: np.random.Generator) -> Bool:
    """[B, T] which actions to hide: a `share` of each sequence, or its last one alone."""
    drawn = (rng.random(item.shape) < share) & (item >= 0)
    last = np.arange(item.shape[1])[None, :] == length[:, None] - 1
    alone = (rng.random(len(item)) < LAST_ALONE) | ~drawn.any(axis=1)
    hidden: Bool = np.where(alone[:, None], last, drawn) & (item >= 0)
    return hidden


def space(seed: int) -> Space:
    """What may be tried; `seed`: of the first weights, what is hidden and what is dropped."""
    return Space(
        make=partial(Bert4Rec, seed=seed),
        starts=(Bert4Rec(seed=seed), Bert4Rec(dropout=0.3, hidden=0.4, seed=seed)),
        parameters={
            "dim": Choice((32, 64, 128)),
            "dropout": Choice((0.1, 0.2, 0.3, 0.5)),
            "hidden": Choice((0.1, 0.2, 0.4, 0.6)),
            "learning_rate": Range(low=5e-4, high=3e-3, log=True),
        },
    )
