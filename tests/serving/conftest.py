from pathlib import Path

import pytest
from tests.serving.tiny_shop import NOW_MS, TinySpec, release_parts

from shopwindow.release.bundle import load_release
from shopwindow.release.write import write_release
from shopwindow.serving.assembly import ranking_of
from shopwindow.serving.ranking import Ranking


@pytest.fixture(scope="session")
def release_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    return write_release(
        release_parts(folder, TinySpec(sold_out=(1,), only_ch=(2,))), folder / "releases", NOW_MS
    )


@pytest.fixture
def ranking(release_path: Path) -> Ranking:
    """Freshly opened: its shelf is the test's own."""
    return ranking_of(load_release(release_path, verify=False), tail_rows=8)
