"""Heads: how well a ranker's probabilities order the logged pages, one action at a time.

Legend: I places of all pages together, H heads.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from shopwindow.datasets.pages import LoggedPages
from shopwindow.document import Grid, Section
from shopwindow.evaluation.calibration_page import calibration_section
from shopwindow.evaluation.order_report import OrderExam
from shopwindow.evaluation.page_order import outcome_of, tells, your_order
from shopwindow.evaluation.table import plain
from shopwindow.schema.arrays import Float

FIGURES: Final = ("auc", "precision@6", "ndcg@6", "ndcg@84")


def heads_section(exam: OrderExam, model: str, heads: Sequence[str], p: Float) -> Section:
    """Figures of each head beside those of the shop's own order; `p [I, H]` for the places of the telling pages."""
    names = exam.dataset.shop.action_names
    rows = []
    for head, name in enumerate(heads):
        pages = of_action(exam.telling, names.index(name))
        for who, score in ((model, p[:, head]), ("your order", your_order(exam.telling))):
            rows.append([name, who, *_figures(pages, score, exam.seed)])
    return Section(
        f"Heads of {model}",
        (
            Grid(
                headings=("head", "order", "pages", *FIGURES),
                rows=rows,
                caption="each head alone: wanted is what its action followed; pages where some items had it and some not; every item as "
                "if it stood first",
            ),
        ),
    )


def head_calibration(exam: OrderExam, heads: Sequence[str], p: Float) -> list[Section]:
    """How far the probabilities `p [I, H]` at the places of all pages of the test period are to be believed.

    Heads whose action came for none or for all of the items are left out; no section where none is left.
    """
    known, names = exam.pages.row >= 0, exam.dataset.shop.action_names
    found = {
        name: (
            p[known, head].astype(np.float64),
            exam.pages.acted[known, names.index(name)].astype(np.float64),
        )
        for head, name in enumerate(heads)
    }
    told = {name: each for name, each in found.items() if 0 < each[1].sum() < len(each[1])}
    return [calibration_section(told)] if told else []


def of_action(pages: LoggedPages, action: int) -> LoggedPages:
    """The same pages where one action alone counts, with gain 1."""
    return replace(pages, gain=pages.acted[:, action].astype(np.float32))


def _figures(pages: LoggedPages, score: Float, seed: int) -> list[str]:
    """The number of pages that can tell, and means over them; "-" where there is none."""
    chosen = tells(pages)
    if not chosen.any():
        return ["0", *("-" for _ in FIGURES)]
    outcome = outcome_of("", pages.where(chosen), score[chosen[pages.page()]], seed)
    return [f"{chosen.sum():,}", *(plain(outcome.mean(name)) for name in FIGURES)]
