"""LightGcn: vectors of customers and items, smoothed along who wanted what.

Legend: V customers learned from, B requests of a part, N items, P pairs, K layers, d width.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, NamedTuple, final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from shopwindow.baselines.history import popularity, ties_by_popularity
from shopwindow.baselines.neural.fitting import Pace, fit
from shopwindow.baselines.neural.pairs import Pairs, items_before
from shopwindow.baselines.space import Choice, Range, Space
from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.requests import RequestSet
from shopwindow.schema.arrays import Float, Int64

SPREAD: Final = 0.1  # of the first vectors, as the authors have it


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class LightGcn:
    """score = customer · item, each the mean of its vector and of what `layers` steps of averaging over neighbours give.

    A step weighs a neighbour by 1 / sqrt(own degree * its degree). BPR loss, `l2` on the vectors of a batch. A request's
    customer is averaged anew over the history at that moment; one that was not learned from starts from the mean.
    He et al., "LightGCN: Simplifying and Powering Graph Convolution Network for Recommendation", SIGIR 2020.
    """

    dim: int = 64
    layers: int = 2
    l2: float = 1e-4
    batch_size: int = 4096
    learning_rate: float = 5e-3
    epochs: int = 200
    patience: int = 10
    seed: int = 0

    @property
    def name(self) -> str:
        return "lightgcn"

    def fit(self, dataset: Dataset, train_end: Int64) -> "FittedLightGcn":
        def make(until: Int64) -> FittedLightGcn:
            pairs, popular = Pairs.of(dataset, until), popularity(dataset, until)
            return FittedLightGcn(self.name, dataset, self, pairs, popular, _Net(self, pairs.wanted))

        pace = Pace(
            epochs=self.epochs, patience=self.patience, learning_rate=self.learning_rate, seed=self.seed
        )
        fitted = fit(make, dataset, train_end, pace)
        with torch.no_grad():
            return replace(fitted, smoothed=fitted.net())


class Smoothed(NamedTuple):
    """`customers [V, d]`, `items [N, d]`; `read [N, d]`: items summed over the layers that customers read."""

    customers: Tensor
    items: Tensor
    read: Tensor


class _Net(nn.Module):
    def __init__(self, settings: LightGcn, wanted: Any) -> None:
        """`wanted`: sparse [V, N] of 1."""
        super().__init__()
        self.layers = settings.layers
        self.items = nn.Parameter(torch.randn(wanted.shape[1], settings.dim) * SPREAD)
        self.customers = nn.Parameter(torch.randn(wanted.shape[0], settings.dim) * SPREAD)
        graph = as_tensor(step(wanted, item_degree(wanted)))
        self.register_buffer("to_customers", graph, persistent=False)
        self.register_buffer("to_items", graph.t().coalesce(), persistent=False)

    def forward(self) -> Smoothed:
        to_customers, to_items = self.get_buffer("to_customers"), self.get_buffer("to_items")
        customers: list[Tensor] = [self.customers]
        items: list[Tensor] = [self.items]
        for _ in range(self.layers):
            below_customers, below_items = customers[-1], items[-1]
            customers.append(torch.sparse.mm(to_customers, below_items))
            items.append(torch.sparse.mm(to_items, below_customers))
        return Smoothed(
            customers=torch.stack(customers).mean(dim=0),
            items=torch.stack(items).mean(dim=0),
            read=torch.stack(items[:-1]).sum(dim=0),
        )


@dataclass(frozen=True, slots=True, eq=False)
class FittedLightGcn:
    """See `LightGcn`. `smoothed`: once it is trained."""

    name: str
    dataset: Dataset
    settings: LightGcn
    pairs: Pairs
    popular: Float
    net: _Net
    smoothed: Smoothed | None = None

    def losses(self, rng: np.random.Generator) -> Iterator[Tensor]:
        for batch in self.pairs.batches(self.settings.batch_size, 1, rng):
            customers, items, _ = self.net()
            customer, other = customers[batch.customer], batch.other[:, 0]
            ahead = (customer * (items[batch.wanted] - items[other])).sum(dim=1)
            used = (self.net.customers[batch.customer], self.net.items[batch.wanted], self.net.items[other])
            size = torch.stack([each.square().sum(dim=1) for each in used]).sum(dim=0).mean()
            yield F.softplus(-ahead).mean() + self.settings.l2 * size

    @torch.no_grad()
    def scores(self, requests: RequestSet) -> Float:
        _, items, read = self.smoothed or self.net()
        number = self.pairs.numbers(requests)
        own = self.net.customers[np.maximum(number, 0)].numpy()
        own = np.where(number[:, None] < 0, self.net.customers.mean(dim=0).numpy(), own)
        history = step(items_before(self.dataset, requests), item_degree(self.pairs.wanted))
        customers = (own + history @ read.numpy()) / (self.settings.layers + 1)
        return ties_by_popularity(customers @ items.numpy().T, self.popular)


def item_degree(wanted: Any) -> Float:
    """[N] customers who wanted each item, at least 1."""
    degree: Float = np.maximum(np.asarray(wanted.sum(axis=0)).ravel(), 1.0).astype(np.float32)
    return degree


def step(wanted: Any, degree: Float) -> Any:
    """Sparse rows of 1 over items -> 1 / sqrt(items of the row * degree of the item)."""
    own = np.maximum(np.diff(wanted.indptr), 1).astype(np.float32)
    return wanted.multiply(own[:, None] ** -0.5).multiply(degree[None, :] ** -0.5).tocsr()


def as_tensor(matrix: Any) -> Tensor:
    """The same sparse matrix in torch."""
    pairs = matrix.tocoo()
    places = torch.from_numpy(np.stack([pairs.row, pairs.col]).astype(np.int64))
    values = torch.from_numpy(pairs.data.astype(np.float32))
    return torch.sparse_coo_tensor(places, values, pairs.shape, check_invariants=False).coalesce()


def space(seed: int) -> Space:
    """What may be tried; `seed`: of the first vectors and of the pairs drawn."""
    return Space(
        make=partial(LightGcn, seed=seed),
        starts=(LightGcn(seed=seed), LightGcn(layers=3, l2=1e-3, seed=seed)),
        parameters={
            "dim": Choice((32, 64, 128)),
            "layers": Choice((1, 2, 3, 4)),
            "l2": Range(low=1e-5, high=1e-2, log=True),
            "learning_rate": Range(low=1e-3, high=2e-2, log=True),
        },
    )
