from collections.abc import Callable
from pathlib import Path

import pytest

from shopwindow.config import ShopDirectory
from shopwindow.ingest.importer import ImportReport, import_file
from shopwindow.ingest.source import FieldMapping, Source
from shopwindow.schema.shop import Attribute, Market, ShopConfig, shop_toml

SHOP = ShopConfig(
    name="test",
    time_zone="Europe/Berlin",
    attributes=(Attribute(name="colour"),),
    markets=(Market(code="de"), Market(code="jp", currency="JPY")),
)


@pytest.fixture
def shop_dir(tmp_path: Path) -> ShopDirectory:
    directory = ShopDirectory(tmp_path / "shop")
    directory.root.mkdir()
    directory.config.write_text(shop_toml(SHOP))
    return directory


Import = Callable[..., ImportReport]


@pytest.fixture
def importing(tmp_path: Path, shop_dir: ShopDirectory) -> Import:
    """Write a file and import it."""

    def run(
        content: str | bytes,
        name: str = "log.csv",
        table: str = "actions",
        mapping: FieldMapping | None = None,
    ) -> ImportReport:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return import_file(shop_dir, SHOP, Source(path, table, mapping or FieldMapping()), seed=7)

    return run
