"""Items that came while the shop was served: a release takes them in, so that the live tail has room again."""

from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from shopwindow.config import ShopDirectory
from shopwindow.schema.live import ItemEvent, decode, item_table
from shopwindow.stream.sqlite_log import SqliteReader


def with_live_items(items: pa.Table, shop_dir: ShopDirectory) -> pa.Table:
    """The item table (schema ITEMS) with every item as the shop's log has it last, those it did not have included.

    Raises:
        StateError: the log cannot be read.
    """
    live = live_items(shop_dir)
    if not live:
        return items
    keys = pa.array([each.item_key for each in live], pa.int32())
    others = items.filter(pc.invert(pc.is_in(items.column("item_key"), value_set=keys)))
    return pa.concat_tables([others, item_table(live)])


def live_items(shop_dir: ShopDirectory) -> list[ItemEvent]:
    """The last record of each item in the log; none where the shop was never served."""
    path = shop_dir.state / "log.sqlite"
    if not path.is_file():
        return []
    latest: dict[int, ItemEvent] = {}
    for batch in SqliteReader(path).replay(after=0):
        for each in batch:
            if each.record.kind == "item":
                event = cast(ItemEvent, decode("item", each.record.payload))
                latest[event.item_key] = event
    return list(latest.values())
