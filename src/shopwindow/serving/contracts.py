"""The seams of serving: what a source, a scorer and a policy may do. The return type is the permission."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from shopwindow.schema.arrays import Float, Int64
from shopwindow.serving.candidates import CandidateSet, Proposals
from shopwindow.serving.context import Context


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Selection:
    """`positions [K]` into the candidates, in page order; `removed`: reason -> how many were taken out.

    `propensities [K]`: probability of each placement; None = the order was certain.
    """

    positions: Int64
    removed: Mapping[str, int] = field(default_factory=dict)
    propensities: Float | None = None


class Source(Protocol):
    """Proposes candidates. May fail: the failure is recorded and the page goes on without it."""

    @property
    def name(self) -> str: ...

    def propose(self, context: Context, limit: int) -> Proposals:
        """At most `limit` rows within the context's scope, each once, best first."""
        ...


class Scorer(Protocol):
    """Predicts outcomes of candidates; cannot drop or reorder. If it fails, the retrieval score serves."""

    def predict(self, context: Context, candidates: CandidateSet) -> Float:
        """[C, H] probabilities."""
        ...


class Policy(Protocol):
    """Orders and removes; cannot invent.

    `safety`: if it fails, the list filtered at release time is served. Otherwise it is cosmetic: if it fails, it is
    skipped and the answer flagged.
    """

    @property
    def name(self) -> str: ...

    @property
    def safety(self) -> bool: ...

    def select(self, context: Context, candidates: CandidateSet) -> Selection:
        """Which candidates stay, in which order."""
        ...
