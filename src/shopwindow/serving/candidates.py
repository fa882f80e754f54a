"""CandidateSet: the items under consideration as parallel arrays. C candidates, S sources, H outcomes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np

from shopwindow.errors import ContractError
from shopwindow.schema.arrays import Float, Int64, Rows


class Proposals(NamedTuple):
    """What one source brings: `rows [P]`, each once, and their `scores [P]`, best first."""

    rows: Rows
    scores: Float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CandidateSet:
    """Candidates, each row once.

    `rows [C]`; `retrieval [C, S]`: score by source, NaN = not proposed by it; `outcomes [C, H]`: what a scorer
    predicts, H = 0 without one; `score [C]`: what the page is ordered by, best first where nothing else is said.

    Raises:
        ContractError: shapes disagree, a row comes twice, or a candidate was proposed by no source.
    """

    sources: tuple[str, ...]
    rows: Rows
    retrieval: Float
    outcomes: Float
    score: Float

    def __post_init__(self) -> None:
        count = len(self.rows)
        if self.retrieval.shape != (count, len(self.sources)) or self.score.shape != (count,):
            raise ContractError(
                f"candidates: {count} rows, retrieval {self.retrieval.shape}, score {self.score.shape}; "
                f"expected retrieval ({count}, {len(self.sources)}) and score ({count},)"
            )
        if self.outcomes.ndim != 2 or len(self.outcomes) != count:
            raise ContractError(f"candidates: outcomes {self.outcomes.shape}, expected ({count}, H)")
        if not each_once(self.rows):
            raise ContractError("candidates: a row comes twice; merge keeps each once")
        if count and np.isnan(self.retrieval).all(axis=1).any():
            raise ContractError("candidates: a row was proposed by no source")

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, positions: Int64) -> Self:
        """The candidates at these positions, in this order.

        Raises:
            ContractError: a position is out of range or comes twice.
        """
        if len(positions) and (positions.min() < 0 or positions.max() >= len(self)):
            raise ContractError(
                f"selection names a position outside 0..{len(self) - 1}: policies cannot invent"
            )
        return replace(
            self,
            rows=self.rows[positions],
            retrieval=self.retrieval[positions],
            outcomes=self.outcomes[positions],
            score=self.score[positions],
        )

    def scored(self, outcomes: Float, weights: Float) -> Self:
        """With a scorer's outcomes, ordered by their weighted sum.

        Raises:
            ContractError: not one row per candidate and one column per weight.
        """
        if outcomes.shape != (len(self), len(weights)):
            raise ContractError(
                f"scorer returned {outcomes.shape}, expected {(len(self), len(weights))}: "
                "one row per candidate, one column per outcome weight"
            )
        score = (outcomes @ weights).astype(np.float32)
        order = np.argsort(-score, kind="stable")
        return replace(self, outcomes=outcomes, score=score).take(order)


def each_once(rows: Rows) -> bool:
    """Whether no row comes twice. A sort of 500 takes a tenth of the time of numpy's unique."""
    ordered = np.sort(rows)
    return not bool((ordered[1:] == ordered[:-1]).any())


def merge(names: Sequence[str], proposals: Sequence[Proposals]) -> CandidateSet:
    """One set from all sources, each row once, none lost.

    Ordered by source first, then by its score: scores of different sources are not on one scale, so a row
    stands where the first source that proposed it put it.
    """
    rows = np.concatenate([each.rows for each in proposals] or [np.zeros(0, np.int32)])
    if len(proposals) > 1:
        rows = rows[np.sort(np.unique(rows, return_index=True)[1])]
    retrieval = np.full((len(rows), len(names)), np.nan, dtype=np.float32)
    score = np.zeros(len(rows), dtype=np.float32)
    if len(proposals) == 1:
        retrieval[:, 0] = score = proposals[0].scores.astype(np.float32)
    else:
        by_row = np.argsort(rows)
        for column in range(len(proposals) - 1, -1, -1):  # the first source's score is written last
            places = by_row[np.searchsorted(rows, proposals[column].rows, sorter=by_row)]
            retrieval[places, column] = score[places] = proposals[column].scores
    return CandidateSet(
        sources=tuple(names),
        rows=rows.astype(np.int32),
        retrieval=retrieval,
        outcomes=np.zeros((len(rows), 0), dtype=np.float32),
        score=score,
    )
