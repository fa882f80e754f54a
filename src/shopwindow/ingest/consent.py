"""Consent: what imported customers files say of it. Light: a server reads it without the import engine."""

from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc
import pyarrow.dataset as ds

from shopwindow.config import ShopDirectory
from shopwindow.ingest.manifest import parts_of
from shopwindow.schema.arrays import Bool, Int64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImportedConsent:
    """The latest word of each of n customers. `at_ms [n]`: when it was imported. `number`: of the last import heard."""

    customer_key: Int64
    consent: Bool
    at_ms: Int64
    number: int


def imported_consent(shop_dir: ShopDirectory, after: int = 0) -> ImportedConsent:
    """What the customers files imported after number `after` say; a row that does not speak of consent says nothing."""
    keys, words, times = [], [], []
    parts = [(number, path) for number, path in parts_of(shop_dir, "customers") if number > after]
    for _, path in parts:
        part = ds.dataset(path)
        if "consent" not in part.schema.names:  # a part has the columns that its file had
            continue
        rows = part.to_table(columns=["customer_key", "consent", "line"]).sort_by("line")
        rows = rows.filter(pc.is_valid(rows.column("consent")))
        keys.append(rows.column("customer_key").to_numpy())
        words.append(rows.column("consent").to_numpy())
        times.append(np.full(len(rows), path.stat().st_mtime_ns // 1_000_000, dtype=np.int64))
    key = np.concatenate([np.zeros(0, dtype=np.int64), *keys])[::-1]
    _, last = np.unique(key, return_index=True)  # the first of the reversed: the last word
    return ImportedConsent(
        customer_key=key[last],
        consent=np.concatenate([np.zeros(0, dtype=np.bool_), *words])[::-1][last],
        at_ms=np.concatenate([np.zeros(0, dtype=np.int64), *times])[::-1][last],
        number=max((number for number, _ in parts), default=after),
    )
