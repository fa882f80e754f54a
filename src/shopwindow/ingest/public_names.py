"""The public sets by name, one line each; apart from their readers, so that a help text loads none of them."""

from typing import Final

ABOUT: Final = {
    "ml-1m": "MovieLens-1M, order only; genres, plots, demographics",
    "ml-100k": "MovieLens-100k, ratings with times; genres, demographics",
    "s3rec": "Amazon Beauty in the sequences of S3-Rec, order only",
    "s3rec-lastfm": "LastFM in the sequences of S3-Rec, order only",
    "tmall-ali2014": "marketplace of 2014, four actions, days",
    "taobao-slice": "two hours of Taobao, four actions, categories",
    "rees46-head": "three hours of an electronics store; brand, price, category",
    "yoochoose-100k": "shop sessions; the published test is kept",
    "amazon-beauty": "purchases, order only; brand, categories, related items",
    "amazon-grocery": "purchases 2000-2014, days; complements, substitutes",
    "amazon-cellphones-search": "purchases after a query; the published test is kept",
    "obd-men": "Open Bandit, men: pages of two policies, propensities, clicks",
    "obd-women": "Open Bandit, women: as for men",
    "fashion-styles": "a catalogue of fashion, no actions",
}


def listing() -> str:
    """All sets, a line each."""
    return "\n".join(f"{name}: {about}" for name, about in ABOUT.items())
