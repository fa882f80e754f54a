"""A shop that can be learned: each item is followed by the next one of its circle."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch

from shopwindow.datasets.build_columns import columns_from_table
from shopwindow.datasets.dataset import Dataset, dataset_of
from shopwindow.datasets.sequences import SequencePlan
from shopwindow.datasets.split import Split, leave_one_out
from shopwindow.models.losses import LossConfig
from shopwindow.schema.catalog import catalog_of
from shopwindow.schema.events import ACTIONS
from shopwindow.schema.items import ITEMS
from shopwindow.schema.shop import ShopConfig
from shopwindow.training.presets import two_tower
from shopwindow.training.run import TrainingRun
from shopwindow.training.train_two_tower import train
from shopwindow.training.trained import TrainedTwoTower

NUM_ITEMS, NUM_CUSTOMERS, HOUR_MS = 30, 80, 3_600_000


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    rng = np.random.default_rng(3)
    items = [
        {
            "item_key": key, "item_id": f"i{key}", "brand": f"b{key % 3}", "title": f"thing number {key}",
            "categories": [f"part/{key % 2}"], "first_seen_ms": 0,
        }
        for key in range(NUM_ITEMS + 1)  # the last one is never acted on
    ]  # fmt: skip
    actions = [
        {
            "customer_key": customer, "item_key": int((start + step) % NUM_ITEMS), "at_ms": (step + 1) * HOUR_MS,
            "action": "click", "surface": "browse", "category": "part", "session": 0, "device": "phone",
        }
        for customer in range(NUM_CUSTOMERS)
        for start in [int(rng.integers(NUM_ITEMS))]
        for step in range(int(rng.integers(4, 13)))
    ]  # fmt: skip
    shop = ShopConfig(name="circle")
    catalog = catalog_of(_table(items, ITEMS))
    return dataset_of(shop, columns_from_table(_table(actions, ACTIONS), None, shop), catalog)


def _table(rows: list[dict[str, object]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema)


@pytest.fixture(scope="session")
def split(dataset: Dataset) -> Split:
    return leave_one_out(dataset)


@pytest.fixture(scope="session")
def run() -> TrainingRun:
    return TrainingRun(
        model=replace(  # nobody goes back in the circle, and a few large steps are all that it gets
            two_tower(dim=16, heads=2, blocks=2), repeats=False, temperature=None
        ),
        loss=LossConfig(name="full"),
        plan=SequencePlan(max_actions=8, ties="sequence", windows=True),
        epochs=12,
        patience=12,
        batch_size=16,
        learning_rate=1e-2,
        average=0.9,
    )


@pytest.fixture(scope="session")
def trained(
    dataset: Dataset, split: Split, run: TrainingRun, tmp_path_factory: pytest.TempPathFactory
) -> TrainedTwoTower:
    return train(dataset, split, run, tmp_path_factory.mktemp("runs") / "circle")


@pytest.fixture
def short(run: TrainingRun, tmp_path: Path) -> TrainingRun:
    """Four quick epochs with everything that makes a run random switched on."""
    loss = LossConfig(name="sampled", negatives=8, source="mixed")
    return replace(run, epochs=4, loss=loss)
