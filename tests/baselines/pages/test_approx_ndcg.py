import math

import numpy as np
import pytest
import torch

from shopwindow.baselines.pages.approx_ndcg import approx_ndcg, by_page


def all_there(values):
    return torch.ones_like(values, dtype=torch.bool)


def test_two_items_by_hand() -> None:
    score, gain = torch.tensor([[1.0, 0.0]]), torch.tensor([[1.0, 5.0]])
    before = 1 / (1 + math.exp(-1 / 0.5))  # how surely the first stands before the second, at temperature 0.5
    first, second = 1 + (1 - before), 1 + before
    reached = 1 / math.log2(1 + first) + 5 / math.log2(1 + second)
    ideal = 5 / math.log2(2) + 1 / math.log2(3)
    found = approx_ndcg(score, gain, all_there(score), temperature=0.5)
    assert found.tolist() == pytest.approx([reached / ideal])


@pytest.mark.parametrize("seed", range(20))
def test_as_the_temperature_falls_it_becomes_ndcg(seed) -> None:
    rng = np.random.default_rng(seed)
    score, gain = rng.permutation(12).astype(np.float32), rng.choice([0, 0, 1, 5], 12)
    gain[rng.integers(12)] = 5
    rank = (-score).argsort().argsort()
    ndcg = (gain / np.log2(rank + 2)).sum() / (np.sort(gain)[::-1] / np.log2(np.arange(12) + 2)).sum()
    score, gain = torch.from_numpy(score)[None], torch.from_numpy(gain.astype(np.float32))[None]
    assert float(approx_ndcg(score, gain, all_there(score), 1e-3)) == pytest.approx(ndcg, rel=1e-5)


def test_padding_takes_no_part_and_a_page_without_gain_has_none() -> None:
    score = torch.tensor([[2.0, 1.0, 0.5], [3.0, 1.0, 2.0]])
    gain = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    there = torch.tensor([[True, True, False], [True, True, True]])
    found = approx_ndcg(score, gain, there, 1.0)
    alone = approx_ndcg(score[:1, :2], gain[:1, :2], there[:1, :2], 1.0)
    assert found.tolist() == pytest.approx([float(alone), 0.0])


def test_its_gradient_lifts_what_is_wanted() -> None:
    score = torch.tensor([[1.0, 0.0]], requires_grad=True)
    approx_ndcg(score, torch.tensor([[0.0, 1.0]]), all_there(score), 1.0).sum().backward()
    assert score.grad[0, 1] > 0 > score.grad[0, 0]


def test_values_are_put_side_by_side_for_each_page() -> None:
    found = by_page(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0, 2, 2]), 3)
    assert found.tolist() == [[1.0, 0.0], [0.0, 0.0], [2.0, 3.0]]
