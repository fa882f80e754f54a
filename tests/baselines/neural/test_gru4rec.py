import math

import pytest
import torch

from shopwindow.baselines.neural.gru4rec import bpr_max
from shopwindow.models.losses import Scored


def scored(positive, negative, hit):
    return Scored(
        positive=torch.tensor(positive),
        negative=torch.tensor(negative),
        negative_log_q=torch.zeros(len(hit[0])),
        hit=torch.tensor(hit),
    )


def test_bpr_max_weighs_negatives_by_their_softmax_and_punishes_large_ones() -> None:
    share = math.exp(1) / (math.exp(1) + 1)  # of the negative that scores 1, beside one that scores 0
    above = share * sigmoid(2 - 1) + (1 - share) * sigmoid(2 - 0)
    found = bpr_max(scored([2.0], [[1.0, 0.0]], [[False, False]]), l2=0.5)
    assert float(found) == pytest.approx(-math.log(above) + 0.5 * share * 1**2, rel=1e-5)


def test_a_negative_that_is_the_target_itself_does_not_count() -> None:
    found = bpr_max(scored([2.0], [[9.0, 0.0]], [[True, False]]), l2=0.5)
    assert float(found) == pytest.approx(-math.log(sigmoid(2)), rel=1e-5)


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))
