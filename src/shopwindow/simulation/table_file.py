"""TableFile: a table on its way into one file, part by part, and the columns that such tables are made of."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shopwindow.errors import ConfigError
from shopwindow.simulation.arrays import Whole

FORMATS: Final = ("parquet", "jsonl")


class TableFile:
    """One table written part by part, so that memory stays bounded. Use `close`."""

    def __init__(self, path: Path, table_format: str) -> None:
        if table_format not in FORMATS:
            raise ConfigError(f"format: expected one of {', '.join(FORMATS)}, came {table_format!r}")
        self.path = path.with_suffix(f".{table_format}")
        self.num_rows = 0
        self._parquet = table_format == "parquet"
        self._writer: pq.ParquetWriter | None = None
        self.path.unlink(missing_ok=True)

    def write(self, table: pa.Table) -> None:
        """Adds the rows of a table; all parts have the same columns."""
        self.num_rows += table.num_rows
        if not self._parquet:
            self._append_lines(table)
            return
        if self._writer is None:
            coded = [f.name for f in table.schema if pa.types.is_dictionary(f.type)]
            self._writer = pq.ParquetWriter(
                self.path,
                table.schema,
                compression="snappy",
                use_dictionary=coded or False,
                store_schema=False,
            )
        self._writer.write_table(table)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        elif not self.path.exists():
            self.path.touch()

    def _append_lines(self, table: pa.Table) -> None:
        part = self.path.with_suffix(".part")
        with duckdb.connect() as connection:
            connection.register("part", table)
            connection.execute(f"COPY (SELECT * FROM part) TO '{_quoted(part)}' (FORMAT json)")
        with self.path.open("ab") as whole:
            whole.write(part.read_bytes())
        part.unlink()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def coded(places: Whole, names: Sequence[str] | pa.Array) -> pa.DictionaryArray:
    """Names by place, null where the place is -1; repeated texts cost four bytes each."""
    values = names if isinstance(names, pa.Array) else pa.array(list(names), pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(places, pa.int32(), mask=np.asarray(places) < 0), values)


def numbered(prefix: str, numbers: Whole) -> pa.Array:
    """Ids such as p17."""
    return pc.binary_join_element_wise(prefix, pc.cast(pa.array(numbers), pa.string()), "")
