"""The published gSASRec split of ml-1m."""

from pathlib import Path

from shopwindow.config import ShopDirectory
from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.split import Split, leave_one_out
from shopwindow.ingest.identity import open_identity


def gsasrec_split(dataset: Dataset, data: Path, shop_dir: ShopDirectory) -> Split:
    """The published split: 512 customers validate, everyone's last action is tested."""
    folder = data / "ml-1m" / "gsasrec_split"
    validated = set((folder / "val" / "input.txt").read_text().split("\n"))
    lines = (folder / "test" / "input.txt").read_text().splitlines()
    users = [str(place + 1) for place, line in enumerate(lines) if line.rsplit(" ", 1)[0] in validated]
    identity = open_identity(shop_dir.identity)
    keys = identity.find_customers(users)
    identity.close()
    return leave_one_out(dataset, valid_customers=keys)
