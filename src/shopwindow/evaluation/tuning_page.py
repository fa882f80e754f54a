"""TuningPage: what tuning tried, to look at: curves of the search, what mattered, the best settings."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Final

import optuna

from shopwindow import charts
from shopwindow.baselines.space import Choice, Parameter, Value
from shopwindow.document import Chart, Document, Grid, Section, Text, Verdict
from shopwindow.evaluation.blending import Blend
from shopwindow.evaluation.comparison import Exam
from shopwindow.evaluation.tuning import Tried, Tuned, TuningPlan, distribution

SHOWN_PARAMETERS: Final = 3  # of each baseline, those that mattered most
FEWEST_TRIALS: Final = 4  # below that nothing can be said of what mattered


def tuning_page(found: Sequence[Tuned], exam: Exam, plan: TuningPlan, blend: Blend | None = None) -> Document:
    """The page of these searches, which all had the same plan."""
    ranked = sorted(found, key=lambda each: -each.best.value)
    seconds = "" if plan.seconds == float("inf") else f" and {plan.seconds:,.0f} seconds"
    return Document(
        title="Tuning of the baselines",
        lead=f"{exam.options.protocol}, {min(plan.requests, len(exam.split.valid)):,} validation requests; at most "
        f"{plan.trials} trials{seconds} each, drawn by {plan.how}, seed {plan.seed}. The test requests were not touched.",
        sections=(
            Section("Best settings", (_verdict(ranked), best_grid(ranked))),
            *(_hybrid(each) for each in (blend,) if each is not None),
            Section("The search", _curves([each for each in ranked if len(each.trials) > 1])),
            *(_section(each) for each in ranked if len(each.trials) >= FEWEST_TRIALS),
        ),
    )


def best_grid(found: Sequence[Tuned]) -> Grid:
    """One row per baseline: its first setting's value, its best one, what both cost."""
    return Grid(
        headings=("baseline", "first", "best", "trials", "pruned", "seconds", "best setting"),
        rows=[
            (
                each.space.name,
                f"{each.trials[0].value:.4f}",
                f"{each.best.value:.4f}",
                str(len(each.trials)),
                str(sum(trial.pruned for trial in each.trials)),
                f"{each.seconds:.1f}",
                words(each.best),
            )
            for each in found
        ],
        caption="Validation NDCG@10 of the first setting tried (the default) and of the best",
    )


def words(trial: Tried) -> str:
    """A setting's values, short."""
    return (
        ", ".join(f"{name} {_short(value)}" for name, value in sorted(trial.values.items()))
        or "nothing to choose"
    )


def importances(tuned: Tuned) -> dict[str, float]:
    """Parameter -> share of the variance of the values tried that it explains, the largest first; {} if they are equal.

    By a forest over the finished trials: a lead, not a measurement, where trials are few.
    Hutter, Hoos and Leyton-Brown, "An Efficient Approach for Assessing Hyperparameter Importance", ICML 2014.
    """
    study = optuna.create_study(direction="maximize")
    kinds = {name: distribution(parameter) for name, parameter in tuned.space.parameters.items()}
    whole = [each for each in tuned.trials if not each.pruned]
    if len({each.value for each in whole}) < 2:
        return {}
    for each in whole:
        params = dict(each.values)
        study.add_trial(optuna.trial.create_trial(params=params, distributions=kinds, value=each.value))
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    return dict(optuna.importance.get_param_importances(study, evaluator=evaluator))


def _verdict(ranked: Sequence[Tuned]) -> Verdict:
    first = ranked[0]
    gains = [
        (each.best.value / each.trials[0].value - 1, each.space.name)
        for each in ranked
        if each.trials[0].value > 0
    ]
    gain, name = max(gains, default=(0.0, first.space.name))
    return Verdict(
        "good",
        f"{first.space.name} is ahead on the validation requests with NDCG@10 {first.best.value:.4f}. Tuning did most "
        f"for {name}: {gain:+.0%} over its first setting.",
    )


def _hybrid(blend: Blend) -> Section:
    parts = sorted(zip(blend.hybrid.weights, blend.hybrid.parts, strict=True), key=lambda each: -each[0])
    rows = [(part.name, f"{weight:.2f}") for weight, part in parts]
    said = (
        f"Scores of the best settings, weighed and added: NDCG@10 {blend.value:.4f}, on the very requests that its weights "
        "were chosen on; the test says what that is worth."
    )
    return Section("Hybrid", (Text(said), Grid(headings=("part", "weight"), rows=rows)))


def _curves(found: Sequence[Tuned]) -> tuple[Chart, ...]:
    by_trial = {each.space.name: (list(range(1, len(each.trials) + 1)), each.best_so_far()) for each in found}
    by_second = {
        each.space.name: (
            list(accumulate(max(trial.seconds, 1e-3) for trial in each.trials)),
            each.best_so_far(),
        )
        for each in found
    }
    return (
        Chart(
            svg=charts.lines(by_trial, ("trials", "best NDCG@10 so far"), dots=True),
            caption="Optimisation history: the best value after each trial",
        ),
        Chart(
            svg=charts.lines(by_second, ("seconds spent", "best NDCG@10 so far"), log="x", dots=True),
            caption="Budget against quality: the same by the time that fits and judging took",
        ),
    )


def _section(tuned: Tuned) -> Section:
    shares = importances(tuned)
    if not shares:
        return Section(
            tuned.space.name, (Text("All finished settings came out alike: nothing to tell apart."),)
        )
    bars = charts.bars({"share": list(shares.values())}, list(shares), "share of the variance")
    drawn = [Chart(svg=bars, caption="What mattered, as far as so few trials can tell (fANOVA)")]
    drawn += [_slice(tuned, name) for name in list(shares)[:SHOWN_PARAMETERS]]
    return Section(tuned.space.name, (*drawn, Text(f"Best: {words(tuned.best)}.")))


def _slice(tuned: Tuned, name: str) -> Chart:
    """The values of all trials by one parameter; of words, the best for each word."""
    caption, parameter = f"Trials by {name}", tuned.space.parameters[name]
    if not _has_numbers(parameter):
        whole = [each for each in tuned.trials if not each.pruned]
        tops = {
            str(word): max((each.value for each in whole if each.values[name] == word), default=0.0)
            for word in {each.values[name]: None for each in whole}
        }
        return Chart(
            svg=charts.bars({name: list(tops.values())}, list(tops), "best NDCG@10"), caption=caption
        )
    clouds = {
        word: ([float(each.values[name]) for each in some], [each.value for each in some])
        for word, pruned in (("finished", False), ("pruned (on fewer requests)", True))
        if (some := [each for each in tuned.trials if each.pruned is pruned])
    }
    log = "x" if _is_logarithmic(parameter) else ""
    return Chart(svg=charts.points(clouds, (name, "NDCG@10"), log=log), caption=caption)


def _has_numbers(parameter: Parameter) -> bool:
    return not isinstance(parameter, Choice) or all(type(each) in (int, float) for each in parameter.of)


def _is_logarithmic(parameter: Parameter) -> bool:
    if not isinstance(parameter, Choice):
        return parameter.log
    numbers = [float(each) for each in parameter.of]
    return min(numbers) > 0 and max(numbers) / min(numbers) > 10


def _short(value: Value) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
