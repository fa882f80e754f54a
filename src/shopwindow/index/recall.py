"""The recall gate: an approximate index serves only with a recall measured at build, on queries of its own."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from shopwindow.index.exact import ExactSlices
from shopwindow.index.faiss_index import FaissIndex, build_lists, default_num_lists
from shopwindow.index.scope import Scope, whole
from shopwindow.index.vector_index import Found
from shopwindow.schema.arrays import Float


@dataclass(frozen=True, slots=True, kw_only=True)
class GateConfig:
    """When an approximate index may serve.

    `limit`: recall is measured at this many rows. `min_items`: below it the exact scan is as quick.
    `probes`: numbers of lists to try, ascending; the first that reaches `min_recall` in the whole shop is taken.
    `min_share`: scopes with less of the shop are scanned exactly whatever the recall (1 M x 64, milliseconds by
    lists and exactly: 43 % of the shop 1.3 and 7.8, 20 % 1.4 and 2.7, 10 % 1.5 and 1.6).
    """

    limit: int = 500
    min_recall: float = 0.98
    min_items: int = 50_000
    min_share: float = 0.15
    probes: tuple[int, ...] = (8, 16, 24, 32, 48, 64, 96, 128, 192, 256)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReport:
    """What the gate saw. `recall` is of `num_queries` queries that did not choose `num_probes`.

    `slices`: (share of the shop, recall) of each wide scope that was measured; from `min_share` on the lists serve.
    """

    used: bool
    reason: str
    limit: int
    queries: str
    num_queries: int = 0
    num_lists: int = 0
    num_probes: int = 0
    recall: float = 0.0
    min_share: float = 1.0
    slices: Sequence[tuple[float, float]] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Queries:
    """Query vectors `values [Q, d]` and in words where they come from."""

    values: Float
    source: str


def recall_of(search: Callable[[Float, int], Found], queries: Float, truth: Sequence[Found]) -> float:
    """Mean share of the true rows that a search finds, ties at the last place counted by row."""
    shares = [
        len(np.intersect1d(search(query, len(exact.rows)).rows, exact.rows)) / len(exact.rows)
        for query, exact in zip(queries, truth, strict=True)
    ]
    return float(np.mean(shares))


def gated_lists(
    exact: ExactSlices, queries: Queries, config: GateConfig, slices: Sequence[Scope] = ()
) -> tuple[FaissIndex | None, GateReport]:
    """Inverted lists of the same vectors, or None, with the reason in the report.

    `slices`: parts of the shop (its categories) that will be searched; wide ones are measured one by one.
    """
    report = GateReport(used=False, reason="", limit=config.limit, queries=queries.source)
    size = len(exact.vectors)
    if size < config.min_items:
        return None, replace(report, reason=f"{size} items: below {config.min_items} the exact scan serves")
    if len(queries.values) < 2:
        return None, replace(report, reason="fewer than 2 queries to measure recall with")
    truth = [exact.search(query, config.limit) for query in queries.values]
    num_lists = default_num_lists(size)
    index = FaissIndex(
        vectors=exact.vectors, lists=build_lists(exact.vectors.rows, num_lists), num_probes=num_lists
    )
    index = _with_probes(index, queries.values[0::2], truth[0::2], config)
    recall = recall_of(index.search, queries.values[1::2], truth[1::2])
    used = recall >= config.min_recall
    reason = f"recall@{config.limit} {recall:.4f} {'reaches' if used else 'is below'} {config.min_recall}"
    report = replace(
        report,
        used=used,
        reason=reason,
        num_queries=len(truth[1::2]),
        num_lists=num_lists,
        num_probes=index.num_probes,
        recall=round(recall, 6),
    )
    if not used:
        return None, report
    measured = sorted(_wide_recalls(exact, index, queries.values[1::2], config, slices), reverse=True)
    failed = max((share for share, recall in measured if recall < config.min_recall), default=0.0)
    return index, replace(
        report, slices=measured, min_share=max(config.min_share, float(np.nextafter(failed, 2.0)))
    )


def _with_probes(index: FaissIndex, queries: Float, truth: Sequence[Found], config: GateConfig) -> FaissIndex:
    """The index with the fewest probes that reach the recall, or with the most that are allowed."""
    tried = index
    for probes in config.probes:
        tried = replace(index, num_probes=min(probes, index.num_probes))
        if recall_of(tried.search, queries, truth) >= config.min_recall:
            break
    return tried


def _wide_recalls(
    exact: ExactSlices, index: FaissIndex, queries: Float, config: GateConfig, slices: Sequence[Scope]
) -> Iterator[tuple[float, float]]:
    """(share, recall) of each wide slice, and of filters that let half of the shop and `min_share` of it through."""
    size = len(exact.vectors)
    spread = np.random.default_rng(0).random(size)
    filters = [whole(size, spread < share) for share in (0.5, config.min_share)]
    for scope in (*slices, *filters):
        count = scope.count()
        if config.min_share * size <= count < size:
            truth = [exact.search(query, config.limit, scope) for query in queries]
            search = partial(index.search, allowed=scope.mask(size), share=count / size)
            yield round(count / size, 6), round(recall_of(search, queries, truth), 6)


def perturbed(rows: Float, num_queries: int, seed: int) -> Queries:
    """Stand-in queries where there are no customers: item vectors with noise half as long as themselves.

    They tell whether the lists work, not what customers will see; the source says so.
    """
    rng = np.random.default_rng(seed)
    chosen = rows[np.sort(rng.choice(len(rows), size=min(num_queries, len(rows)), replace=False))]
    noise = rng.standard_normal(chosen.shape, dtype=np.float32)
    noise *= 0.5 * np.linalg.norm(chosen, axis=1, keepdims=True) / np.sqrt(rows.shape[1])
    return Queries(values=(chosen + noise).astype(np.float32), source="perturbed item vectors")
