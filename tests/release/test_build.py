"""From files to a release, whole: a simulated shop is imported, trained on for an epoch and built."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from shopwindow.config import ShopDirectory
from shopwindow.datasets.dataset import load_dataset
from shopwindow.datasets.sequences import SequencePlan
from shopwindow.datasets.split import SplitSpec, make_split
from shopwindow.errors import ReleaseError
from shopwindow.ingest.importer import import_file
from shopwindow.ingest.source import Source
from shopwindow.release.build import build_release, customer_queries, popularity, run_names
from shopwindow.release.bundle import Release, load_release
from shopwindow.release.graphs import open_graph
from shopwindow.schema.live import ItemEvent
from shopwindow.schema.shop import read_shop
from shopwindow.simulation.generator import simulate
from shopwindow.simulation.spec import WorldSpec
from shopwindow.stream.event_log import record_of
from shopwindow.stream.sqlite_log import SqliteLog
from shopwindow.training.presets import two_tower
from shopwindow.training.run import TrainingRun
from shopwindow.training.train_two_tower import load_run, train

pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")  # ibis's, of DuckDB


@pytest.fixture(scope="module")
def shop_dir(tmp_path_factory: pytest.TempPathFactory) -> ShopDirectory:
    root = tmp_path_factory.mktemp("shop")
    simulate(WorldSpec(items=80, customers=60, days=20, visits=6.0), root)
    shop_dir = ShopDirectory(root)
    for table in ("items", "customers", "actions"):
        import_file(shop_dir, read_shop(shop_dir.config), Source(root / "files" / f"{table}.parquet", table))
    dataset = load_dataset(shop_dir)
    run = TrainingRun(
        model=two_tower(dim=16, heads=2, blocks=1), plan=SequencePlan(max_actions=10), epochs=1, batch_size=32
    )
    train(dataset, make_split(dataset, SplitSpec()), run, shop_dir.runs / "tiny")
    return shop_dir


@pytest.fixture(scope="module")
def release(shop_dir: ShopDirectory) -> Release:
    return load_release(build_release(shop_dir, "tiny", created_ms=1_000))


def test_every_item_of_the_shop_is_in_the_release_with_its_title(
    shop_dir: ShopDirectory, release: Release
) -> None:
    dataset = load_dataset(shop_dir)
    assert len(release.catalog) == 80
    assert (
        release.catalog.table.column("title").to_pylist() == dataset.catalog.table.column("title").to_pylist()
    )
    assert release.shop == dataset.shop


def test_popularity_counts_wanted_actions(shop_dir: ShopDirectory, release: Release) -> None:
    dataset = load_dataset(shop_dir)
    actions = np.array(dataset.shop.action_names)[dataset.columns.action]
    unwanted = np.isin(actions, ["hide", "remove", "return"])
    assert release.popularity.sum() == len(actions) - unwanted.sum()
    assert release.popularity.tolist() == popularity(dataset).tolist()


def test_the_lineage_names_data_run_and_code(shop_dir: ShopDirectory, release: Release) -> None:
    lineage = release.manifest.lineage
    assert (lineage.data, lineage.run, lineage.seed) == (
        load_dataset(shop_dir).columns.fingerprint,
        "tiny",
        0,
    )
    assert lineage.config["epochs"] == 1
    assert "ndcg@10" in lineage.metrics
    assert lineage.code.startswith("0.")
    assert lineage.libraries["torch"].startswith("2.13")


def test_a_new_items_vectors_come_from_the_release_alone(release: Release) -> None:
    """What serving does with an item it never saw: encode, run the graph, search."""
    features = release.vocabulary.encode(release.catalog.table.slice(3, 2))
    feeds = {"codes": features.codes.astype(np.int64), "content": features.content}
    read, score = open_graph(release.item_graph).run(["input", "output"], feeds)
    assert read.shape == score.shape == (2, release.model.dim)
    assert len(release.index.search(score[0], 5).rows) == 5


def test_queries_are_customers_and_the_same_each_time(shop_dir: ShopDirectory) -> None:
    dataset = load_dataset(shop_dir)
    trained = load_run(shop_dir.runs / "tiny", dataset)
    one, two = customer_queries(trained, dataset), customer_queries(trained, dataset)
    assert one.source == "customers after their last action"
    assert one.values.shape == (min(400, dataset.columns.num_customers), 16)
    assert np.array_equal(one.values, two.values)


def test_graphs_do_not_tell_where_the_code_lay(release: Release) -> None:
    for path in (release.customer_graph, release.item_graph):
        assert str(Path(__file__).parents[2]).encode() not in path.read_bytes()


def test_runs_are_offered_by_name(shop_dir: ShopDirectory) -> None:
    assert run_names(shop_dir) == ["tiny"]
    with pytest.raises(ReleaseError, match=r"no training run 'other' .* there are: tiny"):
        build_release(shop_dir, "other", created_ms=0)


def test_a_release_takes_in_what_the_server_was_told_of_items(
    shop_dir: ShopDirectory, tmp_path: Path
) -> None:
    served = ShopDirectory(Path(shutil.copytree(shop_dir.root, tmp_path / "served")))
    before = load_dataset(served).catalog.table.to_pylist()[0]
    log = SqliteLog.open(served.state / "log.sqlite")
    said = [
        ItemEvent(item_key=before["item_key"], item_id=before["item_id"], at_ms=1, title="once"),
        ItemEvent(item_key=before["item_key"], item_id=before["item_id"], at_ms=2, title="in the end"),
        ItemEvent(item_key=80, item_id="fresh", at_ms=3, title="never imported", categories=("new/place",)),
    ]
    log.append([record_of(each) for each in said])
    log.close()
    table = load_release(build_release(served, "tiny", created_ms=1_000)).catalog.table
    title_of = dict(zip(table.column("item_key").to_pylist(), table.column("title").to_pylist(), strict=True))
    assert (len(title_of), title_of[before["item_key"]], title_of[80]) == (81, "in the end", "never imported")
