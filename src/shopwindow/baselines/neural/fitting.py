"""Fitting: one short loop for all neural baselines; how long it runs is chosen before `train_end`.

Legend: U customers, B requests of a part, N items.
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.recommender import Recommender
from shopwindow.datasets.requests import RequestSet
from shopwindow.datasets.split import single_requests
from shopwindow.errors import EvaluationError
from shopwindow.schema.arrays import Int64
from shopwindow.training.schedule import move_average
from shopwindow.training.validation import ndcg_at_10

HELD_OUT: Final = 2000  # customers whose last wanted action says when to stop, at most
FEWEST: Final = 3  # wanted actions of such a customer
REPEATS: Final = 0.05  # of the held-out items: with fewer of them, items seen before are no candidates
AVERAGE: Final = 0.995  # decay of the running mean of the weights, which is what scores
CLIP: Final = 5.0  # largest norm of a step's gradients


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """`epochs`: at most; `patience`: epochs without a better NDCG@10 before it stops."""

    epochs: int
    patience: int
    learning_rate: float
    weight_decay: float = 0.0
    seed: int = 0


class Learner(Recommender, Protocol):
    """A network that makes its own examples and scores with whatever weights it has at the moment."""

    @property
    def net(self) -> nn.Module:
        """What is trained."""
        ...

    def losses(self, rng: np.random.Generator) -> Iterator[Tensor]:
        """One epoch: a loss per batch; the weights move before the next one is asked for."""
        ...


L = TypeVar("L", bound=Learner)


def fit(make: Callable[[Int64], L], dataset: Dataset, train_end: Int64, pace: Pace) -> L:
    """The learner that `make` builds for the events before an end `[U]`, trained.

    The last wanted action of some customers before `train_end` is held out to find the best number of epochs; then
    all is learned anew, those actions included, in so many epochs. Equal seeds give equal weights; the global state
    of random numbers stays as it was.

    Raises:
        EvaluationError: there is no wanted action before `train_end`.
    """
    if not dataset.wanted_before(train_end).any():
        raise EvaluationError("expected wanted actions to learn from, came none; import actions first")
    epochs, slice_ = pace.epochs, held_out(dataset, train_end, pace.seed)
    if len(slice_.requests):
        epochs = _best_epoch(make, dataset, slice_, pace)
    with _random_from(pace.seed):
        learner = make(train_end)
        for _ in _epochs(learner, replace(pace, epochs=epochs)):
            pass
    return learner


class HeldOut(NamedTuple):
    """`requests` want the last wanted action of some customers; `end [U]`: what may be learned before them."""

    requests: RequestSet
    end: Int64
    exclude_seen: bool


def held_out(dataset: Dataset, train_end: Int64, seed: int) -> HeldOut:
    """At most `HELD_OUT` customers with at least `FEWEST` wanted actions before `train_end`, drawn by seed."""
    columns = dataset.columns
    events = np.flatnonzero(dataset.wanted_before(train_end))
    customer = columns.customer_of_event()[events]
    last = np.flatnonzero(np.diff(customer, append=-1))
    last = last[np.diff(last, prepend=-1) >= FEWEST]
    last = np.sort(np.random.default_rng(seed).permutation(last)[:HELD_OUT])
    end = np.asarray(train_end).copy()
    end[customer[last]] = events[last]
    item = dataset.item_row
    again = [item[events[place]] in item[columns.offsets[customer[place]] : events[place]] for place in last]
    requests = single_requests(dataset, customer[last].astype(np.int64), events[last])
    return HeldOut(requests, end, exclude_seen=sum(again) < REPEATS * max(len(again), 1))


def _best_epoch(make: Callable[[Int64], L], dataset: Dataset, slice_: HeldOut, pace: Pace) -> int:
    best, best_epoch = -1.0, 1
    with _random_from(pace.seed):
        learner = make(slice_.end)
        for epoch in _epochs(learner, pace):
            ndcg = ndcg_at_10(learner, dataset, slice_.requests, slice_.exclude_seen)
            if ndcg > best:
                best, best_epoch = ndcg, epoch
            if epoch - best_epoch >= pace.patience:
                break
    return best_epoch


def _epochs(learner: L, pace: Pace) -> Iterator[int]:
    """Train; after each epoch its number, while the learner has the running mean of its weights."""
    net, step = learner.net, 0
    average = copy.deepcopy(net)
    optimiser = torch.optim.AdamW(net.parameters(), lr=pace.learning_rate, weight_decay=pace.weight_decay)
    for epoch in range(1, pace.epochs + 1):
        net.train()
        for loss in learner.losses(np.random.default_rng([pace.seed, epoch])):
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(net.parameters(), CLIP)
            optimiser.step()
            move_average(average, net, AVERAGE, step)
            step += 1
        net.eval()
        own = [each.detach().clone() for each in net.parameters()]
        _set(net, list(average.parameters()))
        yield epoch
        if epoch < pace.epochs:
            _set(net, own)


@torch.no_grad()
def _set(net: nn.Module, weights: list[Tensor]) -> None:
    for parameter, weight in zip(net.parameters(), weights, strict=True):
        parameter.copy_(weight)


@contextmanager
def _random_from(seed: int) -> Iterator[None]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
