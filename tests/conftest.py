"""What several stages' tests need: where the real data lies, where a browser lies."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets; tests that need it skip where it is absent."""
    place = Path(os.environ.get("SHOPWINDOW_DATA", ROOT.parent / "shared" / "data"))
    if not place.is_dir():
        pytest.skip(
            "real data is not here: set SHOPWINDOW_DATA to a folder with ml-1m, taobao-slice and others"
        )
    return place
