"""The protocol proves itself on figures that others measured on the same files."""

from pathlib import Path

import numpy as np
import pytest

from shopwindow.baselines.popularity import Popularity
from shopwindow.config import ShopDirectory
from shopwindow.datasets.dataset import load_dataset
from shopwindow.datasets.split import SplitSpec, leave_one_out
from shopwindow.evaluation.comparison import exam_of, judged
from shopwindow.ingest.identity import open_identity
from shopwindow.ingest.public import PUBLIC, Opening

pytestmark = [pytest.mark.data]


@pytest.fixture(scope="module")
def movies(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> ShopDirectory:
    shop_dir = ShopDirectory(tmp_path_factory.mktemp("ml-1m"))
    PUBLIC["ml-1m"](Opening(real_data, shop_dir))
    return shop_dir


def popularity(shop_dir: ShopDirectory):
    exam = exam_of(load_dataset(shop_dir), SplitSpec(kind="leave-one-out"), "leave-one-out")
    return judged(exam, Popularity().fit(exam.dataset, exam.split.before_test), lambda: 0.0).outcome


def test_popularity_on_the_gsasrec_split_of_ml_1m(movies: ShopDirectory) -> None:
    outcome = popularity(movies)
    assert len(outcome.customer) == 6040
    assert outcome.mean("recall@1") == pytest.approx(0.0056, abs=1e-4)
    assert outcome.mean("recall@10") == pytest.approx(0.0363, abs=2e-4)
    assert outcome.mean("ndcg@10") == pytest.approx(0.0178, abs=2e-4)


def test_popularity_on_beauty(real_data: Path, tmp_path: Path) -> None:
    shop_dir = ShopDirectory(tmp_path)
    PUBLIC["s3rec"](Opening(real_data, shop_dir))
    outcome = popularity(shop_dir)
    assert len(outcome.customer) == 22363
    assert outcome.mean("recall@10") == pytest.approx(0.0135, abs=2e-4)  # counts without the tested actions
    assert outcome.mean("ndcg@10") == pytest.approx(0.0061, abs=2e-4)


def test_the_gsasrec_split_of_ml_1m_is_reproduced_event_by_event(
    real_data: Path, movies: ShopDirectory
) -> None:
    folder = real_data / "ml-1m" / "gsasrec_split"
    dataset, identity = load_dataset(movies), open_identity(movies.identity)
    histories = {tuple(line.split()) for line in (folder / "val" / "input.txt").read_text().splitlines()}
    lines = [line.split() for line in (folder / "test" / "input.txt").read_text().splitlines()]
    users = [str(n + 1) for n, line in enumerate(lines) if tuple(line[:-1]) in histories]
    split = leave_one_out(dataset, valid_customers=identity.find_customers(users))
    assert len(split.valid) == len(users) == 512
    keys = identity.find_customers([str(n + 1) for n in range(len(lines))])
    identity.close()
    ids = np.array(dataset.catalog.table.column("item_id").to_pylist())
    place = np.searchsorted(dataset.columns.customer_key, keys)
    for n, line in enumerate((folder / "train" / "input.txt").read_text().splitlines()):
        rows = dataset.item_row[dataset.columns.offsets[place[n]] : split.train_end[place[n]]]
        assert ids[rows].tolist() == line.split()
