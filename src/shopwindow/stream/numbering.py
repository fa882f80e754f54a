"""Numbering: which of some records are new, and the offset that each of those will have."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shopwindow.stream.event_log import Appended, Logged, Record, fingerprint
from shopwindow.stream.recent_ids import RecentIds


@dataclass(frozen=True, slots=True, eq=False)
class Numbered:
    """`fresh`: what to write. `marks`: fingerprints to remember once it is written. `appended`: what to answer."""

    fresh: Sequence[Logged]
    marks: Sequence[bytes]
    appended: Appended


def numbered(records: Sequence[Record], recent: RecentIds, end: int) -> Numbered:
    """New records numbered from end + 1; the second of two equal ones among `records` is a duplicate too."""
    fresh: list[Logged] = []
    marks: dict[bytes, None] = {}
    offset = np.zeros(len(records), dtype=np.int64)
    for place, record in enumerate(records):
        if record.event_id:
            mark = fingerprint(record)
            if mark in recent or mark in marks:
                continue
            marks[mark] = None
        end += 1
        offset[place] = end
        fresh.append(Logged(end, record))
    return Numbered(fresh, list(marks), Appended(offset, offset == 0, end))
