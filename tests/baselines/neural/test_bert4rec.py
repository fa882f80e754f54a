import numpy as np

from shopwindow.baselines.neural.bert4rec import hide


def test_a_sequence_hides_a_share_or_its_last_action_and_never_padding() -> None:
    item, length = np.full((4000, 9), 3), np.full(4000, 8)
    item[:, 8] = -1
    hidden = hide(item, length, 0.5, np.random.default_rng(0))
    assert not hidden[:, 8].any()
    assert hidden.any(axis=1).all()
    alone = hidden[:, 7] & ~hidden[:, :7].any(axis=1)
    assert abs(alone.mean() - (0.2 + 0.8 * 2 * 0.5**8)) < 0.03  # drawn so, or nothing drawn, or by chance
    assert abs(hidden[:, 0].mean() - 0.8 * 0.5) < 0.03
