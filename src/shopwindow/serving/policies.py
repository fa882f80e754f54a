"""The first two policies: what must not be shown, and what sinks because it was bought."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from shopwindow.serving.candidates import CandidateSet
from shopwindow.serving.context import Context, admitted, among, is_excluded
from shopwindow.serving.contracts import Selection


@final
@dataclass(frozen=True, slots=True)
class Availability:
    """Safety: out go items not offered in the market, out of stock, filtered away, excluded or hidden."""

    name: ClassVar[str] = "availability"
    safety: ClassVar[bool] = True

    def select(self, context: Context, candidates: CandidateSet) -> Selection:
        allowed = admitted(context, candidates.rows)
        excluded = is_excluded(context, candidates.rows)
        return Selection(
            positions=np.flatnonzero(allowed & ~excluded),
            removed={"not-available": int((~allowed).sum()), "excluded": int((allowed & excluded).sum())},
        )


@final
@dataclass(frozen=True, slots=True)
class BoughtRecently:
    """Cosmetic: what the customer bought in the last 60 days goes to the end, in its own order."""

    name: ClassVar[str] = "bought-recently"
    safety: ClassVar[bool] = False

    def select(self, context: Context, candidates: CandidateSet) -> Selection:
        bought = among(candidates.rows, context.bought)
        return Selection(positions=np.argsort(bought, kind="stable"))
