"""Order report: the logged pages of a test period, put in order by the shop, at random and by models."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.pages import LoggedPages
from shopwindow.datasets.recommender import PageOrder, Recommender
from shopwindow.document import Grid, Section, Text
from shopwindow.errors import EvaluationError
from shopwindow.evaluation.comparison import Exam
from shopwindow.evaluation.off_policy import ASSUMES, OffPolicyValue
from shopwindow.evaluation.page_order import (
    RANDOM,
    YOURS,
    compared,
    order_of,
    outcome_of,
    random_order,
    tells,
    your_order,
)
from shopwindow.evaluation.report import Entrant, Report
from shopwindow.evaluation.segments import FEWEST
from shopwindow.evaluation.soft_order import SoftOrder, on_surface, value_of
from shopwindow.evaluation.table import figure
from shopwindow.schema.arrays import Bool, Float

TEMPERATURES: Final = (1.0, 2.0)  # the second is nearer to chance, and easier to estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderExam:
    """The pages of the test period: all of them, and those that tell orders apart.

    Of the telling ones only what was seen takes part: nobody said no to an item that never came into view. `whole`: the
    telling pages with everything that was listed, as models read them; `seen`: which of its places take part.
    """

    dataset: Dataset
    pages: LoggedPages
    telling: LoggedPages
    whole: LoggedPages
    seen: Bool
    seed: int

    @classmethod
    def of(cls, exam: Exam, pages: LoggedPages, most: int) -> "OrderExam":
        """The pages after everything that models were fitted on; of the telling ones a random choice of `most`, 0 = all.

        Raises:
            EvaluationError: no page of the test period has both wanted and other items, and none logged propensities.
        """
        late = pages.where(pages.requests.at_ms >= exam.requests.at_ms.min())
        tell = tells(late.only(late.seen))
        if not tell.any() and np.isnan(late.propensity).all():
            raise EvaluationError(
                f"expected pages of the test period with some wanted and some other items, came none of {len(late):,}; "
                "actions have to name their page (page_id), or be attributed to it"
            )
        places = np.flatnonzero(tell)
        if 0 < most < len(places):
            places = np.sort(np.random.default_rng(exam.options.seed).choice(places, most, replace=False))
        whole = late.take(places)
        return cls(
            dataset=exam.dataset,
            pages=late,
            telling=whole.only(whole.seen),
            whole=whole,
            seen=whole.seen,
            seed=exam.options.seed,
        )

    def judged(self, score: Callable[[LoggedPages], Float]) -> Float:
        """What a model says of the whole pages, at the places that take part."""
        found: Float = score(self.whole)[self.seen]
        return found

    def surfaces(self) -> dict[str, Bool]:
        """Name -> mask of the telling pages of a surface, where there are enough."""
        found = {
            f"surface: {name}": self.telling.requests.surface == place
            for place, name in enumerate(self.dataset.shop.surface_names)
        }
        return {name: mask for name, mask in found.items() if mask.sum() >= FEWEST}


def orders(exam: OrderExam) -> list[Entrant]:
    """The shop's order, which the others are compared with, and chance; nothing where no page tells orders apart."""
    if not len(exam.telling):
        return []
    return [
        Entrant(
            outcome=outcome_of(name, exam.telling, score, exam.seed),
            settings=settings,
            baseline=name == YOURS,
            seconds=0.0,
        )
        for name, score, settings in (
            (YOURS, your_order(exam.telling), "as logged"),
            (RANDOM, random_order(exam.telling, exam.seed), "drawn for each page"),
        )
    ]


def entrant_of(exam: OrderExam, model: Recommender | PageOrder, settings: str) -> Entrant:
    """A model's order of the same pages."""
    score = exam.judged(partial(order_of, model, exam.dataset))
    outcome = outcome_of(model.name, exam.telling, score, exam.seed)
    return Entrant(outcome=outcome, settings=settings, baseline=False, seconds=0.0)


def page_by_page(report: Report) -> Section:
    """How the models' pages compare one by one."""
    yours = report.entrants[0].outcome
    rows = []
    for each in report.entrants[1:]:
        found = compared(each.outcome, yours)
        rows.append([each.outcome.name, f"{found.better:.1%}", f"{found.worse:.1%}", f"{found.equal:.1%}"])
    return Section(
        "Page by page",
        (
            Grid(
                headings=("model", "better", "worse", "equal"),
                rows=rows,
                caption="share of pages, by NDCG of the whole page",
            ),
        ),
    )


def off_policy_section(exam: OrderExam, models: Sequence[Recommender]) -> Section:
    """What the logged propensities say of other orders."""
    return Section("With propensities", tuple(_off_policy(exam, models)))


def _off_policy(exam: OrderExam, models: Sequence[Recommender]) -> Iterator[Text | Grid]:
    if np.isnan(exam.pages.propensity).all():
        yield Text(
            "These pages log no propensities: their order was certain, or its chances are not known. Log the chance of each item "
            "at its place (column propensities of the pages) and this section estimates what another order would earn, "
            "free of the lean towards yours."
        )
        return
    rows, refused = [], []
    for surface, model, temperature, found in _estimates(exam, models):
        asked = [surface, model, f"{temperature:g}"]
        if isinstance(found, EvaluationError):
            refused.append([*asked, str(found)])
        else:
            rows.append([*asked, *_figures(found)])
    yield Text(
        "Gain of the first place, had it been drawn by the model instead: chances proportional to exp(score / temperature). "
        f"Assumed: {ASSUMES['cascade']}; whatever was shown before in the same log for the same surface, category and query "
        "could have been shown."
    )
    if rows:
        yield Grid(
            headings=(
                "surface", "model", "temperature", "pages", "as logged", "SNIPS", "IPS", "SNIPS - logged, 95 %",
                "effective pages", "mean weight",
            ),
            rows=rows,
            caption="gain per page; mean weight is 1 where the log covers what the model would show",
        )  # fmt: skip
    if refused:
        yield Grid(headings=("surface", "model", "temperature", "why there is no estimate"), rows=refused)


def _estimates(
    exam: OrderExam, models: Sequence[Recommender]
) -> Iterator[tuple[str, str, float, OffPolicyValue | EvaluationError]]:
    """Surface, model, temperature, and what the log says of them, or why it says nothing."""
    for place, surface in enumerate(exam.dataset.shop.surface_names):
        pages = on_surface(exam.pages, place)
        for model in models if len(pages) else ():
            for temperature in TEMPERATURES:
                try:
                    found = value_of(model, pages, SoftOrder(temperature=temperature), exam.seed)
                except EvaluationError as error:
                    yield surface, model.name, temperature, error
                else:
                    yield surface, model.name, temperature, found


def _figures(found: OffPolicyValue) -> list[str]:
    return [
        f"{found.pages:,}", figure(found.logged), figure(found.snips), figure(found.ips),
        f"{found.difference.low:+.4f} to {found.difference.high:+.4f}", f"{found.effective:,.0f}", f"{found.mean_weight:.2f}",
    ]  # fmt: skip
