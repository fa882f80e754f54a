"""Pipeline: sources -> merge -> scorer -> policies -> page. The one place where a part may fail and the page goes on."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, final

import numpy as np

from shopwindow.errors import ContractError
from shopwindow.schema.arrays import Float, Rows
from shopwindow.serving.candidates import CandidateSet, Proposals, each_once, merge
from shopwindow.serving.context import Context
from shopwindow.serving.contracts import Policy, Scorer, Source
from shopwindow.serving.safe_list import SafeList
from shopwindow.serving.trace import Trace

LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How much a source may bring. `fallback`: asked only if those before it did not fill the page."""

    source: Source
    limit: int
    fallback: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a surface is: its sources in order of trust, and its policies in order.

    `weights [H]`: worth of each outcome that the scorer predicts; empty = the retrieval score orders the page.
    """

    sources: tuple[Quota, ...]
    policies: tuple[Policy, ...]
    scorer: Scorer | None = None
    weights: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanBook:
    """The plan of every (surface kind, variant); `version` changes whenever a plan does, and is logged with each page."""

    version: int
    plans: Mapping[tuple[str, str], Plan]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Page:
    """The answer: `rows [K]` in page order, `scores [K]`, `sources [K]` the names of those that proposed each."""

    rows: Rows
    scores: Float
    sources: tuple[tuple[str, ...], ...]
    propensities: Float | None


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """Ranks; holds no state of its own. `safe`: what is served when a safety policy fails."""

    safe: SafeList

    def rank(self, plan: Plan, context: Context, trace: Trace) -> Page:
        """A page of at most k items; shorter where the place has fewer. Never raises for a failing part."""
        candidates = self._gather(plan, context, trace)
        candidates = _score(plan, context, trace, candidates)
        return self._select(plan, context, trace, candidates)

    def _gather(self, plan: Plan, context: Context, trace: Trace) -> CandidateSet:
        names: list[str] = []
        brought: list[Proposals] = []
        found = 0
        for quota in plan.sources:
            if quota.fallback and found >= context.request.k:
                continue
            proposals = _ask(quota, context, trace)
            if proposals is not None:
                names.append(quota.source.name)
                brought.append(proposals)
                found += len(proposals.rows)
        with trace.stage("merge"):
            return merge(names, brought)

    def _select(self, plan: Plan, context: Context, trace: Trace, candidates: CandidateSet) -> Page:
        propensities: Float | None = None
        for policy in plan.policies:
            if not policy.safety and trace.late():
                trace.degrade(policy.name, "deadline")
                continue
            try:
                with trace.stage(policy.name):
                    selection = policy.select(context, candidates)
                    candidates = candidates.take(selection.positions)
            except Exception:
                LOG.exception("policy %s failed", policy.name)
                trace.degrade(policy.name, "failed")
                if policy.safety:
                    return self._safe_page(context, trace)
                continue
            for reason, count in selection.removed.items():
                trace.counts[f"removed:{reason}"] = trace.counts.get(f"removed:{reason}", 0) + count
            if selection.propensities is not None:
                propensities = selection.propensities
            elif propensities is not None:
                propensities = propensities[selection.positions]
        k = context.request.k
        return Page(
            rows=candidates.rows[:k],
            scores=candidates.score[:k],
            sources=_names(candidates, k),
            propensities=None if propensities is None else propensities[:k],
        )

    def _safe_page(self, context: Context, trace: Trace) -> Page:
        with trace.stage("safe-list"):
            rows = self.safe.rows(context.place, context.market, context.request.k)
        return Page(
            rows=rows,
            scores=np.zeros(len(rows), dtype=np.float32),
            sources=((SafeList.name,),) * len(rows),
            propensities=None,
        )


def _ask(quota: Quota, context: Context, trace: Trace) -> Proposals | None:
    """What the source brings, or None if it failed or the time is up; a fallback is cheap and always asked."""
    source = quota.source
    if not quota.fallback and trace.late():
        trace.degrade(source.name, "deadline")
        return None
    try:
        with trace.stage(source.name):
            limit = max(quota.limit, context.request.k)
            proposals = source.propose(context, limit)
            _check(source.name, proposals, limit)
    except Exception:
        LOG.exception("source %s failed", source.name)
        trace.degrade(source.name, "failed")
        return None
    trace.counts[f"proposed:{source.name}"] = len(proposals.rows)
    return proposals


def _check(name: str, proposals: Proposals, limit: int) -> None:
    rows, scores = proposals
    if rows.shape != scores.shape or len(rows) > limit or not each_once(rows):
        raise ContractError(
            f"source {name} returned {rows.shape} rows and {scores.shape} scores: "
            f"expected at most {limit} rows, each once, one score per row"
        )
    if not np.isfinite(scores).all():
        raise ContractError(f"source {name} returned scores that are not finite")


def _score(plan: Plan, context: Context, trace: Trace, candidates: CandidateSet) -> CandidateSet:
    if plan.scorer is None or not len(candidates):
        return candidates
    if trace.late():
        trace.degrade("scorer", "deadline")
        return candidates
    try:
        with trace.stage("scorer"):
            outcomes = plan.scorer.predict(context, candidates)
            return candidates.scored(outcomes, np.array(plan.weights, dtype=np.float32))
    except Exception:
        LOG.exception("scorer failed")
        trace.degrade("scorer", "failed")
        return candidates


def _names(candidates: CandidateSet, k: int) -> tuple[tuple[str, ...], ...]:
    """Which sources proposed each of the first k candidates."""
    if len(candidates.sources) == 1:
        return (candidates.sources,) * min(k, len(candidates))
    proposed = ~np.isnan(candidates.retrieval[:k])
    return tuple(
        tuple(name for name, has in zip(candidates.sources, row, strict=True) if has)
        for row in proposed.tolist()
    )
