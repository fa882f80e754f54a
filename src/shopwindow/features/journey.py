"""Journey: what the encoder reads of a customer, built by the same code for training, evaluation and serving.

Legend: B customers, L actions (padded), positions 0..L: position 0 is the start, position t is action t.
Position t also carries the local context of the request that *follows* it, so it predicts action t+1.
"""

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from shopwindow.schema.arrays import Float, Int32, Int64, Rows

MAX_ACTIONS: Final = 100
QUERY_BUCKETS: Final = 4096
HOUR_MS: Final = 3_600_000
PADDING: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Journey:
    """One padded batch. Absent categorical values are -1; models map them to a row of their own.

    `item [B, L]`: catalogue rows, -1 for padding and for items the catalogue does not know.
    `action [B, L]`: place in ShopConfig.action_names.
    `gap [B, L]`: log(1 + seconds) since the action before; 0 for the first.
    `surface`, `category`, `query` [B, L+1]: local context of the request after position t;
        place in ShopConfig.surface_names, node of the category tree, hashed query text.
    `wait [B, L+1]`: log(1 + seconds) from action t to the request after it; 0 at the start.
    `hour`, `weekday` [B, L+1]: of that request, in the shop's standard time.
    `country`, `device` [B]: hashed text.
    `length [B]`: number of real actions; they come first, oldest to newest, padding after them.
    """

    item: Rows
    action: Int32
    gap: Float
    surface: Int32
    category: Int32
    query: Int32
    wait: Float
    hour: Int32
    weekday: Int32
    country: Int32
    device: Int32
    length: Int32

    def __len__(self) -> int:
        return len(self.length)


def log_seconds(duration_ms: Int64) -> Float:
    """log(1 + seconds), negative durations (clock skew) counted as 0."""
    return np.log1p(np.maximum(duration_ms, 0) / 1000.0).astype(np.float32)


def hours_and_weekdays(at_ms: Int64, offset_ms: int) -> tuple[Int32, Int32]:
    """Hour (0-23) and weekday (0 = Monday) at a fixed offset from UTC."""
    hours = (at_ms + offset_ms) // HOUR_MS
    return (hours % 24).astype(np.int32), ((hours // 24 + 3) % 7).astype(np.int32)  # 1970-01-01: a Thursday


def standard_offset_ms(time_zone: str) -> int:
    """Milliseconds that a zone's standard (winter) time is ahead of UTC."""
    now = datetime(2024, 1, 1, tzinfo=ZoneInfo(time_zone))
    offset = (now.utcoffset() or timedelta()) - (now.dst() or timedelta())
    return int(offset.total_seconds() * 1000)


def hashed(text: str | None, buckets: int = QUERY_BUCKETS) -> int:
    """A stable bucket for a text, -1 for none: unknown words are never an error."""
    return -1 if not text else zlib.crc32(text.strip().lower().encode()) % buckets
