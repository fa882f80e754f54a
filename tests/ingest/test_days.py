from collections.abc import Callable
from pathlib import Path

import ibis
import pyarrow as pa
import pytest

from shopwindow.config import ShopDirectory
from shopwindow.ingest import writing
from shopwindow.ingest.days import DAY_MS, Days, days_of, files_of
from shopwindow.ingest.importer import ImportReport
from shopwindow.ingest.manifest import parts_of
from shopwindow.ingest.tables import read_actions

Import = Callable[..., ImportReport]
HEAD = "user,item,action,at\n"
DAY = 86_400
T0 = 19_675 * DAY  # 2023-11-14


def test_days_are_gathered_until_a_file_has_enough_rows() -> None:
    times = [0, 1, DAY_MS, 2 * DAY_MS, 2 * DAY_MS + 5, 2 * DAY_MS + 6, 9 * DAY_MS]
    table = ibis.memtable(pa.table({"at": times}))
    found = days_of(table["at"], min_rows=3)  # days 0 and 1 have 2 + 1 rows, day 2 has 3, day 9 has 1
    assert found == [Days(0, 2 * DAY_MS), Days(2 * DAY_MS, 3 * DAY_MS), Days(9 * DAY_MS, 10 * DAY_MS)]


def test_a_file_is_named_by_its_first_and_last_day() -> None:
    days = Days(1000 * T0, 1000 * (T0 + 2 * DAY))
    assert days.name == "2023-11-14_2023-11-15.parquet"
    assert Days.of(Path(days.name)) == days


def test_a_window_of_time_touches_only_its_files(
    importing: Import, shop_dir: ShopDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "days_of", lambda at: days_of(at, min_rows=1))
    importing(HEAD + "".join(f"u,i{n},click,{T0 + n * DAY // 2}\n" for n in range(6)))
    ((_, part),) = parts_of(shop_dir, "actions")
    names = ["2023-11-14_2023-11-14", "2023-11-15_2023-11-15", "2023-11-16_2023-11-16"]
    assert [file.stem for file in files_of(part)] == names
    window = Days(1000 * (T0 + DAY), 1000 * (T0 + 2 * DAY))
    assert [file.stem for file in files_of(part, window)] == names[1:2]
    assert read_actions(shop_dir).num_rows == 6


def test_a_file_that_brings_some_known_and_some_new_events_adds_the_new(
    importing: Import, shop_dir: ShopDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "days_of", lambda at: days_of(at, min_rows=1))
    line = "u,a,click,{}\n".format
    importing(HEAD + line(T0) + line(T0) + line(T0 + DAY))
    report = importing(HEAD + line(T0) * 3 + line(T0 + DAY) + line(T0 + 2 * DAY), "more.csv")
    assert (report.imported, report.duplicates) == (2, 3)  # the third click of day 0, and day 2
    again = importing(HEAD + line(T0 + DAY), "again.csv")
    assert (again.imported, again.duplicates) == (0, 1)
    assert len(set(read_actions(shop_dir).column("event_id").to_pylist())) == 3 + 2
