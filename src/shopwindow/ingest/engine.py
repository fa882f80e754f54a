"""The Ibis connection that imports and reads: DuckDB in memory, spilling to the shop's own disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import ibis
from ibis.backends.duckdb import Backend


@contextmanager
def engine(spill: Path, time_zone: str = "UTC") -> Iterator[Backend]:
    """A connection whose naive times are of `time_zone`; big sorts and joins spill under `spill`."""
    spill.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".work-", dir=spill) as folder:
        connection = ibis.duckdb.connect(temp_directory=folder)
        try:
            connection.raw_sql(f"SET TimeZone = '{time_zone}'")
            connection.raw_sql("SET enable_progress_bar = false")
            yield connection
        finally:
            connection.disconnect()
