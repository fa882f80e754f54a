"""Opt-outs: customers who declined on a live server, and what that leaves of the customers table."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shopwindow.config import ShopDirectory
from shopwindow.ingest.tables import read_customers
from shopwindow.schema.arrays import Int64
from shopwindow.schema.events import CUSTOMERS
from shopwindow.schema.live import ConsentEvent
from shopwindow.stream.event_log import event_of
from shopwindow.stream.sqlite_log import SqliteReader


def customers_of(shop_dir: ShopDirectory) -> pa.Table:
    """The imported customers (schema CUSTOMERS), declined where they opted out live."""
    return with_opt_outs(read_customers(shop_dir), opted_out_live(shop_dir))


def opted_out_live(shop_dir: ShopDirectory) -> Int64:
    """Sorted keys of the customers whose latest word in the shop's event log declines; none without a log."""
    path = shop_dir.state / "log.sqlite"
    if not path.is_file():
        return np.zeros(0, dtype=np.int64)
    latest: dict[int, ConsentEvent] = {}
    for logged in SqliteReader(path).consents():
        event = event_of(logged.record)
        assert isinstance(event, ConsentEvent)
        before = latest.get(event.customer_key)
        if before is None or event.at_ms >= before.at_ms:
            latest[event.customer_key] = event
    return np.array(sorted(key for key, word in latest.items() if not word.consent), dtype=np.int64)


def with_opt_outs(customers: pa.Table, opted_out: Int64) -> pa.Table:
    """The customers (schema CUSTOMERS) with these as declined, whatever an imported file says: the safe side."""
    declined = pc.is_in(customers.column("customer_key"), value_set=pa.array(opted_out))
    place = CUSTOMERS.get_field_index("consent")
    kept = customers.set_column(
        place, CUSTOMERS.field(place), pc.if_else(declined, False, customers.column("consent"))
    )
    absent = np.setdiff1d(opted_out, customers.column("customer_key").to_numpy())
    rows = [{"customer_key": key, "consent": False} for key in absent.tolist()]
    return pa.concat_tables([kept, pa.Table.from_pylist(rows, CUSTOMERS)])
