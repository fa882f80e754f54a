"""Opening a public set in an empty folder: the real files where they are, made-up ones of the same form elsewhere."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from shopwindow.config import ShopDirectory
from shopwindow.ingest.importer import ImportReport
from shopwindow.ingest.public import PUBLIC, Opening
from shopwindow.ingest.tables import read_actions, read_items
from shopwindow.schema.shop import read_shop

Opened = Callable[[str, Path], tuple[ShopDirectory, list[ImportReport]]]
MadeUp = Callable[[Mapping[str, str]], Path]
Journeys = Callable[[ShopDirectory], list[list[str]]]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """(name, data) -> the shop's directory and the reports of its imports."""

    def run(name: str, data: Path) -> tuple[ShopDirectory, list[ImportReport]]:
        directory, reports = ShopDirectory(tmp_path / "shops" / name), list[ImportReport]()
        shop = PUBLIC[name](Opening(data, directory, on_report=reports.append))
        assert read_shop(directory.config) == shop
        return directory, reports

    return run


@pytest.fixture
def made_up(tmp_path: Path) -> MadeUp:
    """Path -> text of each file; the folder that holds them."""

    def write(files: Mapping[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / "data" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path / "data"

    return write


@pytest.fixture
def journeys() -> Journeys:
    """Every customer's item ids in order, the customers in no particular order."""

    def read(directory: ShopDirectory) -> list[list[str]]:
        items = read_items(directory)
        names = dict(
            zip(items.column("item_key").to_pylist(), items.column("item_id").to_pylist(), strict=True)
        )
        actions = read_actions(directory).select(["customer_key", "item_key"])
        by_customer: dict[int, list[str]] = {}
        for customer, item in zip(*(column.to_pylist() for column in actions.columns), strict=True):
            by_customer.setdefault(customer, []).append(names[item])
        return sorted(by_customer.values())

    return read
