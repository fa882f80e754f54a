"""Next item in a session: the positions of yoochoose-100k for which four published methods gave their top lists.

Every position of the first test sessions is a request that wants the click after it. The published lists are
scored by the same code as our models.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from shopwindow.config import ShopDirectory
from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.requests import RequestSet
from shopwindow.datasets.split import Split, SplitSpec, single_requests
from shopwindow.evaluation.comparison import Exam
from shopwindow.evaluation.protocol import EvaluationOptions
from shopwindow.ingest.identity import open_identity
from shopwindow.schema.arrays import Float, Int64

FOLDER: Final = "yoochoose-100k"
LISTS: Final = {"v-sknn": "vsknn", "gru4rec": "gru4rec", "sequential-rules": "sr", "association-rules": "ar"}


@dataclass(frozen=True, eq=False)
class PublishedList:
    """A recommender that knows one list for each of some requests, and nothing else.

    `lists`: (customer, history_end) -> rows, the best first.
    """

    name: str
    num_items: int
    lists: dict[tuple[int, int], Int64]

    def scores(self, requests: RequestSet) -> Float:
        scores = np.zeros((len(requests), self.num_items), dtype=np.float32)
        for place, key in enumerate(
            zip(requests.customer.tolist(), requests.history_end.tolist(), strict=True)
        ):
            rows = self.lists[key]
            scores[place, rows] = np.arange(len(rows), 0, -1)
        return scores


def session_exam(dataset: Dataset, data: Path, shop_dir: ShopDirectory) -> Exam:
    """Train on train_full, validate on its part train_valid (all positions), test at the published positions."""
    asked = records(data, LISTS["v-sknn"])
    tested = customers_of(shop_dir, dataset, sessions_in(data, "test"))
    validated = customers_of(shop_dir, dataset, sessions_in(data, "train_valid"))
    offsets, ends = np.asarray(dataset.columns.offsets[:-1]), np.asarray(dataset.columns.offsets[1:])
    before_test = ends.copy()
    before_test[tested] = offsets[tested]
    train_end = before_test.copy()
    train_end[validated] = offsets[validated]
    follows = np.ones(dataset.columns.num_events, dtype=np.bool_)
    follows[offsets] = False
    owner = dataset.columns.customer_of_event()
    valid = np.flatnonzero(follows & np.isin(owner, validated))
    customer, event = positions(asked, dataset, shop_dir)
    split = Split(
        spec=SplitSpec(),
        train_end=train_end,
        before_test=before_test,
        valid=single_requests(dataset, owner[valid].astype(np.int64), valid),
        test=single_requests(dataset, customer, event),
    )
    return Exam(dataset=dataset, split=split, options=EvaluationOptions(protocol="temporal"))


def published_lists(dataset: Dataset, data: Path, shop_dir: ShopDirectory) -> list[PublishedList]:
    """The four methods' lists, by place; an item that our catalogue does not know would be an error of the import."""
    row_of = {name: row for row, name in enumerate(dataset.catalog.table.column("item_id").to_pylist())}
    found = []
    for name, file in LISTS.items():
        asked = records(data, file)
        customer, event = positions(asked, dataset, shop_dir)
        rows = [np.array([row_of[item] for item in each["Recommendations"].split(",")]) for each in asked]
        keys = zip(customer.tolist(), event.tolist(), strict=True)
        found.append(
            PublishedList(f"published-{name}", dataset.num_items, dict(zip(keys, rows, strict=True)))
        )
    return found


def positions(
    asked: Sequence[dict[str, str]], dataset: Dataset, shop_dir: ShopDirectory
) -> tuple[Int64, Int64]:
    """Customer and wanted event of each record: position p asks for the event after the session's p-th, from 0."""
    customer = customers_of(shop_dir, dataset, [each["SessionId"] for each in asked])
    place = np.array([int(each["Position"]) for each in asked])
    return customer, np.asarray(dataset.columns.offsets)[customer] + place + 1


def customers_of(shop_dir: ShopDirectory, dataset: Dataset, sessions: Sequence[str]) -> Int64:
    """The customer that each session is."""
    identity = open_identity(shop_dir.identity)
    keys = identity.find_customers(list(sessions))
    identity.close()
    return np.searchsorted(dataset.columns.customer_key, keys).astype(np.int64)


def records(data: Path, method: str) -> list[dict[str, str]]:
    """The lists of one method."""
    path = data / FOLDER / "peer-recommendations" / f"recoms_rsc15_100k_{method}.csv"
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter=";"))


def sessions_in(data: Path, part: str) -> list[str]:
    """The sessions of one file, each once."""
    lines = (data / FOLDER / f"yoochoose-clicks-100k_{part}.txt").read_text(encoding="utf-8").splitlines()
    return list(dict.fromkeys(line.split("\t", 1)[0] for line in lines[1:]))
