"""Tuning: the best setting of a baseline, by validation requests only, with the same budget for every baseline."""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import accumulate, pairwise, product
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import optuna
from optuna.storages.journal import JournalFileBackend

from shopwindow.baselines.baseline import Baseline
from shopwindow.baselines.space import Choice, Parameter, Space, Value
from shopwindow.datasets.requests import RequestSet
from shopwindow.errors import EvaluationError
from shopwindow.evaluation.comparison import Clock, Exam
from shopwindow.evaluation.protocol import evaluate
from shopwindow.evaluation.report import HEADLINE

SLICES: Final = (1 / 8, 1 / 4, 1 / 2, 1.0)
"""Shares of the validation requests after which a setting may be given up."""
PLAN: Final = ".plan.json"
STARTUP_TRIALS: Final = 5  # random before TPE has something to learn from; complete before the median prunes

How = Literal["tpe", "random", "grid"]
HOWS: Final[tuple[How, ...]] = ("tpe", "random", "grid")


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningPlan:
    """How settings are searched: at most `trials`, and none begun after `seconds`, on so many validation requests."""

    how: How = "tpe"
    trials: int = 24
    seconds: float = math.inf
    requests: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.how not in HOWS:
            raise EvaluationError(f"tuning: expected one of {', '.join(HOWS)}, came {self.how!r}")
        if self.trials < 1:
            raise EvaluationError(f"tuning: expected at least one trial, came {self.trials}")


def keep_plan(plan: TuningPlan, journal: Path) -> None:
    """Write the plan beside the journal, for whoever compares with what was tuned by it."""
    beside = journal.with_suffix(PLAN)
    beside.parent.mkdir(parents=True, exist_ok=True)
    beside.write_text(json.dumps(asdict(plan)) + "\n", encoding="utf-8")


def kept_plan(journal: Path) -> TuningPlan:
    """The plan that this journal was last tuned by; the default one where nothing was tuned yet."""
    beside = journal.with_suffix(PLAN)
    if not beside.exists():
        return TuningPlan()
    return TuningPlan(**json.loads(beside.read_text(encoding="utf-8")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One setting and its NDCG@10 on the first `judged` validation requests; pruned: not worth the rest of them."""

    setting: Baseline
    values: Mapping[str, Value]
    value: float
    judged: int
    seconds: float
    pruned: bool


@dataclass(frozen=True, slots=True)
class Tuned:
    """Everything that was tried of one baseline, in order."""

    space: Space
    trials: tuple[Tried, ...]

    @property
    def best(self) -> Tried:
        """The highest value over all validation requests; of equal ones the first."""
        return max((each for each in self.trials if not each.pruned), key=lambda each: each.value)

    @property
    def seconds(self) -> float:
        """Spent on all trials."""
        return sum(each.seconds for each in self.trials)

    @property
    def num_settings(self) -> int:
        """Different settings among the trials."""
        return len({each.setting for each in self.trials})

    def best_so_far(self) -> list[float]:
        """The best value after each trial."""
        whole = [-math.inf if each.pruned else each.value for each in self.trials]
        return list(accumulate(whole, max))


def tried(
    space: Space, exam: Exam, plan: TuningPlan, clock: Clock, journal: Path | None = None
) -> Iterator[Tried]:
    """Try settings until the budget is spent or none is left: those that the journal knows already, then new ones.

    A setting is judged on growing slices of the validation requests and given up when it is below the median of those
    before it (median pruning); the space's starts are tried first. A setting that comes up again is not fitted again,
    but counts. Trial n draws from seed + n, so a search that was stopped and resumed ends as if it had not been.
    journal: a file to which trials are appended; trials for other data, another split or plan in it are not read.

    Akiba et al., "Optuna: A Next-generation Hyperparameter Optimization Framework", KDD 2019; TPE: Bergstra et al.,
    "Algorithms for Hyper-Parameter Optimization", NeurIPS 2011.
    """
    study, search = _study(space, exam, plan, journal), _Search(space, exam, plan, clock)
    number, spent, queue = 0, 0.0, _queue(space, plan)
    for trial in _finished(study)[: plan.trials]:
        yield (again := _record(space, trial))
        number, spent = number + 1, spent + again.seconds
    while number < plan.trials and spent < plan.seconds and not _exhausted(space, plan, study):
        if number < len(queue) and not study.get_trials(states=[optuna.trial.TrialState.WAITING]):
            study.enqueue_trial(queue[number])
        study.sampler = _sampler(plan, number)
        study.optimize(search, n_trials=1)
        yield (found := _record(space, _finished(study)[-1]))
        number, spent = number + 1, spent + found.seconds


def validation_requests(exam: Exam, plan: TuningPlan) -> RequestSet:
    """The requests that settings are judged by, in random order, so that each slice is a fair sample."""
    chosen = np.random.default_rng(plan.seed).permutation(len(exam.split.valid))[: plan.requests]
    return exam.split.valid.take(chosen)


class _Search:
    """Optuna's objective: a setting's validation value, whatever was tried before it taken from the study."""

    def __init__(self, space: Space, exam: Exam, plan: TuningPlan, clock: Clock) -> None:
        self.space, self.exam, self.clock = space, exam, clock
        self.requests = validation_requests(exam, plan)

    def __call__(self, trial: Any) -> float:
        values = {name: _suggested(trial, name, each) for name, each in self.space.parameters.items()}
        for before in _finished(trial.study):
            if before.params == values:
                return self._as_before(trial, before)
        return self._judged(trial, self.space.setting(values))

    def _as_before(self, trial: Any, before: Any) -> float:
        _note(trial, before.user_attrs["value"], before.user_attrs["judged"], 0.0)
        if before.state == optuna.trial.TrialState.PRUNED:
            raise optuna.TrialPruned
        return float(before.user_attrs["value"])

    def _judged(self, trial: Any, setting: Baseline) -> float:
        start, requests = self.clock(), self.requests
        fitted = setting.fit(self.exam.dataset, self.exam.split.train_end)
        ends = [math.ceil(share * len(requests)) for share in SLICES]
        values: list[Any] = []
        options = replace(self.exam.options, stale_ms=())
        for first, end in pairwise([0, *ends]):
            if first == end:
                continue
            part = evaluate(fitted, self.exam.dataset, requests.part(first, end), options)
            values.append(part.values[HEADLINE])
            value = float(np.nanmean(np.concatenate(values)))
            _note(trial, value, end, self.clock() - start)
            trial.report(value, end)
            if end < len(requests) and trial.should_prune():
                raise optuna.TrialPruned
        return value


def _study(space: Space, exam: Exam, plan: TuningPlan, journal: Path | None) -> Any:
    """The study of this baseline under this plan."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # our own progress is shown
    storage = None
    if journal is not None:
        journal.parent.mkdir(parents=True, exist_ok=True)
        storage = optuna.storages.JournalStorage(JournalFileBackend(str(journal)))
    return optuna.create_study(
        study_name=f"{space.name}-{_digest(space, exam, plan)}",
        storage=storage,
        direction="maximize",
        pruner=optuna.pruners.MedianPruner(n_startup_trials=STARTUP_TRIALS, n_warmup_steps=0),
        load_if_exists=True,
    )


def _digest(space: Space, exam: Exam, plan: TuningPlan) -> str:
    """What a trial's value depends on: the data, the requests, the parameters, the way of drawing."""
    valid, split = exam.split.valid, exam.split
    said = (
        exam.dataset.columns.fingerprint,
        replace(exam.options, stale_ms=()),
        space.parameters,
        plan.how,
        plan.requests,
        plan.seed,
    )
    digest = hashlib.sha256(repr(said).encode())
    for array in (
        valid.customer,
        valid.history_end,
        valid.truth_rows,
        split.train_end,
        exam.dataset.item_row,
    ):
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:16]


def _queue(space: Space, plan: TuningPlan) -> list[dict[str, Value]]:
    """Values of the first trials: the starts, then for a grid all of its points in random order."""
    starts = [space.values_of(setting) for setting in space.starts]
    if plan.how != "grid":
        return starts
    points = list(product(*(_points(each) for each in space.parameters.values())))
    order = np.random.default_rng(plan.seed).permutation(len(points))
    return starts + [dict(zip(space.parameters, points[place], strict=True)) for place in order]


def _sampler(plan: TuningPlan, number: int) -> Any:
    """What draws the values of trial `number` where none are queued."""
    if plan.how == "tpe":
        return optuna.samplers.TPESampler(seed=plan.seed + number, n_startup_trials=STARTUP_TRIALS)
    return optuna.samplers.RandomSampler(seed=plan.seed + number)


def distribution(parameter: Parameter) -> Any:
    """The parameter as Optuna names it."""
    if isinstance(parameter, Choice):
        return optuna.distributions.CategoricalDistribution(parameter.of)
    return optuna.distributions.FloatDistribution(parameter.low, parameter.high, log=parameter.log)


def _suggested(trial: Any, name: str, parameter: Parameter) -> Value:
    value: Value = (
        trial.suggest_categorical(name, parameter.of)
        if isinstance(parameter, Choice)
        else trial.suggest_float(name, parameter.low, parameter.high, log=parameter.log)
    )
    return value


def _points(parameter: Parameter) -> tuple[Value, ...]:
    return parameter.of if isinstance(parameter, Choice) else parameter.grid()


def _exhausted(space: Space, plan: TuningPlan, study: Any) -> bool:
    """Every setting of a grid, or of a space without ranges, was tried."""
    if plan.how == "grid":
        return len(_finished(study)) >= len(_queue(space, plan))
    if not all(isinstance(each, Choice) for each in space.parameters.values()):
        return False
    different = {tuple(sorted(trial.params.items())) for trial in _finished(study)}
    return len(different) >= math.prod(len(_points(each)) for each in space.parameters.values())


def _finished(study: Any) -> list[Any]:
    """Trials with a value, in the order of their numbers; pruned ones too."""
    states = [optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED]
    return list(study.get_trials(deepcopy=False, states=states))


def _note(trial: Any, value: float, judged: int, seconds: float) -> None:
    for name, noted in (("value", value), ("judged", judged), ("seconds", seconds)):
        trial.set_user_attr(name, noted)


def _record(space: Space, trial: Any) -> Tried:
    return Tried(
        setting=space.setting(trial.params),
        values=trial.params,
        value=trial.user_attrs["value"],
        judged=trial.user_attrs["judged"],
        seconds=trial.user_attrs["seconds"],
        pruned=trial.state == optuna.trial.TrialState.PRUNED,
    )
