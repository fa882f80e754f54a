import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.api.running import running
from tests.serving.tiny_shop import TinySpec, make_shop

from shopwindow.api.app import create_app
from shopwindow.config import ShopDirectory
from shopwindow.serving.assembly import ShopRuntime, open_runtime


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shop(tmp_path_factory.mktemp("made"), TinySpec(sold_out=(1,), only_ch=(2,))).root


@pytest.fixture
def shop_dir(made_once: Path, tmp_path: Path) -> ShopDirectory:
    return ShopDirectory(Path(shutil.copytree(made_once, tmp_path / "shop")))


@pytest.fixture
def runtime(shop_dir: ShopDirectory) -> ShopRuntime:
    return open_runtime(shop_dir)


@pytest.fixture(scope="session")
def shared(made_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """One server for all tests that leave nothing behind which another could see."""
    folder = tmp_path_factory.mktemp("shared") / "shop"
    shutil.copytree(made_once, folder)
    with running(create_app(open_runtime(ShopDirectory(folder)))) as client:
        yield client


@pytest.fixture
def client(runtime: ShopRuntime) -> Iterator[httpx.Client]:
    with running(create_app(runtime)) as client:
        yield client
