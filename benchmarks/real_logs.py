"""The real logs that the simulated shop is compared with, as plain actions; each says what it is and what it lacks."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np

from shopwindow.config import ShopDirectory
from shopwindow.datasets.dataset import load_dataset
from shopwindow.ingest.public import PUBLIC, Opening
from shopwindow.simulation.marginals import Actions

KINDS = ("click", "wishlist", "cart", "purchase")


@dataclass(frozen=True, kw_only=True, eq=False)
class RealLog:
    """A log with its window in days."""

    name: str
    actions: Actions
    days: float


def imported(name: str, data: Path) -> RealLog:
    """A public set through the importer, in a shop that is thrown away; duplicates are set aside there."""
    with TemporaryDirectory() as folder:
        shop_dir = ShopDirectory(Path(folder) / name)
        PUBLIC[name](Opening(data, shop_dir))
        dataset = load_dataset(shop_dir)
        columns = dataset.columns
        kind = np.array([KINDS.index(each) for each in dataset.shop.action_names])
        return _log(
            name,
            Actions(
                customer=columns.customer_of_event(),
                item=np.array(columns.item_key),
                action=kind[np.asarray(columns.action)],
                at_ms=np.array(columns.at_ms),
            ),
        )


def yoochoose(data: Path) -> RealLog:
    """Clicks of prepared sessions: none has fewer than two clicks, no item fewer than five; the session stands for
    the customer.
    """
    path = data / "yoochoose-100k" / "yoochoose-clicks-100k_train_full.txt"
    return _log("yoochoose-100k", _read(f"SELECT SessionId, ItemId, 0, Time * 1000 FROM read_csv('{path}')"))


def grocery(data: Path) -> RealLog:
    """Reviews as purchases, by day over years; every customer and item has five or more."""
    path = data / "amazon-grocery" / "train.csv"
    return _log("amazon-grocery", _read(f"SELECT user_id, item_id, 3, time * 1000 FROM read_csv('{path}')"))


@dataclass(frozen=True, kw_only=True)
class PositionRates:
    """Clicks and impressions at positions 1, 2, 3 of a randomised carousel."""

    clicks: tuple[int, ...]
    impressions: tuple[int, ...]


def open_bandit(data: Path) -> PositionRates:
    """Men's and women's pages in random order."""
    paths = [str(data / "obd" / "random" / who / f"{who}.csv") for who in ("men", "women")]
    rows = duckdb.sql(
        f"SELECT position, sum(click)::INT, count(*) FROM read_csv({paths}, union_by_name=true) GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return PositionRates(clicks=tuple(row[1] for row in rows), impressions=tuple(row[2] for row in rows))


def _read(query: str) -> Actions:
    customer, item, action, at_ms = duckdb.sql(query).fetchnumpy().values()
    return Actions(
        customer=np.asarray(customer), item=np.asarray(item), action=np.asarray(action),
        at_ms=np.asarray(at_ms).astype(np.int64),
    )  # fmt: skip


def _log(name: str, actions: Actions) -> RealLog:
    return RealLog(name=name, actions=actions, days=float(np.ptp(actions.at_ms)) / 86_400_000 + 1e-3)
