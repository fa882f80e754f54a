"""WdlAtt: wide and deep with attention, trained to order the whole page.

Legend: B pages, L actions, X pairs of a page and an item, C codes of an item, d width.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar, Final, final

import torch
from torch import Tensor, nn

from shopwindow.baselines.neural.dnn import dense
from shopwindow.baselines.pages.approx_ndcg import approx_ndcg, by_page
from shopwindow.baselines.pages.fitting import FittedNet, fit_net
from shopwindow.baselines.pages.net import NetSettings, PageNet
from shopwindow.baselines.pages.pairs import Pairs
from shopwindow.baselines.pages.reading import NetSizes, Reading
from shopwindow.baselines.pages.rival import PageSpace
from shopwindow.baselines.space import Choice, Range
from shopwindow.models.live import levels
from shopwindow.models.ranker import PositionBranch
from shopwindow.training.page_split import PageSplit

WHOLE_PAGE: Final = 1000  # negatives per positive: more than a page has
BUCKETS: Final = 131_071  # of crossed codes; a prime
PRIMES: Final = (1_000_003, 998_244_353, 7_368_787)


@final
@dataclass(frozen=True, kw_only=True)
class WdlAtt(NetSettings):
    """A linear part on live features and crossed codes, beside dense layers on what the candidate finds in the history.

    The attention is DIN's: each action gets a weight from itself, the candidate and their product, and weights are not
    normalised, so that much of a kind counts more than little. The loss is 1 - ApproxNDCG over the page. position: an
    input of the dense layers.

    Cheng et al., "Wide & Deep Learning for Recommender Systems", DLRS 2016; Zhou et al., "Deep Interest Network", KDD 2018.
    """

    kind: ClassVar[str] = "wdl-att"
    attention: int = 32
    temperature: float = 0.1
    negatives: int = WHOLE_PAGE

    def fit(self, pages: PageSplit, into: Path) -> FittedNet:
        return fit_net(pages, self, partial(_Net, self), into)


@final
class _Net(PageNet):
    def __init__(self, settings: WdlAtt, sizes: NetSizes) -> None:
        super().__init__()
        dim = settings.dim
        self.temperature = settings.temperature
        self.reading = Reading(sizes, dim)
        self.attention = Attention(dim, settings.attention)
        self.position = PositionBranch(sizes.context.surfaces, dim) if settings.position else None
        read = (4 if settings.position else 3) * dim + self.reading.around
        self.deep = dense(read, settings.wide, 1, settings.dropout, nn.LayerNorm)
        self.wide, self.crosses = nn.Linear(2 * sizes.features, 1), Crosses()
        self.register_buffer("gains", torch.tensor(sizes.gains), persistent=False)

    def loss(self, pairs: Pairs) -> Tensor:
        gain = (pairs.label * self.get_buffer("gains")).amax(dim=1)
        score, gain, there = (
            by_page(each, pairs.page, len(pairs.history))
            for each in (self.value(pairs).float(), gain, torch.ones_like(gain))
        )
        return 1 - approx_ndcg(score, gain, there, self.temperature).mean()

    def value(self, pairs: Pairs) -> Tensor:
        read = self.reading(pairs)
        found = self.attention(read.item, read.history, read.there)
        parts = [read.item, found, read.item * found, read.around]
        if self.position is not None:
            parts.append(self.position(pairs.position, pairs.surface))
        deep = self.deep(torch.cat(parts, dim=-1)) + self.wide(levels(pairs.live))
        value: Tensor = deep[:, 0] + self.crosses(pairs)
        return value


class Attention(nn.Module):
    """The history summed by how much each action says of the candidate."""

    def __init__(self, dim: int, width: int) -> None:
        super().__init__()
        self.item, self.action = nn.Linear(dim, width), nn.Linear(dim, width, bias=False)
        self.both, self.weight = nn.Linear(dim, width, bias=False), nn.Linear(width, 1)

    def forward(self, item: Tensor, history: Tensor, there: Tensor) -> Tensor:
        """[X, d], [X, L, d] and which of them are real [X, L] -> [X, d]."""
        hidden = self.item(item)[:, None] + self.action(history) + self.both(item[:, None] * history)
        weight = self.weight(torch.relu(hidden)).masked_fill(~there[..., None], 0.0)
        summed: Tensor = (weight * history).sum(dim=1)
        return summed


class Crosses(nn.Module):
    """A weight for each pair of codes: item and metadata of the candidate with the same of the last action's item, and with
    the surface and the category asked for. Codes are hashed, and start at 0.
    """

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(BUCKETS, 1)
        nn.init.zeros_(self.table.weight)

    def forward(self, pairs: Pairs) -> Tensor:
        """[X]."""
        journey, page = pairs.journey, pairs.page
        codes = torch.cat([pairs.items.id_row[:, None], pairs.items.codes], dim=1)
        at = journey.length[:, None]
        newest = codes[pairs.history.gather(1, (at - 1).clamp(min=0))[:, 0]]
        last = torch.where(at > 0, newest, -1)  # [B, C]
        category = journey.category.gather(1, at).expand_as(last)
        surface = journey.surface.gather(1, at).expand_as(last)
        own = codes[pairs.row].repeat(1, 3)
        other = torch.cat([last, surface, category], dim=1)[page]
        kind = torch.arange(own.shape[1], device=own.device)
        mixed = own * PRIMES[0] + (other + 1) * PRIMES[1] + kind * PRIMES[2]
        weights: Tensor = self.table(mixed % BUCKETS)[..., 0].sum(dim=1)
        return weights


def space(seed: int) -> PageSpace:
    """What may be tried; `seed`: of the first weights, the order of batches and what is dropped."""
    return PageSpace(
        make=partial(WdlAtt, seed=seed),
        starts=(WdlAtt(seed=seed), WdlAtt(dim=128, wide=256, seed=seed)),
        parameters={
            "dim": Choice((32, 64, 128)),
            "wide": Choice((128, 256)),
            "dropout": Choice((0.0, 0.2, 0.4)),
            "learning_rate": Range(low=3e-4, high=3e-3, log=True),
            "temperature": Range(low=0.05, high=1.0, log=True),
            "negatives": Choice((4, WHOLE_PAGE)),
        },
    )
