"""How the learning rate moves, and the running mean of the weights."""

import math

import torch
from torch import nn

from shopwindow.training.run import LoopSettings

LOWEST = 0.01


def rate_at(run: LoopSettings, done: float) -> float:
    """Learning rate after the share `done` (0..1) of all steps."""
    if done < run.warm_up:
        return run.learning_rate * max(done / run.warm_up, LOWEST)
    if run.schedule == "constant":
        return run.learning_rate
    along = min((done - run.warm_up) / max(1 - run.warm_up, 1e-9), 1.0)
    return run.learning_rate * (LOWEST + (1 - LOWEST) * 0.5 * (1 + math.cos(math.pi * along)))


@torch.no_grad()
def move_average(average: nn.Module, model: nn.Module, decay: float, step: int) -> None:
    """Bring the running mean of the weights one step on; early on it forgets faster, to leave the start behind.

    The statistics of batch norm go along; its count of batches is taken as it stands.
    """
    kept = min(decay, (1 + step) / (10 + step)) if decay > 0 else 0.0
    torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - kept)
    for mean, own in zip(average.modules(), model.modules(), strict=True):
        if isinstance(mean, nn.modules.batchnorm._BatchNorm):
            for name, statistic in mean.named_buffers(recurse=False):
                other = own.get_buffer(name)
                statistic.lerp_(other, 1 - kept) if statistic.is_floating_point() else statistic.copy_(other)
