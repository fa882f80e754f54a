"""What runs the expressions of an import: one port, and DuckDB behind it.

The connection that reads the clean tables is DuckDB in memory, spilling to the shop's own disk.
"""

import glob
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Protocol, final

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend
from ibis.backends.sql import SQLBackend

from shopwindow.errors import IngestError
from shopwindow.ingest.repeats import repeated_values

MEMORY_MIB: Final = 2560  # at most, unless stated: with what else the process holds it stays below 4 GiB
COLUMN: Final = "column "  # before the names of a Parquet file's columns: one may be called line, or raw
NO_DELIMITER: Final = "\x1f\x1e\x1d\x1c"  # in no text file: each line is one field
LINE_BYTES: Final = 2_000_000  # DuckDB's limit; longer lines are set aside
NO_TEXT: Final = "text in the stated --encoding"
TOO_LONG: Final = f"at most {LINE_BYTES} bytes in a line"
FAULTS: Final = {"INVALID ENCODING": NO_TEXT, "LINE SIZE OVER MAXIMUM": TOO_LONG}


@ibis.udf.scalar.builtin(name="trim", signature=(("string",), "string"))  # type: ignore[untyped-decorator]
def _trim(text: ir.Value) -> ir.StringValue: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What an engine may use. None: a quarter of the machine's memory but at most 2.5 GiB; every processor."""

    memory_mib: int | None = None
    threads: int | None = None

    @property
    def mib(self) -> int:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
        return self.memory_mib or min(machine // 4, MEMORY_MIB)

    @property
    def processors(self) -> int:
        return self.threads or len(os.sched_getaffinity(0))


WHOLE_MACHINE: Final = Resources()
Opening = Callable[[Path, str, Resources], AbstractContextManager["Engine"]]
"""Opens an engine that keeps and spills what it must under a folder, with the shop's time zone."""


class Engine(Protocol):
    """Where the expressions of an import run; what they say is the same everywhere."""

    @property
    def connection(self) -> SQLBackend:
        """To read Parquet files with."""

    def numbered(self, path: Path, encoding: str | None) -> ir.Table:
        """The records of a file with `line` (int64, from 1).

        Of a text file: `raw`, each line that is not blank, and `broken`, what was expected of a line that is
        no text; of a Parquet file (`encoding` None): its columns, COLUMN before their names.

        Raises:
            IngestError: the file as a whole is damaged.
        """

    def kept(self, name: str, table: ir.Table | pa.Table) -> ir.Table:
        """The table, worked out once, to be read several times; `name` is free in this import."""

    def repeated(self, name: str, marks: ir.Table) -> ir.Table | None:
        """The values of `mark` (int64, from 0; no null) that several rows have, kept; None where there are none."""

    def write(self, table: ir.Table, path: Path) -> None:
        """Write the rows as Parquet: a file, or a folder of files."""


@final
class DuckConnection(Backend):  # type: ignore[misc]
    """Ibis on DuckDB that takes a path for what it is: no pattern, and folders called action=cart fill no column."""

    def read_parquet(
        self, paths: Path | str | Sequence[str], /, *, file_row_number: bool = False
    ) -> ir.Table:
        """The rows of one file, or of several."""
        several = [str(paths)] if isinstance(paths, str | Path) else paths
        literal = [glob.escape(each) for each in several]
        return super().read_parquet(literal, file_row_number=file_row_number, hive_partitioning=False)


@final
class DuckEngine:
    """DuckDB: tables that are kept lie in memory and, beyond its limit, on the shop's disk."""

    def __init__(self, connection: Backend) -> None:
        self._connection = connection

    @property
    def connection(self) -> Backend:
        return self._connection

    def numbered(self, path: Path, encoding: str | None) -> ir.Table:
        if encoding is None:
            return self._parquet(path)
        return _lines(self._connection, path, encoding)

    def _parquet(self, path: Path) -> ir.Table:
        try:
            file = self._connection.read_parquet(path, file_row_number=True)
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise IngestError(
                f"{path}: expected a Parquet file that DuckDB reads, came {reason}; export it again"
            ) from error
        columns = {COLUMN + name: file[name] for name in file.columns if name != "file_row_number"}
        return file.select(line=file.file_row_number + 1, **columns)

    def kept(self, name: str, table: ir.Table | pa.Table) -> ir.Table:
        given = ibis.memtable(table) if isinstance(table, pa.Table) else table
        return self._connection.create_table(name, given, temp=True)

    def repeated(self, name: str, marks: ir.Table) -> ir.Table | None:
        several = repeated_values(self._connection.to_pyarrow(marks)["mark"].to_numpy())
        return self.kept(name, pa.table({"mark": several})) if len(several) else None

    def write(self, table: ir.Table, path: Path) -> None:
        self._connection.to_parquet(table, str(path), compression="snappy")


@contextmanager
def engine(spill: Path, time_zone: str = "UTC", resources: Resources = WHOLE_MACHINE) -> Iterator[Backend]:
    """A connection whose naive times are of `time_zone`; big sorts and joins spill under `spill`."""
    spill.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".work-", dir=spill) as folder:
        connection = DuckConnection().connect(
            temp_directory=folder, memory_limit=f"{resources.mib}MiB", threads=resources.processors
        )
        try:
            connection.raw_sql(f"SET TimeZone = '{time_zone}'")
            connection.raw_sql("SET enable_progress_bar = false")
            yield connection
        except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
            reason = str(error).splitlines()[0]
            raise IngestError(
                f"{spill}: expected to get by with {resources.mib} MiB of memory and the space on this disk, "
                f"came {reason}; make room, or allow more memory (import: --memory)"
            ) from error
        except (duckdb.ConversionException, duckdb.OutOfRangeException) as error:
            reason = str(error).splitlines()[0]
            raise IngestError(
                f"expected values that DuckDB can hold, came {reason}; set it right in the file, or leave the column out"
            ) from error
        finally:
            connection.disconnect()


@contextmanager
def duck_engine(
    spill: Path, time_zone: str = "UTC", resources: Resources = WHOLE_MACHINE
) -> Iterator[DuckEngine]:
    """An engine with a DuckDB connection of its own."""
    with engine(spill, time_zone, resources) as connection:
        yield DuckEngine(connection)


def _lines(connection: Backend, path: Path, encoding: str) -> ir.Table:
    file = connection.read_csv(
        glob.escape(str(path)), hive_partitioning=False, header=False, auto_detect=False, delim=NO_DELIMITER,
        quote="", escape="", encoding=encoding,
        columns={"raw": "string"}, store_rejects=True, rejects_limit=0, strict_mode=False,
    )  # fmt: skip
    try:
        lines = connection.create_table("read_lines", file, temp=True)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise IngestError(f"{path}: expected {encoding} text, came {reason}; the file is damaged") from error
    lines = lines.mutate(place=lines.rowid() + 1, broken=ibis.null("string"))
    faults = connection.raw_sql(
        "SELECT line, error_type, csv_line FROM reject_errors ORDER BY line"
    ).fetchall()
    lines = _with_faults(lines, faults) if faults else lines.rename(line="place")
    begun = (lines.raw >= "!") & (
        lines.raw < "\x7f"
    )  # by the first byte: to trim all takes 0.7 s per million
    return lines.filter(begun | (_trim(lines.raw) != "")).select("line", "raw", "broken")


def _with_faults(lines: ir.Table, faults: Sequence[tuple[int, str, str]]) -> ir.Table:
    """Puts lines that DuckDB refused back among the others, which it numbered as if those were not there."""
    shifts = ibis.memtable(
        pa.table(
            {
                "from_place": [line - before for before, (line, _, _) in enumerate(faults)],
                "shift": list(range(1, len(faults) + 1)),
            }
        )
    )
    shifts = shifts.group_by("from_place").aggregate(shift=shifts["shift"].max())
    shifted = lines.asof_join(shifts, on=lines.place >= shifts.from_place)
    good = shifted.mutate(line=shifted.place + shifted["shift"].fill_null(0)).select("line", "raw", "broken")
    bad = ibis.memtable(
        pa.table(
            {
                "line": [line for line, _, _ in faults],
                "raw": [raw.strip("\r\n") for _, _, raw in faults],
                "broken": [FAULTS.get(fault, fault.lower()) for _, fault, _ in faults],
            }
        )
    )
    return good.union(bad.mutate(line=bad.line.cast(good.line.type())))
