"""A changed world is a new version: nothing else would keep results comparable."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shopwindow.simulation.frozen import FROZEN, distance_to_edge, table_hash, truth_hash, utilities
from shopwindow.simulation.generator import SimulationReport
from shopwindow.simulation.world import World


@pytest.mark.parametrize("table", ["items", "customers", "actions", "pages", "impressions"])
def test_the_files_of_version_1_are_what_they_were(report: SimulationReport, table: str) -> None:
    found = table_hash(pq.read_table(report.folder / f"{table}.parquet"))
    assert found == FROZEN[table], "the world has changed: raise WORLD_VERSION and freeze it anew (frozen.py)"


def test_the_truth_of_version_1_is_what_it_was(world: World) -> None:
    assert truth_hash(world) == FROZEN["truth"], "the truth has changed: raise WORLD_VERSION (frozen.py)"


def test_no_utility_is_so_near_an_edge_that_last_bits_could_change_the_hash(world: World) -> None:
    last_bits = 20 * float(np.spacing(np.float32(np.abs(utilities(world)).max())))
    assert distance_to_edge(world) > 5 * last_bits


def test_the_hashes_see_a_small_change(world: World) -> None:
    goods = replace(world.goods, quality=world.goods.quality + 0.2)
    assert truth_hash(replace(world, tables=replace(world.tables, goods=goods))) != FROZEN["truth"]
    assert table_hash(pa.table({"at": [1, 2]})) != table_hash(pa.table({"at": [1, 3]}))
    assert table_hash(pa.table({"propensities": [0.1]})) == table_hash(pa.table({"propensities": [0.2]}))
