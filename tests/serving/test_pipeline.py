from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from tests.serving.asking import context_for, request_for

from shopwindow.schema.arrays import Float
from shopwindow.serving.candidates import CandidateSet, Proposals
from shopwindow.serving.context import Context
from shopwindow.serving.contracts import Policy, Selection, Source
from shopwindow.serving.pipeline import Page, Plan, Quota
from shopwindow.serving.policies import Availability, BoughtRecently
from shopwindow.serving.ranking import Ranking
from shopwindow.serving.trace import Trace
from shopwindow.serving.warm import warm


@dataclass
class Clock:
    """Seconds that pass only when told."""

    now_s: float = 0.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Fixed:
    rows: list[int]
    name: str = "fixed"

    def propose(self, context: Context, limit: int) -> Proposals:
        scores = np.arange(len(self.rows), 0, -1).astype(np.float32)
        return Proposals(np.array(self.rows, dtype=np.int32), scores)


@dataclass
class Broken:
    name: str = "broken"
    safety: bool = False

    def propose(self, context: Context, limit: int) -> Proposals:
        raise RuntimeError("the index burned down")

    def select(self, context: Context, candidates: CandidateSet) -> Selection:
        raise RuntimeError("the rule burned down")


@dataclass
class Inventing:
    name: str = "inventing"
    safety: bool = False

    def select(self, context: Context, candidates: CandidateSet) -> Selection:
        return Selection(positions=np.array([len(candidates)]))


@dataclass
class Backwards:
    """A scorer that finds the last candidate best."""

    shape: tuple[int, ...] = ()
    seen: list[int] = field(default_factory=list)

    def predict(self, context: Context, candidates: CandidateSet) -> Float:
        shape = self.shape or (len(candidates), 1)
        return np.arange(np.prod(shape)).reshape(shape).astype(np.float32)


def plan_of(*sources: Source, policies: tuple[Policy, ...] = (), fallback: Source | None = None) -> Plan:
    quotas = tuple(Quota(source=source, limit=100) for source in sources)
    if fallback is not None:
        quotas += (Quota(source=fallback, limit=100, fallback=True),)
    return Plan(sources=quotas, policies=policies)


def rank(ranking: Ranking, plan: Plan, trace: Trace | None = None, k: int = 10) -> tuple[Page, Trace]:
    trace = trace or Trace(clock=Clock())
    return ranking.pipeline.rank(plan, context_for(ranking, k=k), trace), trace


def test_a_failing_source_is_flagged_and_the_fallback_fills_the_page(ranking: Ranking) -> None:
    page, trace = rank(ranking, plan_of(Broken(), fallback=Fixed([5, 6, 7], "popularity")))
    assert page.rows.tolist() == [5, 6, 7]
    assert page.sources == (("popularity",),) * 3
    assert trace.degraded == ["broken:failed"]


def test_a_fallback_is_not_asked_when_the_page_is_full(ranking: Ranking) -> None:
    page, trace = rank(ranking, plan_of(Fixed([1, 2]), fallback=Broken()), k=2)
    assert page.rows.tolist() == [1, 2]
    assert trace.degraded == []


def test_all_sources_failing_is_an_empty_page_not_an_error(ranking: Ranking) -> None:
    page, trace = rank(ranking, plan_of(Broken("a"), Broken("b")))
    assert len(page.rows) == 0
    assert trace.degraded == ["a:failed", "b:failed"]


def test_a_source_that_breaks_its_contract_is_left_out(ranking: Ranking) -> None:
    page, trace = rank(ranking, plan_of(Fixed([3, 3], "doubling"), Fixed([4], "good")))
    assert page.rows.tolist() == [4]
    assert trace.degraded == ["doubling:failed"]


def test_past_the_deadline_only_the_fallback_is_asked(ranking: Ranking) -> None:
    rows = ranking.shelf.now.rows_of(np.array([5, 6], dtype=np.int32)).tolist()
    policies = (Availability(), BoughtRecently())
    plan = plan_of(Fixed([1]), policies=policies, fallback=Fixed(rows, "popularity"))
    page, trace = rank(ranking, plan, Trace(clock=Clock(now_s=1.0), deadline_s=0.5))
    assert page.rows.tolist() == rows
    assert trace.degraded == ["fixed:deadline", "bought-recently:deadline"]


def test_a_failing_cosmetic_policy_is_skipped_and_flagged(ranking: Ranking) -> None:
    page, trace = rank(ranking, plan_of(Fixed([8, 9]), policies=(Broken("pretty"),)))
    assert page.rows.tolist() == [8, 9]
    assert trace.degraded == ["pretty:failed"]


def test_a_policy_that_invents_is_a_failing_policy(ranking: Ranking) -> None:
    page, trace = rank(ranking, plan_of(Fixed([8, 9]), policies=(Inventing(),)))
    assert page.rows.tolist() == [8, 9]
    assert trace.degraded == ["inventing:failed"]


def test_a_failing_safety_policy_serves_the_list_of_the_release(ranking: Ranking) -> None:
    broken = Broken("stock", safety=True)
    page, trace = rank(ranking, plan_of(Fixed([8, 9]), policies=(broken,)), k=4)
    shelf = ranking.shelf.now
    assert shelf.item_key[page.rows].tolist() == [
        0,
        3,
        4,
        5,
    ]  # popular; without 1 (sold out) and 2 (not offered)
    assert page.sources == (("safe-list",),) * 4
    assert trace.degraded == ["stock:failed"]


def test_the_safe_list_of_a_category_stays_in_it(ranking: Ranking) -> None:
    context = context_for(ranking, k=3, category="women/bags")
    plan = plan_of(Fixed([8]), policies=(Broken("stock", safety=True),))
    page = ranking.pipeline.rank(plan, context, Trace(clock=Clock()))
    assert ranking.shelf.now.item_key[page.rows].tolist() == [
        0,
        4,
        7,
    ]  # 0 stands there by its second category


def test_a_scorer_orders_the_page(ranking: Ranking) -> None:
    plan = replace(plan_of(Fixed([8, 9, 10])), scorer=Backwards(), weights=(1.0,))
    page, trace = rank(ranking, plan)
    assert page.rows.tolist() == [10, 9, 8]
    assert page.scores.tolist() == pytest.approx([2.0, 1.0, 0.0])
    assert trace.degraded == []


def test_without_its_scorer_the_retrieval_score_serves(ranking: Ranking) -> None:
    plan = replace(plan_of(Fixed([8, 9, 10])), scorer=Backwards(shape=(2, 2)), weights=(1.0,))
    page, trace = rank(ranking, plan)
    assert page.rows.tolist() == [8, 9, 10]
    assert trace.degraded == ["scorer:failed"]


def test_the_trace_tells_what_was_proposed_removed_and_how_long_it_took(ranking: Ranking) -> None:
    rows = ranking.shelf.now.rows_of(np.array([0, 1, 2], dtype=np.int32)).tolist()
    _, trace = rank(ranking, plan_of(Fixed(rows), policies=(Availability(),)))
    assert trace.counts == {"proposed:fixed": 3, "removed:not-available": 2, "removed:excluded": 0}
    assert [name for name, _ in trace.stages] == ["fixed", "merge", "availability"]


def test_a_broken_model_never_blanks_a_page(ranking: Ranking) -> None:
    @dataclass
    class Burned:
        def run(self, names: object, feeds: object) -> None:
            raise RuntimeError("onnxruntime is not well")

    plan = ranking.book.plans["browse", "default"]
    two_tower = plan.sources[0].source
    broken = replace(two_tower, encoder=replace(two_tower.encoder, session=Burned()))  # type: ignore[attr-defined, type-var]
    plan = replace(plan, sources=(Quota(source=broken, limit=500), *plan.sources[1:]))
    page, trace = rank(ranking, plan, k=3)
    assert ranking.shelf.now.item_key[page.rows].tolist() == [0, 3, 4]
    assert trace.degraded == ["two-tower:failed"]


def test_without_state_and_identity_map_there_is_a_page_all_the_same(ranking: Ranking) -> None:
    class Gone:
        def find_items(self, ids: object) -> None:
            raise OSError("disk gone")

        def find_customers(self, ids: object) -> None:
            raise OSError("disk gone")

        def read(self, keys: object) -> None:
            raise OSError("disk gone")

    trace = Trace(clock=Clock())
    ranked = ranking.rank(request_for(customer="anna", k=3), Gone(), Gone(), trace)  # type: ignore[arg-type]
    assert len(ranked.page.rows) == 3
    assert trace.degraded == ["state:failed", "identity:failed"]


def test_the_warm_up_finds_nothing_wrong_with_a_whole_release(ranking: Ranking) -> None:
    assert warm(ranking) == []
