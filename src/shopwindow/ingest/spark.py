"""Spark in local mode as the engine of an import: the same expressions, equal tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, final

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as f

from shopwindow.errors import ConfigError, IngestError
from shopwindow.ingest.engine import COLUMN, LINE_BYTES, NO_TEXT, TOO_LONG, WHOLE_MACHINE, Resources
from shopwindow.ingest.spark_dialect import FUNCTIONS, SparkConnection, literal

SETTINGS: Final = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.ansi.enabled": "false",  # what is no number is null
    "spark.sql.json.enableExactStringParsing": "false",  # 1.50 is 1.5, and no spaces within
    "spark.sql.jsonGenerator.ignoreNullFields": "false",
    "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",  # no empty files in parts
}
PIECE_BYTES: Final = 1 << 20


@final
class SparkEngine:
    """Spark: tables that are kept are Parquet files in `folder`, and what it writes are folders of files."""

    def __init__(self, session: SparkSession, connection: SparkConnection, folder: Path) -> None:
        self._session = session
        self._connection = connection
        self._folder = folder
        self._numbers = count()

    @property
    def connection(self) -> SparkConnection:
        return self._connection

    def numbered(self, path: Path, encoding: str | None) -> ir.Table:
        if encoding is None:
            rows = self._parquet(path)
            names = [f.col(f"`{name}`").alias(COLUMN + name) for name in rows.columns]
            return self._view("rows", rows.select((f.col("_metadata.row_index") + 1).alias("line"), *names))
        plain = _plain(path, encoding, self._new("plain"))
        stored = self._new("lines")
        _lines(self._session.read.text(literal(plain))).write.parquet(str(stored))
        return self._connection.read_parquet(stored)

    def kept(self, name: str, table: ir.Table | pa.Table) -> ir.Table:
        path = self._new(name)
        if isinstance(table, pa.Table):
            pq.write_table(table, path)
        else:
            self.write(table, path)
        return self._connection.read_parquet(path)

    def repeated(self, name: str, marks: ir.Table) -> ir.Table | None:
        counted = marks.group_by("mark").aggregate(times=marks.count())
        several = self.kept(name, counted.filter(counted.times > 1).select("mark"))
        return several if several.limit(1).count().to_pyarrow().as_py() else None

    def write(self, table: ir.Table, path: Path) -> None:
        self._connection.to_parquet(table, path, compression="snappy")

    def _parquet(self, path: Path) -> DataFrame:
        try:
            return self._session.read.parquet(literal(path))
        except PySparkException as error:  # times of nanoseconds, as a rule
            reason = str(error).splitlines()[0]
            raise IngestError(
                f"{path}: expected a Parquet file that Spark reads, came {reason}; import with --engine duckdb"
            ) from error

    def _view(self, name: str, rows: DataFrame) -> ir.Table:
        unique = f"{name}_{next(self._numbers)}"
        rows.createOrReplaceTempView(unique)
        return self._connection.table(unique)

    def _new(self, name: str) -> Path:
        return self._folder / f"{next(self._numbers)}-{name}"


def _plain(path: Path, encoding: str, into: Path) -> Path:
    """The file itself, or, if Spark would not read it so, a copy of it unpacked and in UTF-8."""
    packing = {".gz": "gzip", ".zst": "zstd"}.get(path.suffix.lower())
    if packing is None and encoding == "utf-8":
        return path
    try:
        with pa.input_stream(str(path), compression=packing) as packed, into.open("wb") as plain:
            text = packed if encoding == "utf-8" else pa.transcoding_input_stream(packed, encoding, "utf-8")
            while piece := text.read(PIECE_BYTES):
                plain.write(piece)
    except (OSError, UnicodeError) as error:
        raise IngestError(f"{path}: expected {encoding} text, came {error}; the file is damaged") from error
    return into


def _lines(text: DataFrame) -> DataFrame:
    """`line`, `raw` and `broken` of each line that is not blank.

    Spark reads a file in blocks, each by one task: a line's number is its place in the block after all lines of
    the blocks before it.
    """
    numbered = text.select(
        "value",
        f.col("_metadata.file_block_start").alias("block"),
        f.monotonically_increasing_id().alias("id"),
    )
    blocks = numbered.groupBy("block").agg(f.min("id").alias("first"), f.count("id").alias("lines"))
    before = f.sum("lines").over(Window.orderBy("block")) - f.col("lines")
    starts = blocks.select("block", (before + 1 - f.col("first")).alias("shift"))
    placed = numbered.join(f.broadcast(starts), "block")
    broken = f.when(~f.is_valid_utf8("value"), f.lit(NO_TEXT)).when(
        f.octet_length("value") > LINE_BYTES, f.lit(TOO_LONG)
    )
    raw = f.when(f.is_valid_utf8("value"), f.col("value")).otherwise(
        f.translate(f.make_valid_utf8("value"), "\ufffd", "?")  # as DuckDB shows such bytes
    )
    lines = placed.select(
        (f.col("id") + f.col("shift")).alias("line"), raw.alias("raw"), broken.alias("broken")
    )
    return lines.filter(f.call_function("spaces_off", "raw") != "")


@contextmanager
def spark_engine(
    spill: Path, time_zone: str = "UTC", resources: Resources = WHOLE_MACHINE
) -> Iterator[SparkEngine]:
    """An engine with a Spark session of its own; what it keeps and spills lies under `spill`.

    Raises:
        ConfigError: Spark does not start, for want of Java as a rule.
    """
    spill.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".work-", dir=spill) as folder:
        settings = SETTINGS | {
            "spark.driver.memory": f"{resources.mib}m",
            "spark.local.dir": folder,
            "spark.sql.warehouse.dir": f"{folder}/warehouse",
            "spark.sql.shuffle.partitions": str(resources.processors),
        }
        builder = SparkSession.builder.master(f"local[{resources.processors}]").appName("shopwindow")
        try:
            session = builder.config(map=settings).getOrCreate()
        except PySparkException as error:
            raise ConfigError(
                f"--engine spark: expected Java 17 or newer, came '{error}'; install it, or leave --engine out"
            ) from error
        try:
            SparkConnection.register_options()
            connection = SparkConnection().connect(session)
            session.conf.set("spark.sql.session.timeZone", time_zone)  # Ibis has set UTC
            for function in FUNCTIONS:  # they keep the settings of now
                session.sql(f"CREATE OR REPLACE TEMPORARY FUNCTION {function}")
            yield SparkEngine(session, connection, Path(folder))
        finally:
            session.stop()
