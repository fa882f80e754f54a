"""Exposure: what the pages of all requests together show of the catalogue.

Legend: R requests, K places of a page, N items.
"""

import numpy as np

from shopwindow.schema.arrays import Int64, Rows


def exposure(top: Rows, num_items: int) -> Int64:
    """[N] how often each item was shown; `top [R, K]`, -1 = empty place."""
    return np.bincount(top[top >= 0].ravel(), minlength=num_items)


def coverage(shown: Int64) -> float:
    """Share of the catalogue that was shown at all."""
    return float((shown > 0).mean()) if len(shown) else 0.0


def effective_size(shown: Int64) -> float:
    """exp(entropy) of the exposure: the number of equally shown items that would be as diverse."""
    share = shown[shown > 0] / max(1, int(shown.sum()))
    return float(np.exp(-(share * np.log(share)).sum()))


def gini(shown: Int64) -> float:
    """Inequality of the exposure over the whole catalogue: 0 = all equal, 1 - 1/N = one item has it all."""
    total, n = int(shown.sum()), len(shown)
    if not total:
        return 0.0
    place = np.arange(1, n + 1)
    return float((2 * place - n - 1) @ np.sort(shown) / (n * total))


def tail_share(shown: Int64, counts: Int64, head: float = 0.2) -> float:
    """Share of the exposure outside the `head` (a share of the catalogue) most popular items by `counts`."""
    most = np.argsort(-counts, kind="stable")[: max(1, int(len(counts) * head))]
    return 1.0 - float(shown[most].sum()) / max(1, int(shown.sum()))


def popularity_of_shown(shown: Int64, counts: Int64) -> float:
    """Mean popularity of what was shown: 0 = the item with the fewest actions, 1 = with the most; ties in the middle.

    Each exposure counts once. 0.5 is what showing the catalogue at random gives.
    """
    if len(counts) < 2 or not shown.sum():
        return float("nan")
    ordered = np.sort(counts)
    fewer = np.searchsorted(ordered, counts, side="left")
    as_many = np.searchsorted(ordered, counts, side="right") - fewer
    place = (fewer + (as_many - 1) / 2) / (len(counts) - 1)
    return float((place * shown).sum() / shown.sum())
