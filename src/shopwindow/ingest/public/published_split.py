"""PublishedSplit: which rows a set's authors test on, kept in the event ids "train-17" and "test-3"."""

from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from shopwindow.durable import write_durably
from shopwindow.ingest.public.records import lines
from shopwindow.schema.arrays import Bool

TRAIN: Final = "train-"
TEST: Final = "test-"


def in_published_test(actions: pa.Table) -> Bool:
    """[n] true where the row of an action table is of the published test (yoochoose, amazon-cellphones-search)."""
    found: Bool = pc.starts_with(actions.column("event_id"), TEST).to_numpy()
    return found


def with_event_ids(path: Path, prefix: str, into: Path) -> Path:
    """The tab-separated file with a column `event_id` before the others: `prefix` and the row's number from 1.

    Every line is kept as it is, the broken ones too: the importer judges them.
    """
    header, *rows = lines(path)
    numbered = [f"event_id\t{header}", *(f"{prefix}{n}\t{row}" for n, row in enumerate(rows, start=1))]
    into.parent.mkdir(parents=True, exist_ok=True)
    write_durably(into, ("\n".join(numbered) + "\n").encode())
    return into
