"""build_release: a training run and the shop's catalogue of today -> a release. The only place here that trains' code enters."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from shopwindow.config import ShopDirectory
from shopwindow.datasets.dataset import Dataset, dataset_of, load_dataset
from shopwindow.datasets.requests import RequestSet, journeys
from shopwindow.errors import ReleaseError
from shopwindow.features.items import ItemVocabulary
from shopwindow.index.recall import Queries
from shopwindow.release.arrays import read_array
from shopwindow.release.bundle import MODEL, VOCABULARY
from shopwindow.release.graphs import CUSTOMER, ITEM
from shopwindow.release.lineage import code_version, library_versions
from shopwindow.release.live_items import with_live_items
from shopwindow.release.manifest import Lineage
from shopwindow.release.write import ReleaseParts, write_release
from shopwindow.schema.arrays import Float
from shopwindow.schema.catalog import catalog_of
from shopwindow.training.kinds import TWO_TOWER, run_kind

if TYPE_CHECKING:
    from shopwindow.training.trained import TrainedTwoTower

NUM_QUERIES: Final = 400  # half choose the probes, half measure: the recall is known to about half a point
BATCH: Final = 64

Told = Callable[[str], None]


def build_release(
    shop_dir: ShopDirectory, run_name: str, created_ms: int, told: Told = lambda step: None
) -> Path:
    """Build and publish the release of a finished training run; returns its directory.

    Items that came after training are in it too, with vectors from their content and metadata, and so is what the
    running server was told of items. `told` hears what is being done. See write_release for what a failed or repeated build leaves.

    Raises:
        ReleaseError: there is no such run, the shop has no items, or model and shop do not fit.
        TrainingError: the run has no finished epoch.
    """
    run_path = shop_dir.runs / run_name
    if not run_name or not run_path.is_dir():
        names = ", ".join(run_names(shop_dir)) or "none yet: `shopwindow train`"
        raise ReleaseError(f"no training run '{run_name}' in {shop_dir.runs}; there are: {names}")
    told("reading the shop")
    dataset = load_dataset(shop_dir)
    items = with_live_items(dataset.catalog.table, shop_dir)
    if items is not dataset.catalog.table:
        dataset = dataset_of(
            dataset.shop, dataset.columns, catalog_of(items, dataset.shop.category_separator)
        )
    if not len(dataset.catalog):
        raise ReleaseError("the shop has no items: import items (or actions) before building a release")
    from shopwindow.training.export import export  # torch: only a build needs it
    from shopwindow.training.train_two_tower import load_run

    trained = load_run(run_path, dataset)
    with tempfile.TemporaryDirectory() as exported:
        told("exporting graphs and item tables")
        export(trained, dataset.catalog, Path(exported))
        told("sampling customers to measure the index with")
        queries = customer_queries(trained, dataset)
        told("writing tables, building the index, verifying")
        parts = _parts(dataset, Path(exported), queries, _lineage(trained, dataset, run_path))
        return write_release(parts, shop_dir.releases, created_ms)


def run_names(shop_dir: ShopDirectory) -> list[str]:
    """Two-towers of this shop with a finished epoch, the one that went on last first."""
    finished = [
        (path.stat().st_mtime_ns, path.parent.name)
        for path in shop_dir.runs.glob("*/metrics.json")
        if run_kind(path.with_name("config.json")) == TWO_TOWER
    ]
    return [name for _, name in sorted(finished, reverse=True)]


def popularity(dataset: Dataset) -> Float:
    """[N] wanted actions (gain above 0) per item, over all events in the data set."""
    return dataset.item_counts(dataset.wanted()).astype(np.float32)


def customer_queries(trained: "TrainedTwoTower", dataset: Dataset) -> Queries:
    """Vectors of a fixed sample of customers, each after the last action, asking for the whole shop."""
    columns = dataset.columns
    active = np.flatnonzero(np.diff(columns.offsets) > 0)
    rng = np.random.default_rng(0)
    chosen = np.sort(rng.choice(active, size=min(NUM_QUERIES, len(active)), replace=False))
    ends = columns.offsets[chosen + 1].astype(np.int64)
    unknown = np.full(len(chosen), -1)
    requests = RequestSet(
        customer=chosen.astype(np.int32),
        history_end=ends,
        at_ms=columns.at_ms[ends - 1] + 1 if len(ends) else ends,
        surface=unknown.astype(np.int32),
        category=np.zeros(len(chosen), dtype=np.int32),
        query=unknown.astype(np.int32),
        truth_offsets=np.zeros(len(chosen) + 1, dtype=np.int64),
        truth_rows=np.empty(0, dtype=np.int32),
        truth_gain=np.empty(0, dtype=np.float32),
    )
    vectors = [
        trained.customers(
            journeys(dataset, requests.part(start, start + BATCH), trained.run.plan.max_actions)
        )
        .float()
        .cpu()
        .numpy()
        for start in range(0, len(chosen), BATCH)
    ]
    values = np.concatenate(vectors) if vectors else np.empty((0, trained.run.model.dim), dtype=np.float32)
    return Queries(values=values, source="customers after their last action")


def _parts(dataset: Dataset, exported: Path, queries: Queries, lineage: Lineage) -> ReleaseParts:
    return ReleaseParts(
        shop=dataset.shop,
        catalog=dataset.catalog,
        input=read_array(exported / "input.npy", np.float32, (len(dataset.catalog) + 1, -1)),
        output=read_array(exported / "output.npy", np.float32, (len(dataset.catalog), -1)),
        popularity=popularity(dataset),
        vocabulary=ItemVocabulary.from_json((exported / VOCABULARY).read_text(encoding="utf-8")),
        model_json=(exported / MODEL).read_text(encoding="utf-8"),
        customer_graph=exported / CUSTOMER,
        item_graph=exported / ITEM,
        queries=queries,
        lineage=lineage,
    )


def _lineage(trained: "TrainedTwoTower", dataset: Dataset, run_path: Path) -> Lineage:
    path = run_path / "metrics.json"
    metrics = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return Lineage(
        data=dataset.columns.fingerprint,
        run=run_path.name,
        config=json.loads(trained.run.to_json()),
        seed=trained.run.seed,
        metrics={name: float(value) for name, value in metrics.items() if isinstance(value, int | float)},
        code=code_version(),
        libraries=library_versions(),
    )
