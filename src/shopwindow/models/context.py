"""What stands beside an item at a position: the action, the time since, and the request that follows.

Legend: B customers, L actions, d width. Codes may be -1 (absent) or newer than the model (unknown): both have
a row of their own, neither is an error.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple, Self

import torch
from torch import Tensor, nn

from shopwindow.features.journey import QUERY_BUCKETS, Journey

COUNTRY_BUCKETS: Final = 256
DEVICE_BUCKETS: Final = 64
TIME_STEPS: Final = 18  # log(1 + seconds) of 17 is nine months; longer counts as nine months


class JourneyTensors(NamedTuple):
    """A Journey without its items, as tensors; shapes as in features.journey."""

    action: Tensor
    gap: Tensor
    surface: Tensor
    category: Tensor
    query: Tensor
    wait: Tensor
    hour: Tensor
    weekday: Tensor
    country: Tensor
    device: Tensor
    length: Tensor

    @classmethod
    def of(cls, journey: Journey, device: torch.device) -> Self:
        arrays = (getattr(journey, name) for name in cls._fields)
        return cls(*(_tensor(torch.from_numpy(array), device) for array in arrays))


def _tensor(values: Tensor, device: torch.device) -> Tensor:
    return values.to(device) if values.is_floating_point() else values.long().to(device)


@dataclass(frozen=True, kw_only=True)
class ContextSizes:
    """How many codes of each kind the model knows."""

    actions: int
    surfaces: int
    categories: int
    queries: int = QUERY_BUCKETS


class Codes(nn.Module):
    """An embedding whose row 0 is for absent (-1) and unknown (beyond the last) codes."""

    def __init__(self, size: int, dim: int, spread: float = 0.02) -> None:
        super().__init__()
        self.size = size
        self.table = nn.Embedding(size + 1, dim)
        nn.init.normal_(self.table.weight, std=spread)

    def forward(self, codes: Tensor) -> Tensor:
        known = (codes >= 0) & (codes < self.size)
        vectors: Tensor = self.table(torch.where(known, codes + 1, torch.zeros_like(codes)))
        return vectors

    @torch.no_grad()
    def read_absent_as(self, code: int) -> None:
        """Let absent and unknown codes stand for `code` from now on."""
        self.table.weight[0] = self.table.weight[code + 1]


class Durations(nn.Module):
    """log(1 + seconds) -> a vector that changes continuously: linear between learned points one apart."""

    def __init__(self, dim: int, spread: float = 0.02) -> None:
        super().__init__()
        self.table = nn.Embedding(TIME_STEPS + 1, dim)
        nn.init.normal_(self.table.weight, std=spread)

    def forward(self, log_seconds: Tensor) -> Tensor:
        clamped = log_seconds.clamp(0, TIME_STEPS - 1)
        low = clamped.floor()
        share = (clamped - low)[..., None]
        row = low.long()
        vectors: Tensor = self.table(row) * (1 - share) + self.table(row + 1) * share
        return vectors


class LocalContext(nn.Module):
    """The request that follows a position: surface, category, query, wait, hour and weekday, summed."""

    def __init__(self, sizes: ContextSizes, dim: int) -> None:
        super().__init__()
        self.surface = Codes(sizes.surfaces, dim)
        self.category = Codes(sizes.categories, dim)
        self.query = Codes(sizes.queries, dim)
        self.hour, self.weekday = Codes(24, dim), Codes(7, dim)
        self.wait = Durations(dim)

    def forward(self, journey: JourneyTensors) -> Tensor:
        """[B, L+1, d]."""
        place = self.surface(journey.surface) + self.category(journey.category) + self.query(journey.query)
        vectors: Tensor = (
            place + self.wait(journey.wait) + self.hour(journey.hour) + self.weekday(journey.weekday)
        )
        return vectors


class CustomerTokens(nn.Module):
    """Country and device, two positions that every action can attend to."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.country, self.device = Codes(COUNTRY_BUCKETS, dim), Codes(DEVICE_BUCKETS, dim)

    def forward(self, journey: JourneyTensors) -> Tensor:
        """[B, 2, d]."""
        country = torch.where(journey.country >= 0, journey.country % COUNTRY_BUCKETS, journey.country)
        device = torch.where(journey.device >= 0, journey.device % DEVICE_BUCKETS, journey.device)
        return torch.stack([self.country(country), self.device(device)], dim=1)
