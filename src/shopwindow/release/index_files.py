"""The search index of a release: the scan copy, and inverted lists where the recall gate let them in."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from shopwindow.errors import ContractError, ReleaseError
from shopwindow.index.exact import ExactSlices, max_norm
from shopwindow.index.faiss_index import FaissIndex, read_lists, write_lists
from shopwindow.index.recall import GateConfig, GateReport, Queries, gated_lists
from shopwindow.index.scope import Scope
from shopwindow.index.shop_index import ShopIndex
from shopwindow.index.vectors import Vectors
from shopwindow.release.arrays import read_array, write_transposed
from shopwindow.schema.arrays import Float, Int32

SCAN: Final = "scan.npy"
LISTS: Final = "lists.faiss"
CARD: Final = "index.json"


def write_index(
    into: Path, vectors: Vectors, queries: Queries, gate: GateConfig, slices: Sequence[Scope] = ()
) -> GateReport:
    """Build the index of these vectors and save it; what the gate measured is saved and returned."""
    write_transposed(into / SCAN, vectors.rows)
    scan = read_array(into / SCAN, np.float32, (vectors.dim, len(vectors)))
    exact = ExactSlices(vectors=vectors, scan=scan, max_norm=max_norm(vectors.rows))
    approximate, report = gated_lists(exact, queries, gate, slices)
    if approximate is not None:
        write_lists(approximate.lists, into / LISTS)
    card = {"max_norm": exact.max_norm, "whole_shop": report.as_json()}
    (into / CARD).write_text(json.dumps(card, indent=1, sort_keys=True), encoding="utf-8")
    return report


def read_report(directory: Path) -> GateReport:
    """What the gate measured when the release was built.

    Raises:
        ReleaseError: it cannot be read.
    """
    return _read_card(directory)[1]


def read_index(directory: Path, output: Float, item_key: Int32) -> ShopIndex:
    """The index over the release's own `output [N, d]`.

    Raises:
        ReleaseError: a file cannot be read, or belongs to other vectors.
    """
    longest, report = _read_card(directory)
    num_items, dim = output.shape
    vectors = Vectors.of(output, item_key)
    scan = read_array(directory / SCAN, np.float32, (dim, num_items))
    sample = np.linspace(0, num_items - 1, num=min(16, num_items)).astype(np.int64)
    if not np.array_equal(scan[:, sample].T, output[sample]):
        raise ReleaseError(f"{SCAN} is not output.npy transposed: files of different releases are mixed")
    exact = ExactSlices(vectors=vectors, scan=scan, max_norm=longest)
    if not report.used:
        return ShopIndex(exact=exact, gate_limit=report.limit)
    try:
        lists = FaissIndex(vectors=vectors, lists=read_lists(directory / LISTS), num_probes=report.num_probes)
    except ContractError as error:
        raise ReleaseError(f"{LISTS}: {error}") from error
    return ShopIndex(exact=exact, lists=lists, gate_limit=report.limit, min_share=report.min_share)


def _read_card(directory: Path) -> tuple[float, GateReport]:
    try:
        card = json.loads((directory / CARD).read_text(encoding="utf-8"))
        return float(card["max_norm"]), GateReport(**card["whole_shop"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ReleaseError(f"{CARD} is not readable: {error!r}") from error
