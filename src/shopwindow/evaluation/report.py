"""Report: outcomes of several recommenders on the same requests, with intervals, differences and segments."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from shopwindow.datasets.split import SplitSpec
from shopwindow.errors import EvaluationError
from shopwindow.evaluation.power import customers_needed, detectable
from shopwindow.evaluation.protocol import Outcome
from shopwindow.evaluation.ranking import Protocol
from shopwindow.evaluation.significance import (
    LEVEL,
    Interval,
    TTest,
    holm,
    mean_interval,
    paired_difference,
    paired_t_test,
)
from shopwindow.schema.arrays import Bool

HEADLINE: Final = "ndcg@10"
COMPARED: Final = (HEADLINE, "recall@100", "mrr@20")
"""What models are tested by, and all that a short table shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """One recommender's outcome; `settings` in words; `baseline` says that others must beat it.

    `peak_mib`: the most memory that the process had taken when this outcome was there, NaN where nobody looked.
    """

    outcome: Outcome
    settings: str
    baseline: bool
    seconds: float
    peak_mib: float = math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Model minus the best baseline, by bootstrap (`interval`) and by t-test.

    `p_holm`, `t_holm`: their p adjusted for all comparisons of the report. `detectable`: the smallest true difference
    that this comparison finds with a probability of 80 %, all comparisons counted. `needed`: customers needed to find
    the difference that was measured; None where it is 0 or there are too few customers to say.
    """

    model: str
    against: str
    metric: str
    interval: Interval
    t_test: TTest
    p_holm: float
    t_holm: float
    detectable: float
    needed: int | None

    @property
    def decided(self) -> bool:
        """Both tests agree after Holm's correction."""
        return max(self.p_holm, self.t_holm) < 1 - LEVEL


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a table shows. `segments`: name -> number of requests and model -> NDCG@10.

    `segment_means`: segment -> model -> metric -> mean, NaN where the metric applies to none of its requests.
    """

    protocol: Protocol
    split: SplitSpec
    seed: int
    num_requests: int
    num_customers: int
    entrants: tuple[Entrant, ...]
    means: dict[str, dict[str, Interval]]  # model -> metric -> interval
    differences: tuple[Difference, ...]
    segments: dict[str, tuple[int, dict[str, Interval]]]
    segment_means: dict[str, dict[str, dict[str, float]]]


def report_of(
    entrants: Sequence[Entrant], masks: Mapping[str, Bool], split: SplitSpec, seed: int = 0
) -> Report:
    """The report of these entrants over the same requests; `masks`: segment -> [R].

    The best baseline is the one with the highest NDCG@10 on these very requests: the hardest to beat.

    Raises:
        EvaluationError: no entrants, equal names, or outcomes of different protocols or requests.
    """
    _check(entrants)
    first = entrants[0].outcome
    return Report(
        protocol=first.protocol,
        split=split,
        seed=seed,
        num_requests=len(first.customer),
        num_customers=len(np.unique(first.customer)),
        entrants=tuple(entrants),
        means={
            each.outcome.name: {
                metric: mean_interval(values, each.outcome.customer, seed)
                for metric, values in each.outcome.values.items()
            }
            for each in entrants
        },
        differences=tuple(_differences(entrants, seed)),
        segments={name: (int(mask.sum()), _headlines(entrants, mask, seed)) for name, mask in masks.items()},
        segment_means={name: _means(entrants, mask) for name, mask in masks.items()},
    )


def best_baseline(entrants: Sequence[Entrant]) -> Entrant | None:
    """The baseline with the highest NDCG@10, None without baselines."""
    baselines = [each for each in entrants if each.baseline]
    return max(baselines, key=lambda each: each.outcome.mean(HEADLINE), default=None)


def write_json(report: Report, path: Path) -> None:
    """The report as JSON; figures that do not exist are null."""
    body = {
        "protocol": report.protocol,
        "split": asdict(report.split),
        "seed": report.seed,
        "requests": report.num_requests,
        "customers": report.num_customers,
        "models": [
            {
                "model": each.outcome.name,
                "settings": each.settings,
                "baseline": each.baseline,
                "seconds": round(each.seconds, 2),
                "peak_mib": each.peak_mib,
                "metrics": {
                    metric: asdict(found) for metric, found in report.means[each.outcome.name].items()
                },
                "totals": each.outcome.totals,
                "curves": {name: [float(y) for y in ys] for name, ys in each.outcome.curves.items()},
                "stale": {age: float(np.nanmean(values)) for age, values in each.outcome.stale.items()},
            }
            for each in report.entrants
        ],
        "differences": [asdict(each) for each in report.differences],
        "segments": {
            name: {
                "requests": n,
                HEADLINE: {model: asdict(found) for model, found in models.items()},
                "metrics": report.segment_means[name],
            }
            for name, (n, models) in report.segments.items()
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_without_nan(body), indent=1) + "\n", encoding="utf-8")


def _differences(entrants: Sequence[Entrant], seed: int) -> list[Difference]:
    best = best_baseline(entrants)
    if best is None:
        return []
    pairs = [
        (each.outcome, metric)
        for each in entrants
        if not each.baseline
        for metric in COMPARED
        if metric in each.outcome.values
    ]
    tested = []
    for ours, metric in pairs:
        two = ours.values[metric], best.outcome.values[metric], ours.customer
        tested.append((paired_difference(*two, seed), paired_t_test(*two)))
    by_bootstrap = holm([interval.p for interval, _ in tested])
    by_t = holm([test.p if math.isfinite(test.p) else 1.0 for _, test in tested])
    return [
        Difference(
            model=ours.name,
            against=best.outcome.name,
            metric=metric,
            interval=interval,
            t_test=test,
            p_holm=p,
            t_holm=t,
            detectable=detectable(test, len(pairs)),
            needed=customers_needed(test, interval.value, len(pairs))
            if interval.value and math.isfinite(test.standard_error)
            else None,
        )
        for (ours, metric), (interval, test), p, t in zip(pairs, tested, by_bootstrap, by_t, strict=True)
    ]


def _headlines(entrants: Sequence[Entrant], mask: Bool, seed: int) -> dict[str, Interval]:
    return {
        each.outcome.name: mean_interval(
            each.outcome.values[HEADLINE][mask], each.outcome.customer[mask], seed
        )
        for each in entrants
    }


def _means(entrants: Sequence[Entrant], mask: Bool) -> dict[str, dict[str, float]]:
    return {
        each.outcome.name: {
            metric: float(np.mean(known)) if len(known := chosen[~np.isnan(chosen)]) else math.nan
            for metric, values in each.outcome.values.items()
            for chosen in (values[mask],)
        }
        for each in entrants
    }


def _check(entrants: Sequence[Entrant]) -> None:
    if not entrants:
        raise EvaluationError("expected recommenders to compare, came none")
    names = [each.outcome.name for each in entrants]
    if len(set(names)) < len(names):
        raise EvaluationError(f"expected each name once, came {', '.join(names)}")
    first = entrants[0].outcome
    for each in entrants:
        same = np.array_equal(each.outcome.customer, first.customer)
        if each.outcome.protocol != first.protocol or not same:
            raise EvaluationError(
                f"expected outcomes of one protocol over the same requests, came {first.name} ({first.protocol}, "
                f"{len(first.customer)} requests) and {each.outcome.name} ({each.outcome.protocol}, "
                f"{len(each.outcome.customer)} requests)"
            )


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_nan(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
