from contextlib import closing
from pathlib import Path

import numpy as np

from shopwindow.config import ShopDirectory
from shopwindow.datasets.opt_outs import opted_out_live, with_opt_outs
from shopwindow.schema.live import ActionEvent, ConsentEvent
from shopwindow.stream.event_log import record_of
from shopwindow.stream.sqlite_log import SqliteLog


def word(customer_key: int, at_ms: int, consent: bool) -> ConsentEvent:
    return ConsentEvent(
        event_id=f"{customer_key} {at_ms}", at_ms=at_ms, customer_key=customer_key, consent=consent
    )


def test_the_latest_word_by_its_time_is_what_a_customer_said(tmp_path: Path) -> None:
    shop_dir = ShopDirectory(tmp_path)
    assert opted_out_live(shop_dir).tolist() == []
    click = ActionEvent(event_id="e", at_ms=3, customer_key=9, item_key=0, action="click")
    told = [
        word(8, 5, False),
        word(8, 4, True),
        click,
        word(7, 1, False),
        word(7, 2, True),
        word(3, 1, False),
    ]
    with closing(SqliteLog.open(shop_dir.state / "log.sqlite")) as log:
        log.append([record_of(event) for event in told])
    assert opted_out_live(shop_dir).tolist() == [3, 8]


def test_an_opt_out_overrides_the_file_and_needs_no_row_in_it(customer_table) -> None:
    rows = [
        {"customer_key": 1, "country": "de", "consent": True},
        {"customer_key": 2, "consent": True},
        {"customer_key": 3, "consent": None},
    ]
    table = with_opt_outs(customer_table(rows), np.array([1, 4], dtype=np.int64))
    found = [(row["customer_key"], row["country"], row["consent"]) for row in table.to_pylist()]
    assert found == [(1, "de", False), (2, None, True), (3, None, None), (4, None, False)]
