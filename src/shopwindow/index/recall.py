"""The recall gate: an approximate index serves only with a recall measured at build, on queries of its own."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from shopwindow.index.exact import ExactSlices
from shopwindow.index.faiss_index import FaissIndex, build_lists, default_num_lists
from shopwindow.index.vector_index import Found, VectorIndex
from shopwindow.schema.arrays import Float


@dataclass(frozen=True, slots=True, kw_only=True)
class GateConfig:
    """When an approximate index may serve the whole shop.

    `limit`: recall is measured at this many rows. `min_items`: below it the exact scan is as quick.
    `probes`: numbers of lists to try, ascending; the first that reaches `min_recall` is taken.
    """

    limit: int = 500
    min_recall: float = 0.98
    min_items: int = 50_000
    probes: tuple[int, ...] = (8, 16, 32, 64, 96, 128, 192, 256)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReport:
    """What the gate saw. `recall` is of `num_queries` queries that did not choose `num_probes`."""

    used: bool
    reason: str
    limit: int
    queries: str
    num_queries: int = 0
    num_lists: int = 0
    num_probes: int = 0
    recall: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Queries:
    """Query vectors `values [Q, d]` and in words where they come from."""

    values: Float
    source: str


def recall_of(index: VectorIndex, queries: Float, truth: Sequence[Found]) -> float:
    """Mean share of the true rows that the index finds, ties at the last place counted by row."""
    shares = [
        len(np.intersect1d(index.search(query, len(exact.rows)).rows, exact.rows)) / len(exact.rows)
        for query, exact in zip(queries, truth, strict=True)
    ]
    return float(np.mean(shares))


def gated_faiss(
    exact: ExactSlices, queries: Queries, config: GateConfig
) -> tuple[FaissIndex | None, GateReport]:
    """A FAISS index of the same vectors, or None, with the reason in the report."""
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
    recall = recall_of(index, queries.values[1::2], truth[1::2])
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
    return (index if used else None), report


def _with_probes(index: FaissIndex, queries: Float, truth: Sequence[Found], config: GateConfig) -> FaissIndex:
    """The index with the fewest probes that reach the recall, or with the most that are allowed."""
    tried = index
    for probes in config.probes:
        tried = replace(index, num_probes=min(probes, index.num_probes))
        if recall_of(tried, queries, truth) >= config.min_recall:
            break
    return tried


def perturbed(rows: Float, num_queries: int, seed: int) -> Queries:
    """Stand-in queries where there are no customers: item vectors with noise half as long as themselves.

    They tell whether the lists work, not what customers will see; the source says so.
    """
    rng = np.random.default_rng(seed)
    chosen = rows[np.sort(rng.choice(len(rows), size=min(num_queries, len(rows)), replace=False))]
    noise = rng.standard_normal(chosen.shape, dtype=np.float32)
    noise *= 0.5 * np.linalg.norm(chosen, axis=1, keepdims=True) / np.sqrt(rows.shape[1])
    return Queries(values=(chosen + noise).astype(np.float32), source="perturbed item vectors")
