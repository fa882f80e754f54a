"""Readout: a position of its own after the history, in which the live request stands.

What stands before it does not know the request, so that it could be computed once per visit. The encoder reads the
position as one more action, of no known kind, that happens when the page is asked for.

Legend: B customers, L actions, d width.
"""

import torch
from torch import Tensor
from torch.nn import functional

from shopwindow.models.context import JourneyTensors


def request_alone(journey: JourneyTensors) -> JourneyTensors:
    """The live request of each journey without its history, as at a customer's first visit."""
    at = journey.length[:, None]

    def here(codes: Tensor) -> Tensor:
        return codes.gather(1, at)

    return journey._replace(
        action=journey.action[:, :0], gap=journey.gap[:, :0], wait=torch.zeros_like(here(journey.wait)),
        surface=here(journey.surface), category=here(journey.category), query=here(journey.query),
        hour=here(journey.hour), weekday=here(journey.weekday), length=torch.zeros_like(journey.length),
    )  # fmt: skip


def with_readout(
    journey: JourneyTensors, item_vectors: Tensor, readout: Tensor
) -> tuple[JourneyTensors, Tensor]:
    """The journey with `readout [B, d]` as one more action; [B, L, d] -> [B, L+1, d].

    The live context moves from the position of the last action to that of the readout; the wait becomes the gap before it.
    """
    at = journey.length[:, None]

    def moved(codes: Tensor) -> Tensor:
        longer = functional.pad(codes, (0, 1), value=-1)
        return longer.scatter(1, at + 1, codes.gather(1, at)).scatter(1, at, torch.full_like(at, -1))

    both, nothing = torch.cat([at, at + 1], dim=1), torch.zeros_like(journey.wait[:, :1]).expand(-1, 2)
    longer = journey._replace(
        action=functional.pad(journey.action, (0, 1)).scatter(1, at, torch.full_like(at, -1)),
        gap=functional.pad(journey.gap, (0, 1)).scatter(1, at, journey.wait.gather(1, at)),
        wait=functional.pad(journey.wait, (0, 1)).scatter(1, both, nothing),
        surface=moved(journey.surface), category=moved(journey.category), query=moved(journey.query),
        hour=moved(journey.hour), weekday=moved(journey.weekday), length=journey.length + 1,
    )  # fmt: skip
    place = at[:, :, None].expand(-1, -1, item_vectors.shape[2])
    vectors = functional.pad(item_vectors, (0, 0, 0, 1)).scatter(1, place, readout[:, None])
    return longer, vectors


def with_first_action(
    journey: JourneyTensors, item_vectors: Tensor, first: Tensor
) -> tuple[JourneyTensors, Tensor]:
    """The journey with `first [B, d]` before its actions, where every later position attends to it; [B, L+1, d]."""

    def later(codes: Tensor) -> Tensor:
        return functional.pad(codes, (1, 0), value=-1)

    longer = journey._replace(
        action=later(journey.action), gap=functional.pad(journey.gap, (1, 0)),
        wait=functional.pad(journey.wait, (1, 0)), surface=later(journey.surface),
        category=later(journey.category), query=later(journey.query), hour=later(journey.hour),
        weekday=later(journey.weekday), length=journey.length + 1,
    )  # fmt: skip
    return longer, torch.cat([first[:, None], item_vectors], dim=1)
