"""ApproxNDCG: NDCG with smooth ranks, so that it has a gradient.

Legend: B pages, K places of the longest page, X pairs of a page and an item.
"""

import torch
from torch import Tensor


def approx_ndcg(score: Tensor, gain: Tensor, there: Tensor, temperature: float) -> Tensor:
    """[B] from 0 to 1; as the temperature falls it approaches NDCG over the whole page. All arguments but it [B, K].

    rank_i = 1 + sum over j != i of sigmoid((score_j - score_i) / temperature); a page gains sum gain_i / log2(1 + rank_i),
    relative to its best order. `there`: places that hold an item, the others have no gain. A page without any gain has 0.

    Qin, Liu and Li, "A general approximation framework for direct optimization of information retrieval measures",
    Information Retrieval 13, 2010; there the gain is 2^grade - 1, here the shop's own, as in our NDCG.
    """
    before = torch.sigmoid((score[:, None, :] - score[:, :, None]) / temperature) * there[:, None, :]
    rank = 0.5 + before.sum(dim=2)  # an item stands before itself by half
    best = gain.sort(dim=1, descending=True).values
    place = torch.arange(gain.shape[1], device=gain.device)
    ideal = (best / torch.log2(place + 2.0)).sum(dim=1)
    reached: Tensor = (gain / torch.log2(1 + rank)).sum(dim=1)
    return reached / ideal.clamp(min=1e-12)


def by_page(values: Tensor, page: Tensor, pages: int) -> Tensor:
    """[B, K] the `values [X]` of each page, then 0; `page [X]` does not fall."""
    size = torch.bincount(page, minlength=pages)
    place = torch.arange(len(page), device=page.device) - (size.cumsum(0) - size)[page]
    found = values.new_zeros(pages, int(size.max()))
    return found.index_put((page, place), values)
