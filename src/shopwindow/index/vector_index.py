"""VectorIndex: the port for item search, and what every adapter of it returns."""

from typing import NamedTuple, Protocol

import numpy as np

from shopwindow.errors import ContractError
from shopwindow.schema.arrays import Float, Rows


class Found(NamedTuple):
    """What a search found, best first: `rows [M]` each once, `scores [M]` their inner products."""

    rows: Rows
    scores: Float


class VectorIndex(Protocol):
    """Search by inner product.

    Every adapter scores a row with `vectors.Vectors.scores`, so a row has the same score to the last
    bit whichever index found it; equal scores stand in the shop's fixed random order (`Vectors.tie`).
    """

    def search(self, query: Float, limit: int) -> Found:
        """The min(limit, N) best rows for `query [d]`: exactly these, or with a measured recall.

        Raises:
            ContractError: the query has another width or is not finite, or limit < 1.
        """
        ...


def check_query(query: Float, dim: int, limit: int) -> None:
    """The caller's part of the contract.

    Raises:
        ContractError: it is broken.
    """
    if query.shape != (dim,) or query.dtype != np.float32:
        raise ContractError(f"query is {query.dtype} {query.shape}, expected float32 ({dim},): one vector")
    if not np.isfinite(query).all():
        raise ContractError("query has values that are not finite: the encoder that made it is at fault")
    if limit < 1:
        raise ContractError(f"limit is {limit}, expected at least 1")
