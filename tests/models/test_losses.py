import math

import pytest
import torch
from torch.nn import functional as F

from shopwindow.errors import ConfigError
from shopwindow.models.losses import LossConfig, Scored, full_softmax, gbce, log_uniform, sampled_softmax


def leaf(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).requires_grad_()


@pytest.mark.parametrize("positions", [1, 7, 1100])
def test_the_chunked_softmax_is_the_cross_entropy_with_the_same_gradients(positions) -> None:
    customers, items = leaf(positions, 8, seed=1), leaf(20, 8, seed=2)
    target = torch.arange(positions) % 20
    loss = full_softmax(customers, items, target)
    mine = torch.autograd.grad(loss, [customers, items])
    plain = F.cross_entropy(customers @ items.T, target)
    theirs = torch.autograd.grad(plain, [customers, items])
    assert loss.item() == pytest.approx(plain.item(), abs=1e-5)
    for one, other in zip(mine, theirs, strict=True):
        assert (one - other).abs().max() < 1e-6


def test_weights_count_a_position_as_often_as_they_say() -> None:
    customers, items = leaf(2, 4, seed=1), leaf(5, 4, seed=2)
    weighted = full_softmax(customers, items, torch.tensor([0, 3]), torch.tensor([3.0, 1.0]))
    repeated = full_softmax(customers[[0, 0, 0, 1]], items, torch.tensor([0, 0, 0, 3]))
    assert weighted.item() == pytest.approx(repeated.item(), abs=1e-6)


def scored(
    positive: list[float], negative: list[list[float]], log_q: float = 0.0, hit: bool = False
) -> Scored:
    table = torch.tensor(negative)
    return Scored(
        torch.tensor(positive), table, torch.full((table.shape[1],), log_q), torch.full(table.shape, hit)
    )


def test_sampled_softmax_divides_a_negative_by_how_often_it_is_expected() -> None:
    loss = sampled_softmax(scored([0.0], [[0.0]], log_q=math.log(0.25)))  # stands for 1 / 0.25 = 4 items
    assert loss.item() == pytest.approx(math.log(1 + 4))


def test_sampled_softmax_over_every_item_once_is_the_full_softmax() -> None:
    customers, items, target = leaf(6, 4, seed=1), leaf(9, 4, seed=2), torch.arange(6)
    drawn = torch.arange(9)
    comparison = Scored(
        (customers * items[target]).sum(-1), customers @ items.T, torch.zeros(9), target[:, None] == drawn
    )
    assert sampled_softmax(comparison).item() == pytest.approx(
        full_softmax(customers, items, target).item(), 1e-5
    )


def test_the_corrected_sampled_softmax_comes_close_to_the_full_one_with_many_draws() -> None:
    customers, items, target = leaf(50, 4, seed=1), leaf(30, 4, seed=2), torch.arange(50) % 30
    share = log_uniform(30).float()
    drawn = torch.multinomial(share, 20_000, replacement=True, generator=torch.Generator().manual_seed(3))
    comparison = Scored(
        (customers * items[target]).sum(-1),
        customers @ items[drawn].T,
        (share * 20_000).log()[drawn],
        target[:, None] == drawn,
    )
    full = full_softmax(customers, items, target).item()
    assert sampled_softmax(comparison).item() == pytest.approx(full, abs=0.03)
    assert abs(sampled_softmax(comparison, correct=False).item() - full) > 1


def test_a_negative_that_is_the_target_does_not_count() -> None:
    assert sampled_softmax(scored([1.0], [[9.0, 9.0]], hit=True)).item() == pytest.approx(0.0)
    assert gbce(scored([0.0], [[9.0]], hit=True), 2, 0.0).item() == pytest.approx(math.log(2))


def test_gbce_without_calibration_is_binary_cross_entropy() -> None:
    loss = gbce(scored([0.0], [[0.0, 0.0]]), items=100, calibration=0.0)
    assert loss.item() == pytest.approx(3 * math.log(2))


def test_gbce_with_full_calibration_counts_the_positive_by_the_share_of_negatives_drawn() -> None:
    loss = gbce(scored([0.0], [[0.0, 0.0]]), items=101, calibration=1.0)  # 2 of 100 negatives: beta = 0.02
    assert loss.item() == pytest.approx((2 + 0.02) * math.log(2))


def test_log_uniform_chances_sum_to_one_and_fall() -> None:
    share = log_uniform(1000)
    assert share.sum().item() == pytest.approx(1)
    assert bool((share[1:] < share[:-1]).all())


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(ConfigError, match="needs at least 1 negative, came 0"):
        LossConfig(negatives=0)
    with pytest.raises(ConfigError, match=r"from 0 to 1, came 1\.5"):
        LossConfig(calibration=1.5)
