"""Frozen: what version 1 of the world is, as hashes of a small world's files and of its truth.

Results on simulated shops may be compared only within one version, so a change of any hash is a new WORLD_VERSION (and new
hashes here). Processors differ in the last bits of exp and log. So utilities are rounded to a tenth before they are hashed, with
edges between the tenths where no utility is near (tested); propensities, which are floats too, are left out: they follow from
what was shown and from what the truth's hash covers. All other columns are whole numbers, texts, and prices in cents.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa

from shopwindow.simulation.arrays import Real
from shopwindow.simulation.world import World

STEP: Final = 0.1
EDGE: Final = 0.0213
FROZEN: Final[Mapping[str, str]] = {
    "items": "0638b96e88f2b4f5",
    "customers": "22960509c3353678",
    "actions": "971b9c3424c50a6e",
    "pages": "6a203a8bfc045ac0",
    "impressions": "bfe5e5f1cc8a370d",
    "truth": "a6a2dd005329b3d8",
}
"""Hashes of `tiny()`: of each table that `simulate` writes, and of its truth."""


def table_hash(table: pa.Table) -> str:
    """Hash of a table's content, whatever file it was in; without propensities."""
    content = hashlib.sha256()
    for name in table.column_names:
        if name != "propensities":
            content.update(json.dumps([name, _plain(table.column(name))]).encode())
    return content.hexdigest()[:16]


def _plain(column: pa.ChunkedArray) -> list[object]:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    values: list[object] = column.to_pylist()
    return values


def utilities(world: World) -> Real:
    """[40, 20] true utility and attraction of 20 items for the first 40 customers, ten of each."""
    customer = np.arange(min(40, len(world.people)), dtype=np.int32)
    noon = np.full(len(customer), world.spec.start_ms + 12 * 3_600_000)
    place = np.zeros(len(customer), dtype=np.int16)
    about = world.situation(customer, noon, place, place)
    items = np.tile(np.arange(min(10, len(world.goods)), dtype=np.int32), (len(customer), 1))
    return np.hstack([world.utility(about, items), world.attraction(about, items)]).astype(np.float64)


def truth_hash(world: World) -> str:
    """Hash of the utilities in tenths."""
    tenths = np.floor((utilities(world) - EDGE) / STEP).astype(np.int64)
    return hashlib.sha256(json.dumps(tenths.tolist()).encode()).hexdigest()[:16]


def distance_to_edge(world: World) -> float:
    """How near a utility comes to an edge, beyond which it would count as another tenth."""
    over = (utilities(world) - EDGE) % STEP
    return float(np.minimum(over, STEP - over).min())
