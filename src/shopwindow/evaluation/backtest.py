"""Backtest: the same models at several moments, each fitted on the past of its moment.

Legend: R requests of a window.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from shopwindow.datasets.split import SplitSpec
from shopwindow.errors import EvaluationError
from shopwindow.evaluation.comparison import Exam
from shopwindow.evaluation.protocol import Outcome
from shopwindow.evaluation.report import Entrant, Report, report_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """`windows`: a report each, the oldest first. `whole`: all their requests together, customers as the unit."""

    windows: tuple[Report, ...]
    whole: Report


def backtest(exams: Iterable[Exam], judge: Callable[[Exam], Report], seed: int = 0) -> Backtest:
    """Judge the exams of `datasets.split.windows`, the oldest first; `judge` fits the models before the test of its exam.

    Raises:
        EvaluationError: no window, or models that are not in all of them.
    """
    reports = tuple(judge(exam) for exam in exams)
    if not reports:
        raise EvaluationError("expected windows to test, came none")
    first, last = reports[0].split, reports[-1].split
    spec = SplitSpec(
        valid_from_ms=first.valid_from_ms, test_from_ms=first.test_from_ms, test_until_ms=last.test_until_ms
    )
    return Backtest(windows=reports, whole=report_of(together(reports), {}, spec, seed))


def together(reports: Iterable[Report]) -> list[Entrant]:
    """Each model with the requests of all windows; its totals are means over the windows."""
    found: dict[str, list[Entrant]] = {}
    for report in reports:
        for entrant in report.entrants:
            found.setdefault(entrant.outcome.name, []).append(entrant)
    most = max(len(each) for each in found.values())
    missing = [name for name, each in found.items() if len(each) < most]
    if missing:
        raise EvaluationError(f"expected every model in all {most} windows, came {missing[0]} in fewer")
    return [_joined(entrants) for entrants in found.values()]


def _joined(entrants: list[Entrant]) -> Entrant:
    outcomes = [each.outcome for each in entrants]
    metrics = [name for name in outcomes[0].values if all(name in each.values for each in outcomes)]
    outcome = Outcome(
        name=outcomes[0].name,
        protocol=outcomes[0].protocol,
        values={name: np.concatenate([each.values[name] for each in outcomes]) for name in metrics},
        totals={
            name: float(np.mean([each.totals[name] for each in outcomes])) for name in outcomes[0].totals
        },
        customer=np.concatenate([each.customer for each in outcomes]),
    )
    settings = {each.settings for each in entrants}
    return Entrant(
        outcome=outcome,
        settings=settings.pop() if len(settings) == 1 else "chosen anew in every window",
        baseline=entrants[0].baseline,
        seconds=sum(each.seconds for each in entrants),
        peak_mib=max(each.peak_mib for each in entrants),
    )
