"""Blending: the weights of a hybrid, learnt on validation requests from the baselines' best settings.

Legend: S baselines, R requests, T wanted items, K candidates kept of each request.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from shopwindow.baselines.hybrid import Hybrid, from_0_to_1
from shopwindow.baselines.shortlist import each_once, first_items
from shopwindow.datasets.recommender import Foresighted, Recommender
from shopwindow.datasets.requests import RequestSet
from shopwindow.errors import EvaluationError
from shopwindow.evaluation import metrics
from shopwindow.evaluation.comparison import Exam
from shopwindow.evaluation.metrics import Ranks
from shopwindow.evaluation.ranking import candidates
from shopwindow.evaluation.tuning import Tuned, TuningPlan, validation_requests
from shopwindow.schema.arrays import Float, Rows

MOST_PARTS: Final = 6  # the best by themselves; each is fitted once more
STEPS: Final = 20
KEPT: Final = 50  # of each baseline's first items, per request: what a blend may bring among its first ten
SCORES_AT_ONCE: Final = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """Normalised scores [S, R, K] of the items [R, K] (-1 = padding, -inf) that any baseline has among its first."""

    rows: Rows
    scores: Float
    requests: RequestSet

    def value(self, total: Float) -> float:
        """NDCG@10 of the order by `total [R, K]`; of equal items the wanted one comes last."""
        request, truth = self.requests.of_truth(), self.requests.truth_rows
        mine = self.rows[request] == truth[:, None]  # [T, K]
        own = np.where(mine, total[request], -np.inf).max(axis=1)
        above = (total[request] >= own[:, None]).sum(axis=1) - 1
        ranks = Ranks(
            request=request,
            rank=np.where(np.isfinite(own), above, metrics.MISSED),
            gain=self.requests.truth_gain,
            num_candidates=np.full(len(self.requests), self.rows.shape[1]),
        )
        return float(metrics.ndcg(ranks, 10).mean())


@dataclass(frozen=True, slots=True)
class Blend:
    """A hybrid and the validation NDCG@10 that its weights reached when they were chosen."""

    hybrid: Hybrid
    value: float


def blended(found: Sequence[Tuned], exam: Exam, plan: TuningPlan) -> Blend:
    """The hybrid of the best settings, its weights chosen on the validation requests that the settings were chosen on.

    Ensemble selection: step by step the baseline is added, again or anew, that helps most; weights are the shares of
    the steps up to the best one. Caruana et al., "Ensemble Selection from Libraries of Models", ICML 2004.

    Raises:
        EvaluationError: there is nothing to blend.
    """
    if not found:
        raise EvaluationError("expected tuned baselines to blend, came none")
    best = sorted(found, key=lambda each: -each.best.value)[:MOST_PARTS]
    settings = [each.best.setting for each in best]
    requests = validation_requests(exam, plan)
    fitted = (setting.fit(exam.dataset, exam.split.train_end) for setting in settings)
    listed = _listed([_asked(each, requests) for each in fitted], exam, requests)
    counts = selected(listed)
    chosen, shares = np.flatnonzero(counts), counts / counts.sum()
    hybrid = Hybrid(
        parts=tuple(settings[place] for place in chosen),
        weights=tuple(round(float(shares[place]), 4) for place in chosen),
    )
    return Blend(hybrid, listed.value(np.tensordot(counts[chosen], listed.scores[chosen], axes=1)))


def selected(listed: Listed) -> Float:
    """[S] how often each baseline was added up to the best step; of equal steps the first."""
    counts = np.zeros(len(listed.scores), dtype=np.float32)
    total = np.zeros(listed.rows.shape, dtype=np.float32)
    best, best_value = counts.copy(), -np.inf
    for _ in range(STEPS):
        values = [listed.value(total + scores) for scores in listed.scores]
        place = int(np.argmax(values))
        counts[place] += 1
        total = total + listed.scores[place]
        if values[place] > best_value:
            best, best_value = counts.copy(), values[place]
    return best


def _asked(recommender: Recommender, requests: RequestSet) -> Recommender:
    return recommender.for_all(requests) if isinstance(recommender, Foresighted) else recommender


def _listed(fitted: Sequence[Recommender], exam: Exam, requests: RequestSet) -> Listed:
    size = max(1, SCORES_AT_ONCE // exam.dataset.num_items)
    rows, scores = [], []
    for start in range(0, len(requests), size):
        part = requests.part(start, start + size)
        allowed = candidates(exam.dataset, part, exam.options.protocol)
        scaled = [np.where(allowed, from_0_to_1(each.scores(part)), -np.inf) for each in fitted]
        some = each_once(np.concatenate([first_items(each, KEPT) for each in scaled], axis=1))
        known = some >= 0
        rows.append(some)
        scores.append([np.where(known, np.take_along_axis(each, some, axis=1), -np.inf) for each in scaled])
    return Listed(
        rows=np.concatenate(rows),
        scores=np.stack([np.concatenate(each) for each in zip(*scores, strict=True)]).astype(np.float32),
        requests=requests,
    )
