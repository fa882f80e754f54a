"""NeuMf: matrix factorisation and dense layers, trained together on single pairs.

Legend: V customers learned from, B requests of a part, N items, P pairs, M negatives, d width.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, NamedTuple, final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from shopwindow.baselines.bpr import shares
from shopwindow.baselines.history import popularity, ties_by_popularity
from shopwindow.baselines.neural.fitting import Pace, fit
from shopwindow.baselines.neural.pairs import Pairs, items_before
from shopwindow.baselines.space import Choice, Range, Space
from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.requests import RequestSet
from shopwindow.schema.arrays import Bool, Float, Int64

RIDGE: Final = 1e-2  # of the mean square of the items' means: enough to invert


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class NeuMf:
    """logit = w · [customer * item, ReLU layers of (customer, item)] with vectors of their own for either part.

    BCE against `negatives` drawn for each wanted item. A customer who was not learned from is predicted from the mean
    of their items' vectors, by the ridge regression that fits those learned from best; without history: their mean.
    He et al., "Neural Collaborative Filtering", WWW 2017 (both parts trained together from the start).
    """

    dim: int = 32
    wide: int = 64
    dropout: float = 0.1
    negatives: int = 4
    weight_decay: float = 0.01
    batch_size: int = 1024
    learning_rate: float = 2e-3
    epochs: int = 60
    patience: int = 5
    seed: int = 0

    @property
    def name(self) -> str:
        return "neumf"

    def fit(self, dataset: Dataset, train_end: Int64) -> "FittedNeuMf":
        def make(until: Int64) -> FittedNeuMf:
            pairs, popular = Pairs.of(dataset, until), popularity(dataset, until)
            return FittedNeuMf(self.name, dataset, self, pairs, popular, _Net(self, pairs.wanted.shape))

        pace = Pace(
            epochs=self.epochs, patience=self.patience, learning_rate=self.learning_rate,
            weight_decay=self.weight_decay, seed=self.seed,
        )  # fmt: skip
        fitted = fit(make, dataset, train_end, pace)
        return replace(fitted, fold_in=fitted.fold())


class _Net(nn.Module):
    def __init__(self, settings: NeuMf, shape: tuple[int, int]) -> None:
        super().__init__()
        self.dim, dim, wide = settings.dim, settings.dim, settings.wide
        self.items = nn.Embedding(shape[1], 2 * dim)  # of the product, then of the dense layers
        self.customers = nn.Embedding(shape[0], 2 * dim)
        for table in (self.items, self.customers):
            nn.init.normal_(table.weight, std=0.05)
        self.of_customer, self.of_item = nn.Linear(dim, wide), nn.Linear(dim, wide, bias=False)
        self.dense = nn.Sequential(
            nn.ReLU(), nn.Dropout(settings.dropout), nn.Linear(wide, wide // 2),
            nn.ReLU(), nn.Dropout(settings.dropout), nn.Linear(wide // 2, wide // 4), nn.ReLU(),
        )  # fmt: skip
        self.logit = nn.Linear(dim + wide // 4, 1)

    def forward(self, customers: Tensor, items: Tensor) -> Tensor:
        """[..., 2d] and [..., 2d], which broadcast -> logits [...]."""
        product = customers[..., : self.dim] * items[..., : self.dim]
        dense = self.dense(
            self.of_customer(customers[..., self.dim :]) + self.of_item(items[..., self.dim :])
        )
        logits: Tensor = self.logit(torch.cat([product, dense], dim=-1))[..., 0]
        return logits


@dataclass(frozen=True, slots=True, eq=False)
class FittedNeuMf:
    """See `NeuMf`. `fold_in`: once it is trained."""

    name: str
    dataset: Dataset
    settings: NeuMf
    pairs: Pairs
    popular: Float
    net: _Net
    fold_in: "FoldIn | None" = None

    def losses(self, rng: np.random.Generator) -> Iterator[Tensor]:
        for batch in self.pairs.batches(self.settings.batch_size, self.settings.negatives, rng):
            items = torch.cat([batch.wanted[:, None], batch.other], dim=1)  # [P, 1+M]
            logits = self.net(self.net.customers(batch.customer)[:, None], self.net.items(items))
            wanted = torch.zeros_like(logits)
            wanted[:, 0] = 1.0
            yield F.binary_cross_entropy_with_logits(logits, wanted)

    @torch.no_grad()
    def scores(self, requests: RequestSet) -> Float:
        items = self.net.items.weight
        scores = [self.net(each, items).numpy() for each in torch.from_numpy(self._customers(requests))]
        return ties_by_popularity(np.stack(scores), self.popular)

    def _customers(self, requests: RequestSet) -> Float:
        """[B, 2d]."""
        number = self.pairs.numbers(requests)
        found: Float = self.net.customers.weight.detach().numpy()[np.maximum(number, 0)]
        new = np.flatnonzero(number < 0)
        if len(new):
            history = items_before(self.dataset, requests.take(new))
            means = shares(history) @ self.net.items.weight.detach().numpy()
            found[new] = (self.fold_in or self.fold()).customers(means, np.diff(history.indptr) > 0)
        return found

    def fold(self) -> "FoldIn":
        """What the customers learned from say of new ones."""
        items, customers = (table.weight.detach().numpy() for table in (self.net.items, self.net.customers))
        return FoldIn.of(shares(self.pairs.wanted) @ items, customers)


class FoldIn(NamedTuple):
    """Ridge regression from the mean of a history's item vectors to a customer's.

    `centre [2d]`: mean of those means, `middle [2d]`: the mean customer, `slope [2d, 2d]`.
    """

    centre: Float
    middle: Float
    slope: Float

    @classmethod
    def of(cls, means: Float, customers: Float) -> "FoldIn":
        """`means [V, 2d]`, `customers [V, 2d]`."""
        centre, middle = means.mean(axis=0), customers.mean(axis=0)
        apart = means - centre
        square = apart.T @ apart
        damping = RIDGE * max(float(np.trace(square)) / len(square), 1e-12) * np.eye(len(square))
        return cls(centre, middle, np.linalg.solve(square + damping, apart.T @ (customers - middle)))

    def customers(self, means: Float, known: Bool) -> Float:
        """`means [B, 2d]` -> [B, 2d]; the mean customer where not `known [B]`."""
        found: Float = self.middle + np.where(known[:, None], (means - self.centre) @ self.slope, 0.0)
        return found.astype(np.float32)


def space(seed: int) -> Space:
    """What may be tried; `seed`: of the first weights and of the pairs drawn."""
    return Space(
        make=partial(NeuMf, seed=seed),
        starts=(NeuMf(seed=seed), NeuMf(dim=16, wide=32, weight_decay=0.1, seed=seed)),
        parameters={
            "dim": Choice((8, 16, 32, 64)),
            "wide": Choice((32, 64, 128)),
            "dropout": Choice((0.0, 0.1, 0.3)),
            "weight_decay": Range(low=1e-3, high=1.0, log=True),
            "learning_rate": Range(low=5e-4, high=5e-3, log=True),
        },
    )
