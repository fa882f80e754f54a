"""Weighed heads as a page: what weights are worth, and the front of what can be had at once."""

from collections.abc import Sequence

import numpy as np

from shopwindow import charts
from shopwindow.document import Chart, Document, Grid, Section, Text, Verdict
from shopwindow.evaluation.head_weights import PLACES, Weighed
from shopwindow.evaluation.table import figure


def weights_words(weights: Sequence[float], heads: Sequence[str]) -> str:
    """Such as "click 0.02, purchase 1"."""
    return ", ".join(f"{head} {weight:.3g}" for head, weight in zip(heads, weights, strict=True))


def weights_rows(found: Weighed, heads: Sequence[str]) -> list[list[str]]:
    """The values as they are, each head alone, the chosen mixture: weights, worth per page, NDCG of each head."""
    named = {"your values": 0} | {f"{head} alone": 1 + place for place, head in enumerate(heads)}
    return [
        [
            name,
            weights_words(found.weights[place].tolist(), heads),
            figure(found.worth[place]),
            *(f"{value:.4f}" for value in found.ndcg[place]),
        ]
        for name, place in (named | {"chosen": found.chosen}).items()
    ]


def verdict(found: Weighed) -> Verdict:
    """Whether the chosen weights earn more than the values themselves, on pages that they were not chosen on."""
    low, high = found.gain.low, found.gain.high
    words = f"{found.gain.value:+.4f} per page ({low:+.4f} to {high:+.4f})"
    if low > 0:
        return Verdict("good", f"The chosen weights are worth more than your values as weights: {words}.")
    return Verdict(
        "good",
        f"No weights that were tried are surely worth more than your values; the chosen ones: {words}.",
    )


def weights_page(found: Weighed, heads: Sequence[str], title: str) -> Document:
    """The page."""
    return Document(
        title=title,
        lead="A ranker says how likely each action is; weights say what each is worth to you. Chosen on the pages of half of your "
        "customers, judged on those of the others.",
        sections=(_weights(found, heads), _front(found, heads)),
    )


def _weights(found: Weighed, heads: Sequence[str]) -> Section:
    return Section(
        "Weights",
        (
            verdict(found),
            Grid(
                headings=("weights", "of the heads", "worth per page", *_headings(heads)),
                rows=weights_rows(found, heads),
            ),
            Text(
                "Worth: each action that followed, times its value, by the place at which the weights would have put its "
                f"item: 1 / log2(place + 1) from the first to place {PLACES}, nothing below; the mean of the pages on which "
                "something was wanted. It compares weights; it is no forecast of earnings, since customers would have done "
                "other things on other pages."
            ),
        ),
    )


def _front(found: Weighed, heads: Sequence[str]) -> Section:
    on_front = np.flatnonzero(found.front)
    rows = [
        [weights_words(found.weights[place].tolist(), heads), figure(found.worth[place])]
        + [f"{value:.4f}" for value in found.ndcg[place]]
        for place in on_front[np.argsort(-found.ndcg[on_front, 0])].tolist()
    ]
    return Section(
        "The front",
        (
            Chart(
                svg=_chart(found, heads),
                caption="each point is a mixture of the heads; to the upper right is better for both actions",
            ),
            Grid(
                headings=("of the heads", "worth per page", *_headings(heads)),
                rows=rows,
                caption="no other mixture that was tried is better for one action and worse for none",
            ),
        ),
    )


def _chart(found: Weighed, heads: Sequence[str]) -> str:
    """The first action against the last: the weakest against the strongest."""
    clouds = {
        "tried": found.ndcg[~found.front],
        "on the front": found.ndcg[found.front],
        "your values": found.ndcg[:1],
        "chosen": found.ndcg[found.chosen : found.chosen + 1],
    }
    drawn = {name: (each[:, 0].tolist(), each[:, -1].tolist()) for name, each in clouds.items() if len(each)}
    return charts.points(drawn, (f"NDCG@{PLACES} of {heads[0]}", f"NDCG@{PLACES} of {heads[-1]}"))


def _headings(heads: Sequence[str]) -> list[str]:
    return [f"NDCG@{PLACES}, {head}" for head in heads]
