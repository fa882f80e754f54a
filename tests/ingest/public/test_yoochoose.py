from pathlib import Path

import numpy as np
import pytest
from tests.ingest.public.conftest import MadeUp, Opened

from shopwindow.ingest.public import in_published_test
from shopwindow.ingest.tables import read_actions

HEADER = "SessionId\tItemId\tTime\n"
FOLDER = "yoochoose-100k/yoochoose-clicks-100k_"


@pytest.mark.data
def test_all_clicks_come_in_and_the_published_test_is_told(opened: Opened, real_data: Path) -> None:
    directory, reports = opened("yoochoose-100k", real_data)
    assert [(each.imported, each.rejected) for each in reports] == [(70_278, 0), (13_568, 0)]
    actions = read_actions(directory)
    tested = in_published_test(actions)
    session = actions.column("customer_key").to_numpy()
    assert tested.sum() == 13_568
    assert len(np.unique(session[~tested])) == 17_794
    assert len(np.unique(session[tested])) == 3_416
    assert not set(session[tested]) & set(session[~tested])
    assert max(actions.column("session").to_pylist()) == 0  # a published session is never cut


def test_equal_rows_are_kept_and_a_broken_one_is_set_aside(opened: Opened, made_up: MadeUp) -> None:
    train = HEADER + "3\t21\t1396437466.94\n3\t21\t1396437466.94\n4\t22\n"
    data = made_up(
        {f"{FOLDER}train_full.txt": train, f"{FOLDER}test.txt": HEADER + "9\t21\t1396860669.277\n"}
    )
    directory, (trained, tested) = opened("yoochoose-100k", data)
    assert (trained.imported, trained.rejected, tested.imported) == (2, 1, 1)
    actions = read_actions(directory)
    rows = zip(actions.column("event_id").to_pylist(), actions.column("at_ms").to_pylist(), strict=True)
    assert sorted(rows) == [
        ("test-1", 1_396_860_669_277), ("train-1", 1_396_437_466_940), ("train-2", 1_396_437_466_940),
    ]  # fmt: skip
    assert sorted(in_published_test(actions)) == [False, False, True]
