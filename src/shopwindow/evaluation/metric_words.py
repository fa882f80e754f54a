"""Metric words: what each figure of a report says, for a reader who meets its name for the first time."""

from collections.abc import Sequence
from typing import Final

WORDS: Final = {
    "ndcg": "how far up the first places the wanted items stand; 1 = all of them first",
    "recall": "share of the wanted items among the first places",
    "hit-rate": "share of requests with a wanted item among the first places",
    "precision": "share of the first places that was wanted",
    "mrr": "1 / place of the first wanted item, 0 beyond the last place that counts",
    "auc": "share of pairs (wanted, other) in the right order; 0.5 = by chance",
    "serendipity": "share of the first places that was wanted and that plain popularity would not have shown",
    "new-item-recall": "recall of new items alone",
    "brand-run": "most neighbours of one brand in a row",
    "category-entropy": "mixture of categories on a page; 0 = one category",
    "category-diversity": "share of pairs on a page from different categories",
    "content-diversity": "how different titles and texts on a page are; 0 = the same",
    "coverage": "share of the catalogue that is shown to anybody",
    "effective-items": "number of items, were all shown equally often, that would be as varied",
    "gini": "inequality of what is shown; 0 = every item equally often, 1 = one item alone",
    "tail-share": "share of what is shown that is not among the most popular items",
    "popularity": "of what is shown; 0 = the items with the fewest actions, 1 = with the most",
}


def in_words(metrics: Sequence[str]) -> list[tuple[str, str]]:
    """Each kind of `metrics` once (ndcg of ndcg@10) and what it says, in the order of `WORDS`; unknown ones are left out."""
    there = {metric.partition("@")[0] for metric in metrics}
    return [(name, words) for name, words in WORDS.items() if name in there]
