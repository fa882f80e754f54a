import numpy as np
import pytest

from shopwindow.datasets.split import (
    SplitSpec,
    TimeSplit,
    leave_one_out,
    make_split,
    split_at,
    time_split,
    windows,
)
from shopwindow.errors import DatasetError


def ten_events(make_dataset):
    """Customer 1 at the even moments 0 .. 18, customer 2 at the odd moments 1 .. 19."""
    return make_dataset([{"customer_key": 1 + t % 2, "at_ms": t, "item_key": t % 6} for t in range(20)])


def test_shares_are_counted_in_events_by_time(make_dataset) -> None:
    dataset = ten_events(make_dataset)
    assert time_split(dataset, valid_share=0.1, test_share=0.2) == TimeSplit(14, 16)


def test_training_validation_and_test_do_not_overlap_in_time(make_dataset) -> None:
    dataset = ten_events(make_dataset)
    split = make_split(dataset, SplitSpec(valid_share=0.1, test_share=0.2))
    assert (split.train_end - dataset.columns.offsets[:-1]).tolist() == [7, 7]
    assert (split.before_test - dataset.columns.offsets[:-1]).tolist() == [8, 8]
    assert sorted(split.valid.at_ms.tolist()) == [14, 15]
    assert sorted(split.test.at_ms.tolist()) == [16, 17, 18, 19]


def test_explicit_moments_come_before_shares(make_dataset) -> None:
    split = make_split(ten_events(make_dataset), SplitSpec(valid_from_ms=3, test_from_ms=5, test_share=0.9))
    assert sorted(split.valid.at_ms.tolist()) == [3, 4]
    assert len(split.test) == 15


def test_stamps_too_coarse_for_three_periods_are_refused_with_a_way_out(make_dataset) -> None:
    dataset = make_dataset([{"customer_key": n, "at_ms": 7, "item_key": 0} for n in range(9)])
    with pytest.raises(DatasetError, match="leave-one-out"):
        time_split(dataset, 0.1, 0.1)


def test_an_empty_period_is_refused(make_dataset) -> None:
    with pytest.raises(DatasetError, match="came 0, "):
        split_at(ten_events(make_dataset), TimeSplit(0, 5))


def test_the_last_wanted_action_is_tested_and_the_one_before_validates(make_dataset) -> None:
    rows = [{"customer_key": 1, "at_ms": t, "item_key": t} for t in range(5)]
    rows.append({"customer_key": 1, "at_ms": 5, "item_key": 5, "action": "hide"})
    rows += [{"customer_key": 2, "at_ms": t, "item_key": t} for t in range(2)]  # too few: only trains
    dataset = make_dataset(rows)
    split = leave_one_out(dataset)
    assert split.train_end.tolist() == [3, 8]
    assert split.before_test.tolist() == [4, 8]
    keys = dataset.catalog.item_key
    assert keys[split.test.truth_rows].tolist() == [4]
    assert keys[split.valid.truth_rows].tolist() == [3]
    assert split.test.history_end.tolist() == [4]


def test_customers_chosen_to_validate_give_up_one_more_training_event(make_dataset) -> None:
    dataset = make_dataset([{"customer_key": c, "at_ms": t, "item_key": t} for c in (1, 2) for t in range(5)])
    split = leave_one_out(dataset, valid_customers=np.array([2]))
    assert (split.train_end - dataset.columns.offsets[:-1]).tolist() == [3, 2]
    assert split.valid.customer.tolist() == [1]
    assert len(split.test) == 2


def test_leave_one_out_needs_three_actions_of_somebody(make_dataset) -> None:
    with pytest.raises(DatasetError, match="at least three wanted actions"):
        leave_one_out(make_dataset([{"customer_key": 1, "at_ms": 1, "item_key": 0}]))


def test_windows_roll_through_time_and_every_event_is_tested_at_most_once(make_dataset) -> None:
    dataset = ten_events(make_dataset)  # one event at each of the moments 0 .. 19
    specs = windows(dataset, 4, SplitSpec(valid_share=0.1, test_share=0.1))  # 2 events each
    tested = [sorted(make_split(dataset, spec).test.at_ms.tolist()) for spec in specs]
    assert tested == [[12, 13], [14, 15], [16, 17], [18, 19]]
    assert [spec.valid_from_ms for spec in specs] == [10, 12, 14, 16]
    last = make_split(dataset, specs[-1])
    assert last.test.at_ms.tolist() == make_split(dataset, SplitSpec()).test.at_ms.tolist()


def test_each_window_trains_on_its_own_past_only(make_dataset) -> None:
    dataset = ten_events(make_dataset)
    for spec in windows(dataset, 5, SplitSpec()):
        split = make_split(dataset, spec)
        trained = np.arange(20) < split.before_test[dataset.columns.customer_of_event()]
        assert dataset.columns.at_ms[trained].max() < split.test.at_ms.min()


def test_windows_together_test_at_most_half_of_the_log(make_dataset) -> None:
    dataset = ten_events(make_dataset)
    specs = windows(dataset, 5, SplitSpec(test_share=0.4))
    assert specs[0].test_from_ms == 10


@pytest.mark.parametrize(
    ("number", "spec"), [(1, SplitSpec()), (3, SplitSpec(kind="leave-one-out")), (40, SplitSpec())]
)
def test_windows_that_cannot_be_are_refused(make_dataset, number, spec) -> None:
    with pytest.raises(DatasetError, match="windows"):
        windows(ten_events(make_dataset), number, spec)
