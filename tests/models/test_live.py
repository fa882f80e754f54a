import numpy as np
import torch

from shopwindow.models.live import STEPS, LiveBranch, LiveScale

RNG = np.random.default_rng(0)
COUNTS = RNG.poisson(0.4, 4000).astype(np.float32)
TAIL = np.exp(RNG.normal(0, 3, 4000)).astype(np.float32)
VALUES = np.stack([COUNTS, TAIL, np.full(4000, np.nan, dtype=np.float32)], axis=1)
SCALE = LiveScale.of(("counts", "tail", "never"), VALUES)


def test_a_code_is_the_share_of_training_values_below() -> None:
    level = (SCALE.codes(VALUES)[:, 1].astype(np.float64) - 1) / STEPS
    rank = np.argsort(np.argsort(TAIL)) / len(TAIL)
    assert np.abs(level - rank).max() < 0.02
    assert np.abs(level - 0.5).mean() > 0.24  # spread over the whole range, unlike the values


def test_codes_rise_with_the_value_and_stay_inside_beyond_what_was_seen() -> None:
    more = np.array([[0, -5, 1], [1, 1, 1], [2, 1e9, 1], [50, np.inf, 1]], dtype=np.float32)
    codes = SCALE.codes(more)
    assert (np.diff(codes[:, :2].astype(int), axis=0) >= 0).all()
    assert codes[:, :2].min() >= 1
    assert codes[2:, 1].tolist() == [STEPS + 1] * 2
    middle_of_zeros = (COUNTS == 0).mean() / 2
    assert abs(int(codes[0, 0]) - 1 - STEPS * middle_of_zeros) < 0.03 * STEPS


def test_unknown_values_and_features_that_were_never_known_are_code_zero() -> None:
    codes = SCALE.codes(np.array([[np.nan, 1, 3]], dtype=np.float32))
    assert (codes[0] == 0).tolist() == [True, False, True]


def test_a_scale_comes_back_from_plain_values() -> None:
    again = LiveScale.of_kept(SCALE.kept())
    assert again.names == SCALE.names
    assert np.array_equal(again.codes(VALUES), SCALE.codes(VALUES))


def test_the_branch_tells_unknown_from_low() -> None:
    torch.manual_seed(0)
    branch = LiveBranch(2, 0, 8, 3)
    logits = branch(torch.tensor([[0, 9], [1, 9], [255, 9]], dtype=torch.uint8), torch.zeros(3, 0))
    assert logits.shape == (3, 3)
    assert len({tuple(row) for row in logits.tolist()}) == 3
