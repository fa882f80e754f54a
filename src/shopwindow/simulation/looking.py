"""How customers look at a page: what comes into view, what is noticed; both fade with position.

In view = positions above a depth with log-logistic survival, its scale by surface and device; noticed = seen in view with a
probability that falls slowly with position. Position thus matters on its own, whatever is shown there.
"""

from typing import Final

import numpy as np

from shopwindow.simulation.arrays import Bool, Real, Whole

DEPTH: Final = np.array(  # [surface, device] median number of positions that come into view
    [[6.0, 9.0, 8.0], [9.0, 14.0, 12.0], [8.0, 12.0, 11.0], [4.5, 7.0, 6.0]], dtype=np.float32
)
SHARPNESS: Final = 1.9
NOTICED_FIRST: Final = np.array([0.92, 0.85, 0.88], dtype=np.float32)  # by device
NOTICED_FADE: Final = 28.0  # positions after which the chance to notice has fallen to 1/e


def depth_scale(surface: Whole, device: Whole) -> Real:
    """[P] median depth."""
    return DEPTH[surface, device]


def noticing(device: Whole, positions: Whole) -> Real:
    """[P,K] probability to notice what is in view."""
    return (NOTICED_FIRST[device][:, None] * np.exp(-positions[None, :] / NOTICED_FADE)).astype(np.float32)


def p_in_view(scale: Real, positions: Whole) -> Real:
    """Probability that each position comes into view, for a median depth `scale`."""
    seen: Real = 1.0 / (1.0 + (positions / scale) ** SHARPNESS)
    return seen


def examination(surface: int, device: int, positions: Whole) -> Real:
    """[K] probability that a customer of median patience notices each position of a page."""
    in_view = p_in_view(DEPTH[surface, device], positions)
    noticed: Real = in_view * NOTICED_FIRST[device] * np.exp(-positions / NOTICED_FADE)
    return noticed


def in_view(scale: Real, num_positions: int, u: Real) -> Bool:
    """[P,K] what comes into view: everything above the depth that luck `u [P]` gives; the first position always."""
    depth = scale * (u / np.maximum(1.0 - u, 1e-6)) ** (1.0 / SHARPNESS)
    seen: Bool = np.arange(num_positions)[None, :] <= depth[:, None]
    return seen
