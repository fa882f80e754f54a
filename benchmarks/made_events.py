"""Made-up event files for the benchmarks of import: as large as wanted, quickly, the same every time.

Customers and items by power laws, five actions, a week in order of time, surfaces, categories, devices; one row in 100,000
is bad, one in 10,000 repeats the row before it.
"""

from pathlib import Path
from typing import Final

import duckdb

START_MS: Final = 1_700_000_000_000
DAY_MS: Final = 86_400_000
DAYS: Final = 7
EVENTS_PER_CUSTOMER: Final = 20
ITEMS: Final = 100_000


def write_events(path: Path, rows: int, first: int = 0, count: int | None = None) -> None:
    """Rows `first` .. `first + count` of a shop with `rows` events a week, as CSV or Parquet by the name.

    Rows beyond `rows` are of the days after that week.
    """
    connection = duckdb.connect()
    connection.execute("SET memory_limit = '1GB'; SET enable_progress_bar = false")
    last = first + (rows if count is None else count)
    form = "(FORMAT parquet)" if path.suffix == ".parquet" else "(FORMAT csv, HEADER)"
    connection.execute(f"COPY ({_query(rows, first, last)}) TO '{path}' {form}")
    connection.close()


def _query(rows: int, first: int, last: int) -> str:
    draws = ", ".join(f"hash(j * 8 + {k}) / 18446744073709551616.0 AS u{k}" for k in range(6))
    return f"""
        SELECT
            'u' || floor({max(1, rows // EVENTS_PER_CUSTOMER)} * u0 * sqrt(u0))::BIGINT AS user_id,
            'p' || floor({ITEMS} * u1 * u1 * u1)::BIGINT AS product_id,
            CASE WHEN u2 < 0.80 THEN 'click' WHEN u2 < 0.86 THEN 'cart' WHEN u2 < 0.91 THEN 'wishlist'
                 WHEN u2 < 0.98 THEN 'purchase' ELSE 'remove' END AS event_type,
            CASE WHEN j % 100_000 = 17 THEN NULL ELSE {START_MS} + j * {DAYS * DAY_MS} // {rows} END AS timestamp,
            CASE WHEN u3 < 0.5 THEN 'browse' WHEN u3 < 0.8 THEN 'search' ELSE 'home' END AS surface,
            'department-' || floor(20 * u4)::INT || '/shelf-' || floor(50 * u4 * u4)::INT AS category,
            CASE WHEN u5 < 0.6 THEN 'phone' ELSE 'desktop' END AS device
        FROM (SELECT j, {draws} FROM (
            SELECT CASE WHEN i % 10_000 = 9_999 THEN i - 1 ELSE i END AS j FROM range({first}, {last}) AS r(i)))
    """
