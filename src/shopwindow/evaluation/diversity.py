"""Diversity within one page: runs, entropy, and how different its items are from one another.

Legend: R requests, K places of a page, N items, D content coordinates.
"""

from functools import lru_cache

import numpy as np

from shopwindow.evaluation.metrics import Values
from shopwindow.features.items import ItemVocabulary
from shopwindow.schema.arrays import Float, Int32, Rows
from shopwindow.schema.catalog import Catalog
from shopwindow.schema.shop import ShopConfig


def longest_run(labels: Int32) -> Values:
    """[R] most neighbours in a row with equal label; labels [R, K] below 0 are unknown and equal nothing."""
    longest = np.zeros(len(labels), dtype=np.int64)
    current = np.zeros(len(labels), dtype=np.int64)
    for place in range(labels.shape[1]):
        known = labels[:, place] >= 0
        same = known & (labels[:, place] == labels[:, place - 1]) if place else np.zeros_like(known)
        current = np.where(same, current + 1, known.astype(np.int64))
        longest = np.maximum(longest, current)
    return longest.astype(np.float64)


def label_entropy(labels: Int32) -> Values:
    """[R] entropy in nats of the known labels [R, K] of each page: 0 = all equal, log K = all different."""
    ordered = np.sort(labels, axis=1)
    entropy = np.zeros(len(labels))
    known = (ordered >= 0).sum(axis=1)
    for place in range(labels.shape[1]):  # each place adds -log(share of its label) / number known
        same = ((ordered == ordered[:, [place]]) & (ordered >= 0)).sum(axis=1)
        share = same / np.maximum(known, 1)
        entropy += np.where(
            ordered[:, place] >= 0, -np.log(np.where(share > 0, share, 1.0)), 0.0
        ) / np.maximum(known, 1)
    return np.abs(entropy)


def label_diversity(labels: Int32) -> Values:
    """[R] share of pairs on the page with different labels; labels [R, K] below 0 are left out, NaN below two.

    Intra-list diversity with distance 0 between equal labels and 1 between others. Ziegler et al., "Improving
    recommendation lists through topic diversification", WWW 2005 (there: intra-list similarity).
    """
    equal = np.zeros(len(labels))
    for place in range(labels.shape[1]):
        later = labels[:, place + 1 :]
        equal += ((later == labels[:, [place]]) & (later >= 0)).sum(axis=1)
    known = (labels >= 0).sum(axis=1).astype(np.float64)
    pairs = known * (known - 1) / 2
    return np.where(pairs > 0, 1 - equal / np.maximum(pairs, 1), np.nan)


def content_diversity(content: Float, pages: Rows) -> Values:
    """[R] mean of 1 - cosine over the pairs of items on the page; items without content are left out, NaN below two.

    `content [N, D]`: unit length or all zeros. `pages [R, K]`, -1 = empty place. Source as `label_diversity`; the sum
    over all pairs is (|sum of vectors|^2 - number) / 2.
    """
    vectors = np.where((pages >= 0)[:, :, None], content[np.maximum(pages, 0)], np.float32(0))  # [R, K, D]
    known = np.any(vectors != 0, axis=2).sum(axis=1).astype(np.float64)
    total = vectors.astype(np.float64).sum(axis=1)
    pairs = known * (known - 1)
    return np.where(pairs > 0, 1 - ((total**2).sum(axis=1) - known) / np.maximum(pairs, 1), np.nan)


@lru_cache(maxsize=1)
def content_of(catalog: Catalog, shop: ShopConfig) -> Float:
    """[N, D] content of title and text, as the item encoder reads it; kept, for many models are asked in turn."""
    texts = tuple(attribute.name for attribute in shop.attributes if attribute.kind == "text")
    content: Float = ItemVocabulary((), catalog.categories.separator, texts).encode(catalog.table).content
    return content
