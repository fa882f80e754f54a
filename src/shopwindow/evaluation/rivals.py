"""Rivals: baselines tuned on validation and fitted on all that came before the test, to stand beside models."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from shopwindow.baselines.lineup import first_lineup, lineup, neural_lineup
from shopwindow.baselines.space import Space
from shopwindow.evaluation.comparison import Clock, Exam, judged
from shopwindow.evaluation.report import Entrant
from shopwindow.evaluation.tuning import Tuned, TuningPlan, kept_plan, tried


def baselines(exam: Exam, clock: Clock, note: Callable[[str], None] = lambda _: None) -> Iterator[Entrant]:
    """Popularity overall, in category and of late, and item-kNN: each at its best validation setting."""
    plan = TuningPlan(seed=exam.options.seed)
    for space in first_lineup(exam.dataset, timed=timed(exam)):
        note(f"tuning {space.name}")
        yield rival(exam, tuned(space, exam, plan, clock), clock)


def all_baselines(
    exam: Exam,
    clock: Clock,
    journal: Path,
    note: Callable[[str], None] = lambda _: None,
    neural: bool = False,
) -> Iterator[Entrant]:
    """Every baseline that this data allows, by the journal's plan; what the journal knows is not tried again.

    neural: those that take minutes for each setting, too.
    """
    plan = replace(kept_plan(journal), seed=exam.options.seed)
    spaces = lineup(exam.dataset, timed(exam), plan.seed)
    for space in (*spaces, *neural_lineup(plan.seed)) if neural else spaces:
        note(f"tuning {space.name}")
        yield rival(exam, tuned(space, exam, plan, clock, journal), clock)


def tuned(space: Space, exam: Exam, plan: TuningPlan, clock: Clock, journal: Path | None = None) -> Tuned:
    """All trials of one baseline."""
    return Tuned(space, tuple(tried(space, exam, plan, clock, journal)))


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
