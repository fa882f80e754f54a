from collections.abc import Callable, Iterable

import pytest
from tests.ingest.quality.files import NOW_MS, File

from shopwindow.config import ShopDirectory
from shopwindow.ingest.importer import ImportReport
from shopwindow.ingest.quality.checks import CHECKS
from shopwindow.ingest.quality.clean import open_clean
from shopwindow.ingest.quality.finding import Finding, finding_of
from shopwindow.ingest.quality.report import QualityReport, quality_report
from shopwindow.ingest.quality.thresholds import Thresholds

Bring = Callable[[Iterable[File]], None]
Find = Callable[[str, Iterable[File]], Finding]
Look = Callable[[Iterable[File]], QualityReport]


@pytest.fixture
def bring(importing: Callable[..., ImportReport]) -> Bring:
    """Import files."""

    def run(files: Iterable[File]) -> None:
        for number, file in enumerate(files):
            suffix = "jsonl" if file.content.startswith("{") else "csv"
            importing(file.content, f"{file.table}-{number}.{suffix}", file.table)

    return run


@pytest.fixture
def find(bring: Bring, shop_dir: ShopDirectory) -> Find:
    """Import files, then run one check."""

    def run(name: str, files: Iterable[File]) -> Finding:
        bring(files)
        check = next(each for each in CHECKS if each.name == name)
        with open_clean(shop_dir, NOW_MS) as clean:
            return finding_of(check, clean, Thresholds())

    return run


@pytest.fixture
def look_at(bring: Bring, shop_dir: ShopDirectory) -> Look:
    """Import files, then look at all of the shop."""

    def run(files: Iterable[File]) -> QualityReport:
        bring(files)
        return quality_report(shop_dir, NOW_MS)

    return run
