import torch
from torch import nn

from shopwindow.training.schedule import move_average


def test_weights_are_averaged_and_the_statistics_of_batch_norm_with_them() -> None:
    average, model = (nn.BatchNorm1d(2) for _ in range(2))
    nn.init.constant_(model.weight, 3.0)  # one in the average
    model(torch.tensor([[0.0, 10.0], [2.0, 30.0]]))  # means 1 and 20, of which a step takes a tenth
    move_average(average, model, decay=0.9, step=0)  # at first a tenth of the average is kept
    assert torch.allclose(average.weight, torch.full((2,), 0.1 * 1 + 0.9 * 3))
    assert torch.allclose(average.running_mean, 0.9 * torch.tensor([0.1, 2.0]))
    assert int(average.num_batches_tracked) == 1
