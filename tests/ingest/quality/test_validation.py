from pathlib import Path

import pytest
from tests.ingest.conftest import SHOP
from tests.ingest.quality.conftest import Bring
from tests.ingest.quality.files import NOW_MS, T0, items, log

from shopwindow.config import ShopDirectory
from shopwindow.errors import IngestError
from shopwindow.ingest.importer import import_file
from shopwindow.ingest.quality.known import known_of
from shopwindow.ingest.quality.validation import Against, Validation, validate_file
from shopwindow.ingest.source import FieldMapping, Source

BAD = f"""user,item,what,at,category
u,a,view,{T0},women/shoes
u,a,view,{T0},women/shoes
u,b,view,{T0 + 1},women
u,a,ping,{T0 + 2},men
u,a,buy,soon,men
u,a,beat,{T0 + 3},men
u,a,buy,{T0 + 10**8},men
"""
MAPPING = FieldMapping(columns=(("action", "what"),), values=(("action", "beat", "-"),))


def validated(shop_dir: ShopDirectory, path: Path, mapping: FieldMapping) -> Validation:
    against = Against(shop=SHOP, known=known_of(shop_dir), now_ms=NOW_MS)
    return validate_file(Source(path, "actions", mapping), against)


def everything_in(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_file_is_judged_and_the_shop_stays_as_it_was(
    bring: Bring, shop_dir: ShopDirectory, tmp_path: Path
) -> None:
    bring([items("a,Shoe,women/shoes"), log(("u", "a", "click", 0))])
    path = tmp_path / "new.csv"
    path.write_text(BAD)
    before = everything_in(shop_dir.root)
    found = validated(shop_dir, path, MAPPING)
    assert everything_in(shop_dir.root) == before
    assert (found.rows, found.refused, found.skipped, found.ok) == (7, 2, 1, False)
    assert found.rows == found.good + found.duplicates + found.skipped + found.refused
    assert {(each.field, each.came, each.first_line) for each in found.reasons} == {
        ("action", "ping", 5),
        ("at", "soon", 6),
    }
    assert ("action", "what", "beat → (dropped), buy → purchase, view → click") in {
        (name, column, ", ".join(sorted(note.split(", ")))) for name, column, note in found.reading
    }
    remarks = {each.what: each.examples for each in found.remarks}
    assert remarks["unknown items"] == ("b",)
    assert remarks["unknown categories"] == ("men",)
    assert "impossible times" in remarks
    assert "duplicates" in remarks


def test_a_validation_counts_what_the_import_then_counts(shop_dir: ShopDirectory, tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_text(BAD)
    found = validated(shop_dir, path, MAPPING)
    report = import_file(shop_dir, SHOP, Source(path, "actions", MAPPING), seed=7)
    assert (found.rows, found.good, found.duplicates, found.skipped, found.refused, found.reasons) == (
        report.rows, report.imported, report.duplicates, report.skipped, report.rejected, report.reasons,
    )  # fmt: skip


def test_a_file_that_cannot_be_read_at_all_is_an_error(shop_dir: ShopDirectory, tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="none"):
        validated(shop_dir, tmp_path / "none.csv", FieldMapping())
