"""Import: one file from outside -> parts of the clean tables, once and whole.

Nothing counts until imports.json names it: an import killed at any moment leaves the tables as they were.
"""

import hashlib
import os
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import ibis.expr.types as ir

from shopwindow.config import ShopDirectory
from shopwindow.ingest.checks import Checked, checked, raw_of
from shopwindow.ingest.days import Days
from shopwindow.ingest.engine import WHOLE_MACHINE, Engine, Opening, Resources, duck_engine
from shopwindow.ingest.identity import Identity, open_identity
from shopwindow.ingest.manifest import (
    ImportRecord,
    Manifest,
    only_importer,
    read_manifest,
    write_manifest,
)  # fmt: skip
from shopwindow.ingest.parts import (
    Keys,
    allocated,
    customers_part,
    ids_of,
    items_part,
    keys_of,
    seen_items_part,
)  # fmt: skip
from shopwindow.ingest.plan import Plan, plan_of, widened
from shopwindow.ingest.readers import later_keys, lines_of, read
from shopwindow.ingest.rejects import Reason, write_rejects
from shopwindow.ingest.source import SKIP, Source
from shopwindow.ingest.writing import Writing
from shopwindow.schema.shop import ShopConfig

EVENTS: Final = ("actions", "pages", "impressions")
Step = Callable[[str], None]
"""Told the name of each step as it begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did. rows = imported + duplicates + skipped + rejected.

    `already`: this very file was imported before, and nothing changed; the figures are those of then.
    """

    source: Path
    table: str
    plan: Plan
    already: bool = False
    rows: int = 0
    imported: int = 0
    duplicates: int = 0
    skipped: int = 0
    rejected: int = 0
    rejects: Path | None = None
    reasons: tuple[Reason, ...] = ()
    new_items: int = 0
    new_customers: int = 0


def import_file(
    shop_dir: ShopDirectory,
    shop: ShopConfig,
    source: Source,
    *,
    seed: int | None = None,
    on_step: Step = lambda name: None,
    resources: Resources = WHOLE_MACHINE,
    opening: Opening = duck_engine,
) -> ImportReport:
    """Import one file; importing it again changes nothing.

    `seed` makes customer keys repeatable: for public and simulated data only, where no person is to be
    protected. `opening` chooses the engine; the tables are the same on each.

    Raises:
        IngestError: the file as a whole cannot be read, or another import is running.
        IngestError: the mapping is wrong.
    """
    on_step("looking at the file")
    plan = plan_of(source, shop)
    with only_importer(shop_dir):
        manifest = read_manifest(shop_dir)
        content = _content(source, plan, shop)
        before = manifest.of(content)
        if before is not None:
            return _as_before(source, plan, before, shop_dir)
        with opening(shop_dir.data, shop.time_zone, resources) as engine:
            run = _Run(engine, shop_dir, shop, source, plan, content, on_step)
            return run.whole(manifest, seed)


def _content(source: Source, plan: Plan, shop: ShopConfig) -> str:
    """Hash of the file and of everything that decides how it is read."""
    with source.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    words = (
        shop.time_zone,
        shop.category_separator,
        *shop.action_names,
        *shop.surface_names,
        *(f"{each.code} {each.currency}" for each in shop.markets),  # prices are read by currency
    )
    digest.update("\x1f".join((plan.fingerprint(), *words)).encode())
    return digest.hexdigest()


def _as_before(source: Source, plan: Plan, before: ImportRecord, shop_dir: ShopDirectory) -> ImportReport:
    return ImportReport(
        source=source.path,
        table=source.table,
        plan=plan,
        already=True,
        rows=before.rows,
        imported=before.imported,
        duplicates=before.duplicates,
        skipped=before.rows - before.imported - before.duplicates - before.rejected,
        rejected=before.rejected,
        rejects=_rejects_path(shop_dir, source, before.content) if before.rejected else None,
    )


def _rejects_path(shop_dir: ShopDirectory, source: Source, content: str) -> Path:
    return shop_dir.data / "rejects" / f"{source.path.name}-{content[:12]}.csv"


@dataclass(frozen=True, slots=True)
class _Run:
    """One import under way."""

    engine: Engine
    shop_dir: ShopDirectory
    shop: ShopConfig
    source: Source
    plan: Plan
    content: str
    on_step: Step

    def whole(self, manifest: Manifest, seed: int | None) -> ImportReport:
        self.on_step("reading and checking rows")
        lines = lines_of(self.engine, self.source.path, self.plan)
        plan = widened(self.plan, later_keys(lines, self.plan), self.shop)
        records = read(self.engine, lines, plan)
        found = checked(self.engine, records, plan, self.shop)
        num_rows, num_skipped, num_bad = _counts(found)
        report = ImportReport(
            source=self.source.path,
            table=self.source.table,
            plan=plan,
            rows=num_rows,
            skipped=num_skipped,
            rejected=num_bad,
        )
        if num_bad:
            path = _rejects_path(self.shop_dir, self.source, self.content)
            bad = raw_of(records, found.bad.filter(found.bad.field != SKIP))
            report = replace(
                report, rejects=path, reasons=write_rejects(self.engine, bad, found.expected, path)
            )
        name = f"{manifest.next_number:06}-{self.content[:12]}.parquet"
        parts: dict[str, int] = {}
        if num_rows > num_skipped + num_bad:
            report, parts = self._written(found.good, report, Writing(self.engine, self.shop_dir, name), seed)
        record = ImportRecord(
            number=manifest.next_number,
            source=self.source.path.name,
            table=self.source.table,
            content=self.content,
            rows=num_rows,
            imported=report.imported,
            duplicates=num_rows - num_skipped - num_bad - report.imported,
            rejected=num_bad,
            parts={table: name for table, written in parts.items() if written},
        )
        write_manifest(self.shop_dir, replace(manifest, imports=(*manifest.imports, record)))
        return replace(report, duplicates=record.duplicates)

    def _written(
        self, good: ir.Table, report: ImportReport, writing: Writing, seed: int | None
    ) -> tuple[ImportReport, dict[str, int]]:
        """Write the parts; how many rows each table got."""
        table = self.source.table
        if table in EVENTS:
            self.on_step("leaving out events that are already there")
            good = writing.new_by_id(good, table)
        self.on_step("giving keys to items and customers")
        ids = ids_of(good)
        with ThreadPoolExecutor(1) as aside:  # one processor is SQLite's; the engine has the others meanwhile
            allocation = aside.submit(lambda: allocated(ids, _identity(self.shop_dir, seed)))
            pieces = writing.by_days(good, table) if table in EVENTS else []
            found = allocation.result()
        keys = keys_of(self.engine, ids, found)
        self.on_step("writing")
        match table:
            case "items":
                parts = {"items": writing.whole(items_part(good, keys, self.shop), "items")}
            case "customers":
                parts = {"customers": writing.whole(customers_part(good, keys), "customers")}
            case _:
                parts = self._events(good, pieces, keys, writing)
        report = replace(
            report,
            imported=parts[table],
            new_items=found.new_items,
            new_customers=found.new_customers,
        )
        return report, parts

    def _events(
        self, good: ir.Table, pieces: list[tuple[Days, ir.Table]], keys: Keys, writing: Writing
    ) -> dict[str, int]:
        table = self.source.table
        imported = writing.events(pieces, keys, table)
        if not imported:
            return {table: 0}
        told = good if imported == int(good.count().to_pyarrow().as_py()) else writing.written(good, table)
        return {table: imported, "items": writing.whole(seen_items_part(told, keys, self.shop), "items")}


def _counts(found: Checked) -> tuple[int, int, int]:
    """All rows, those dropped on purpose, those set aside."""
    dropped = found.bad.filter(found.bad.field == SKIP)
    every, failed, skipped = (
        int(rows.count().to_pyarrow().as_py()) for rows in (found.rows, found.bad, dropped)
    )
    return every, skipped, failed - skipped


def _identity(shop_dir: ShopDirectory, seed: int | None) -> Identity:
    if seed is None:
        return open_identity(shop_dir.identity, os.urandom)
    counting = open_identity(shop_dir.identity)
    known = counting.num_customers()
    counting.close()
    return open_identity(shop_dir.identity, random.Random(f"{seed} {known}").randbytes)
