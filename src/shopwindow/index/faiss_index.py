"""FaissIndex: approximate search of the whole shop in inverted lists, with scores that are exact."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, final

import faiss
import numpy as np

from shopwindow.errors import ContractError
from shopwindow.index.vector_index import Found, check_query
from shopwindow.index.vectors import Vectors
from shopwindow.schema.arrays import Bool, Float

TRAIN_PER_LIST: Final = 32  # 1 M x 64, CPU s and recall@500: 32: 24 s .981; 64: 37 s .982; 256: 115 s .984


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FaissIndex:
    """Inverted lists of 8-bit codes propose `overfetch` x limit rows; `vectors` score and order them.

    `num_probes`: lists read per query, chosen by `recall.gated_lists`. FAISS starts a thread per core for
    a query unless the process has called `faiss.omp_set_num_threads(1)`: whoever composes a server does that.
    """

    vectors: Vectors
    lists: Any
    num_probes: int
    overfetch: float = 1.2

    def __post_init__(self) -> None:
        if (self.lists.ntotal, self.lists.d) != self.vectors.rows.shape:
            raise ContractError(
                f"inverted lists hold {self.lists.ntotal} x {self.lists.d}, "
                f"expected {self.vectors.rows.shape}: one entry per vector"
            )

    def search(self, query: Float, limit: int, allowed: Bool | None = None, share: float = 1.0) -> Found:
        """At most `limit` of the best rows where `allowed [N]`; fewer where the lists that were read hold fewer.

        `share` of the rows that are allowed: the fewer they are, the more lists are read, so that about as many
        allowed rows are looked at as without a mask.
        """
        check_query(query, self.vectors.dim, limit)
        fetch = min(len(self.vectors), int(limit * self.overfetch) + 1)
        parameters = faiss.SearchParametersIVF()
        parameters.nprobe = min(math.ceil(self.num_probes / max(share, 1e-9)), self.lists.nlist)
        if allowed is not None:
            bits = np.packbits(allowed, bitorder="little")
            selector = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
            parameters.sel = selector  # neither is copied: both must live until the search is done
        _, rows = self.lists.search(query[np.newaxis], fetch, params=parameters)
        found = rows[0]
        return self.vectors.best(query, found[found >= 0].astype(np.int32), limit)


def build_lists(rows: Float, num_lists: int) -> Any:
    """Inverted lists over `rows [N, d]` by inner product; the same rows give the same lists."""
    num_rows, dim = rows.shape
    quantizer = faiss.IndexFlatIP(dim)
    lists = faiss.IndexIVFScalarQuantizer(
        quantizer, dim, num_lists, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    lists.cp.max_points_per_centroid = TRAIN_PER_LIST
    lists.cp.min_points_per_centroid = 1  # few rows per list are no reason for a warning on stderr
    step = max(1, num_rows // (TRAIN_PER_LIST * num_lists))
    lists.train(np.ascontiguousarray(rows[::step]))
    for part in _parts(rows):
        lists.add(part)
    return lists


def write_lists(lists: Any, path: Path) -> None:
    """Save the inverted lists in FAISS's own format."""
    faiss.write_index(lists, str(path))


def read_lists(path: Path) -> Any:
    """Lists that `write_lists` saved.

    Raises:
        ContractError: the file is not a FAISS index of inverted lists.
    """
    try:
        lists = faiss.read_index(str(path))
    except RuntimeError as error:
        raise ContractError(f"{path.name} is no FAISS index: {error}") from error
    if not isinstance(lists, faiss.IndexIVF):
        raise ContractError(f"{path.name} is a {type(lists).__name__}, expected inverted lists")
    return lists


def default_num_lists(num_rows: int) -> int:
    """The power of two nearest to 4 sqrt(N): 4,096 lists for a million rows."""
    return int(2 ** max(0, round(np.log2(4 * np.sqrt(max(num_rows, 1))))))


def _parts(rows: Float, size: int = 262_144) -> Iterable[Float]:
    for start in range(0, len(rows), size):
        yield np.ascontiguousarray(rows[start : start + size])
