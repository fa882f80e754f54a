import ibis
import pyarrow as pa
import pytest

from shopwindow.errors import IngestError
from shopwindow.ingest.times import at_ms, guess_time

NOON_MS = 1_577_876_400_000  # 2020-01-01T11:00Z


@pytest.mark.parametrize(
    ("text", "time", "year", "expected"),
    [
        ("1577876400", "s", None, NOON_MS),
        ("1577876400.25", "s", None, NOON_MS + 250),
        ("1577876400000", "ms", None, NOON_MS),
        ("1577876400000000", "us", None, NOON_MS),
        ("2020-01-01T11:00:00Z", "iso", None, NOON_MS),
        ("2020-01-01 11:00:00 UTC", "iso", None, NOON_MS),
        ("2020-01-01T12:00:00+01:00", "iso", None, NOON_MS),
        ("2020-01-01 12:00:00", "iso", None, NOON_MS),  # the shop's own time
        ("01.01.2020 12:00", "%d.%m.%Y %H:%M", None, NOON_MS),
        ("1-1", "%m-%d", 2020, NOON_MS - 12 * 3_600_000),
        ("7", "order", None, 7000),
        ("2-29", "%m-%d", 2019, None),
        ("15", "s", None, None),  # 1970: a stamp that was cut off
        ("9999999999", "s", None, None),
        ("nan", "s", None, None),
        ("soon", "iso", None, None),
        ("1.5", "order", None, None),
    ],
)
def test_a_text_is_a_moment_or_nothing(text: str, time: str, year: int | None, expected: int | None) -> None:
    connection = ibis.duckdb.connect()
    connection.raw_sql("SET TimeZone = 'Europe/Berlin'")
    table = ibis.memtable(pa.table({"text": [text]}))
    found = connection.to_pyarrow(table.select(at=at_ms(table.text, time, year)))
    assert found.column("at").to_pylist() == [expected]
    connection.disconnect()


@pytest.mark.parametrize(
    ("texts", "year", "expected"),
    [
        (["1577876400"], None, "s"),
        (["1577876400000", "15"], None, "ms"),
        (["1577876400000000"], None, "us"),
        (["2020-01-01"], None, "iso"),
        (["6-4", "6-14"], 2014, "%m-%d"),
        (["14.6", "4.6"], 2014, "%d.%m"),
    ],
)
def test_the_way_of_writing_is_guessed(texts: list[str], year: int | None, expected: str) -> None:
    assert guess_time("at", texts, year) == expected


def test_month_and_day_that_cannot_be_told_apart_are_asked_for() -> None:
    with pytest.raises(IngestError, match="cannot tell month from day in '6-4'"):
        guess_time("at", ["6-4", "7-8"], 2014)
