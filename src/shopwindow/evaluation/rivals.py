"""Rivals: baselines tuned on validation and fitted on all that came before the test, to stand beside models."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from shopwindow.baselines.lineup import first_lineup
from shopwindow.baselines.space import Space
from shopwindow.evaluation.comparison import Clock, Exam, judged
from shopwindow.evaluation.report import Entrant
from shopwindow.evaluation.tuning import Tuned, TuningPlan, tried


def baselines(exam: Exam, clock: Clock, note: Callable[[str], None] = lambda _: None) -> Iterator[Entrant]:
    """Popularity overall, in category and of late, and item-kNN: each at its best validation setting."""
    for space in first_lineup(exam.dataset, timed=timed(exam)):
        yield rival(exam, tuned(space, exam, TuningPlan(seed=exam.options.seed), clock, note), clock)


def tuned(
    space: Space, exam: Exam, plan: TuningPlan, clock: Clock, note: Callable[[str], None] = lambda _: None
) -> Tuned:
    """All trials of one baseline; `note` is told its name before."""
    note(f"tuning {space.name}")
    return Tuned(space, tuple(tried(space, exam, plan, clock)))


def rival(exam: Exam, found: Tuned, clock: Clock) -> Entrant:
    """The best setting, fitted on everything before the test (validation is spent once it has chosen)."""
    start = clock()
    fitted = found.best.setting.fit(exam.dataset, exam.split.before_test)
    count = found.num_settings
    settings = f"{found.best.setting}" + (f", best of {count}" if count > 1 else "")
    return replace(judged(exam, fitted, clock, settings), baseline=True, seconds=clock() - start)


def timed(exam: Exam) -> bool:
    """Requests have a moment, and items may be wanted again."""
    return exam.options.protocol != "leave-one-out"
