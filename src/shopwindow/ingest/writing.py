"""Writing: typed rows -> the files of one import's parts. Nothing of them counts before the manifest names them."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow.parquet as pq

from shopwindow.config import ShopDirectory
from shopwindow.durable import sync
from shopwindow.ingest.days import WHOLE, Days, days_of, files_of
from shopwindow.ingest.engine import Engine
from shopwindow.ingest.events import CONTENT, OWN_ID, once_by_id, unknown, with_occurrence
from shopwindow.ingest.manifest import parts_of
from shopwindow.ingest.parts import Keys, keyed
from shopwindow.ingest.tables import read_part


@dataclass(frozen=True, slots=True)
class Writing:
    """The parts called `name` of one import, made by `engine`."""

    engine: Engine
    shop_dir: ShopDirectory
    name: str

    def new_by_id(self, rows: ir.Table, table: str) -> ir.Table:
        """The events whose own id is new to the shop; those without one stay."""
        if OWN_ID[table] not in rows.columns:
            return rows
        return once_by_id(self.engine, rows, table, self._known(table))

    def by_days(self, rows: ir.Table, table: str) -> list[tuple[Days, ir.Table]]:
        """The events cut into some days each; those without an id know their `occurrence`."""
        pieces = []
        for place, days in enumerate(days_of(rows["at"])):
            some = rows.filter(days.holds(rows["at"]))
            if table in CONTENT:  # pages have ids
                some = with_occurrence(self.engine, some, table, f"{table}_{place}")
            pieces.append((days, some))
        return pieces

    def events(self, pieces: list[tuple[Days, ir.Table]], keys: Keys, table: str) -> int:
        """Write the events that are new, a file per piece; how many they are."""
        partial = self._partial(table)
        for days, some in pieces:
            part = keyed(some, keys, table)
            known = self._known(table, days) if table in CONTENT else None
            part = part if known is None else unknown(part, known, table)
            self.engine.write(part, partial / days.name)
        return self._published(table)

    def written(self, rows: ir.Table, table: str) -> ir.Table:
        """Those of `rows` that `events` has written."""
        part = self._read([self.shop_dir.data / table / self.name], table)
        return rows.semi_join(part, [rows.line == part.line, rows["at"] == part.at_ms])

    def whole(self, part: ir.Table, table: str) -> int:
        """Write a part that has no days; its number of rows."""
        self.engine.write(part, self._partial(table) / WHOLE)
        return self._published(table)

    def _known(self, table: str, days: Days | None = None) -> ir.Table | None:
        """What earlier imports brought, of these days; None where that is nothing."""
        files = [path for _, path in parts_of(self.shop_dir, table)]
        return self._read(files, table, days) if any(files_of(path, days) for path in files) else None

    def _read(self, parts: list[Path], table: str, days: Days | None = None) -> ir.Table:
        tables = [
            read_part(self.engine.connection, files, table)
            for part in parts
            if (files := files_of(part, days))
        ]
        return ibis.union(*tables) if len(tables) > 1 else tables[0]

    def _partial(self, table: str) -> Path:
        partial = self.shop_dir.data / table / f".{self.name}.partial"
        shutil.rmtree(partial, ignore_errors=True)  # of an import that was killed
        partial.mkdir(parents=True)
        return partial

    def _published(self, table: str) -> int:
        """Give the part its name once it is on the disk whole; its number of rows."""
        folder = self.shop_dir.data / table
        partial, path = folder / f".{self.name}.partial", folder / self.name
        num_rows = 0
        for file in files_of(partial):
            num_rows += pq.read_metadata(file).num_rows
            sync(file)
        shutil.rmtree(path, ignore_errors=True)
        if num_rows:
            sync(partial)
            partial.replace(path)
            sync(folder)
        else:
            shutil.rmtree(partial)
        return num_rows
