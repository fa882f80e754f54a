"""Losses of next-item prediction: which of all items came next.

Legend: P positions with a target (padding is left out before), N items, M negatives shared by all positions,
d width. Every loss is a weighted mean over positions.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from shopwindow.errors import ConfigError

LossName = Literal["full", "sampled", "gbce", "bce"]
CHUNK = 512  # logits of this many positions stay near the processor


@dataclass(frozen=True, kw_only=True)
class LossConfig:
    """Which loss, and where its negatives come from.

    full: softmax over all items. sampled: softmax over the target and shared negatives, corrected for how
    often each is drawn (logQ). gbce: generalised BCE. bce: plain BCE against negatives.
    source: `uniform`, `popularity`, `log-uniform` over items by falling popularity, or `mixed` (half of the
    negatives are targets of the batch, half uniform).
    calibration: gBCE's t; 0 is plain BCE, 1 makes scores calibrated as if no negative were left out.
    use_gains: a target counts by the gain of its action; otherwise all count alike.
    """

    name: LossName = "sampled"
    negatives: int = 512
    source: Literal["uniform", "popularity", "log-uniform", "mixed"] = "mixed"
    correct: bool = True
    calibration: float = 0.75
    use_gains: bool = False

    def __post_init__(self) -> None:
        if self.name != "full" and self.negatives < 1:
            raise ConfigError(f"loss '{self.name}' needs at least 1 negative, came {self.negatives}")
        if not 0 <= self.calibration <= 1:
            raise ConfigError(f"calibration: expected a number from 0 to 1, came {self.calibration}")


class Negatives(NamedTuple):
    """`rows [M]`; `log_q [N]`: log of the expected number of times each item is among them."""

    rows: Tensor
    log_q: Tensor

    def to(self, device: torch.device) -> "Negatives":
        return Negatives(self.rows.to(device), self.log_q.to(device))


class Scored(NamedTuple):
    """What a loss over shared negatives compares.

    `positive [P]`, `negative [P, M]`: logits. `negative_log_q [M]`: as in Negatives.
    `hit [P, M]`: the negative is the position's own target.
    """

    positive: Tensor
    negative: Tensor
    negative_log_q: Tensor
    hit: Tensor


def full_softmax(customers: Tensor, items: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """Cross-entropy of `target [P]` among all items. `customers [P, d]`, `items [N, d]`, `weight [P]`."""
    weight = _normalised(weight, customers)
    if customers.device.type == "cpu":
        loss: Tensor = _FullSoftmax.apply(customers, items, target, weight)  # type: ignore[no-untyped-call]
        return loss
    losses = F.cross_entropy((customers @ items.T).float(), target, reduction="none")
    return (losses * weight).sum()


class _FullSoftmax(torch.autograd.Function):
    """Loss and gradients in one pass over chunks of positions, so that [P, N] never exists.

    A step spends most of its time here: three products per chunk while its logits are still in the cache.
    """

    @staticmethod
    def forward(ctx: Any, customers: Tensor, items: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        customers, items = customers.float(), items.float()
        to_customers, to_items = torch.empty_like(customers), torch.zeros_like(items)
        loss = customers.new_zeros(())
        for start in range(0, len(customers), CHUNK):
            part = slice(start, start + CHUNK)
            logits = customers[part] @ items.T
            top = logits.amax(dim=1, keepdim=True)
            own = logits.gather(1, target[part, None])
            total = logits.sub_(top).exp_().sum(dim=1, keepdim=True)
            loss += ((total.log() + top - own)[:, 0] * weight[part]).sum()
            logits.mul_(weight[part, None] / total)
            logits.scatter_add_(1, target[part, None], -weight[part, None])
            torch.mm(logits, items, out=to_customers[part])
            to_items.addmm_(logits.T, customers[part])
        ctx.save_for_backward(to_customers, to_items)
        return loss

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None, None]:
        to_customers, to_items = ctx.saved_tensors
        return to_customers * grad, to_items * grad, None, None


def sampled_softmax(scored: Scored, correct: bool = True, weight: Tensor | None = None) -> Tensor:
    """Softmax over the target and the shared negatives; accidental hits do not count.

    correct: subtract log_q, so that the expectation approaches the full softmax (Bengio and Senecal, 2008;
    Yi et al., "Sampling-Bias-Corrected Neural Modeling", 2019). The positive is no draw and is not corrected.
    """
    negative = scored.negative - scored.negative_log_q if correct else scored.negative
    negative = negative.masked_fill(scored.hit, -torch.inf)
    logits = torch.cat([scored.positive[:, None], negative], dim=1)
    losses = torch.logsumexp(logits, dim=1) - scored.positive
    return (losses * _normalised(weight, losses)).sum()


def gbce(scored: Scored, items: int, calibration: float, weight: Tensor | None = None) -> Tensor:
    """Binary cross-entropy with the positive's probability raised to beta, against overconfidence.

    beta = a (t (1 - 1/a) + 1/a) with a = M / (N - 1) and t the calibration; t = 0 is plain BCE.
    Petrov and Macdonald, "gSASRec", RecSys 2023.
    """
    share = min(scored.negative.shape[1] / max(items - 1, 1), 1.0)
    beta = share * (calibration * (1 - 1 / share) + 1 / share)
    against = F.softplus(scored.negative).masked_fill(scored.hit, 0.0).sum(dim=1)
    losses = against - beta * F.logsigmoid(scored.positive)
    return (losses * _normalised(weight, losses)).sum()


def log_uniform(items: int) -> Tensor:
    """[N] probability of each place when items stand by falling popularity: log((r+2)/(r+1)) / log(N+1)."""
    rank = torch.arange(items, dtype=torch.float64)
    return torch.log((rank + 2) / (rank + 1)) / math.log(items + 1)


def _normalised(weight: Tensor | None, like: Tensor) -> Tensor:
    if weight is None:
        return like.new_full((len(like),), 1 / max(len(like), 1), dtype=torch.float32)
    return weight / weight.sum().clamp(min=1e-12)
