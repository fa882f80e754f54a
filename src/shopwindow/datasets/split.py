"""Split: what may be learned from, and the requests that judge it."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal

import numpy as np

from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.requests import RequestSet, history_before, requests_of_events
from shopwindow.errors import DatasetError
from shopwindow.schema.arrays import Int64

KINDS: Final = ("temporal", "leave-one-out")
TESTED: Final = 0.5  # of all events, by all windows of a backtest together


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitSpec:
    """How a data set is split; a run stores it, so that its evaluation uses the same test requests.

    temporal: the last `test_share` of events (by time) is tested, the `valid_share` before it validates; or from
    `test_from_ms` and `valid_from_ms` on, where both are given; the test ends before `test_until_ms`, if that is given,
    too. leave-one-out: shares are not read.
    """

    kind: Literal["temporal", "leave-one-out"] = "temporal"
    valid_share: float = 0.1
    test_share: float = 0.1
    valid_from_ms: int | None = None
    test_from_ms: int | None = None
    test_until_ms: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise DatasetError(f"split: expected one of {', '.join(KINDS)}, came {self.kind!r}")
        if (self.valid_from_ms is None) != (self.test_from_ms is None):
            raise DatasetError(
                "expected both moments, valid_from_ms and test_from_ms, or none of them, came one"
            )
        if self.test_until_ms is not None and self.test_from_ms is None:
            raise DatasetError("expected test_from_ms before test_until_ms, came the end alone")


@dataclass(frozen=True, slots=True)
class TimeSplit:
    """Training before `valid_from_ms`, validation up to `test_from_ms`, test from there on, up to `test_until_ms`."""

    valid_from_ms: int
    test_from_ms: int
    test_until_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Split:
    """Customer u trains on events offsets[u] .. train_end[u]-1; choices are made on `valid`, reported on `test`.

    `before_test [U]`: the same with the validation events, for a final fit once all choices are made.
    """

    spec: SplitSpec
    train_end: Int64
    before_test: Int64
    valid: RequestSet
    test: RequestSet


def make_split(dataset: Dataset, spec: SplitSpec) -> Split:
    """The split that `spec` describes.

    Raises:
        DatasetError: a part of the split would be empty.
    """
    if spec.kind == "leave-one-out":
        return leave_one_out(dataset)
    if spec.valid_from_ms is not None and spec.test_from_ms is not None:
        return split_at(dataset, TimeSplit(spec.valid_from_ms, spec.test_from_ms, spec.test_until_ms), spec)
    return split_at(dataset, time_split(dataset, spec.valid_share, spec.test_share), spec)


def time_split(dataset: Dataset, valid_share: float, test_share: float) -> TimeSplit:
    """The moments that leave the last `test_share` of events to the test and `valid_share` to validation.

    Raises:
        DatasetError: the shares are out of range, or time stamps are too coarse for three periods.
    """
    if not (valid_share > 0 and test_share > 0 and valid_share + test_share < 1):
        raise DatasetError(
            f"expected shares above 0 that leave something to train, came {valid_share} and {test_share}"
        )
    times = np.sort(np.asarray(dataset.columns.at_ms))
    if not len(times):
        raise DatasetError("expected events to split, came none; run `shopwindow import`")
    places = [int(len(times) * (1 - share)) for share in (valid_share + test_share, test_share)]
    valid_from, test_from = (int(times[place]) for place in places)
    if not times[0] < valid_from < test_from:
        raise DatasetError(
            f"expected time stamps that tell training, validation and test apart, came {valid_from} and {test_from} "
            f"(first event {times[0]}); use larger shares, or leave-one-out for logs that know only the order"
        )
    return TimeSplit(valid_from, test_from)


def windows(dataset: Dataset, number: int, spec: SplitSpec) -> list[SplitSpec]:
    """Successive test periods with equally many events, the oldest first; each is validated and trained on what lies before.

    Rolling origin: the last window ends with the log, every other where the next one begins. Together they test at most
    half of the log, so that the first model has something to learn from.

    Raises:
        DatasetError: fewer than two windows, a split that knows no times, or time stamps too coarse for so many.

    L. Tashman, "Out-of-sample tests of forecasting accuracy", International Journal of Forecasting 2000.
    """
    if number < 2 or spec.kind != "temporal":
        raise DatasetError(f"expected at least 2 windows of a temporal split, came {number} of {spec.kind}")
    times = np.sort(np.asarray(dataset.columns.at_ms))
    share = min(spec.test_share, TESTED / number)
    places = [int(len(times) * (1 - back * share)) for back in range(number, 0, -1)]
    before = [int(len(times) * (1 - back * share - spec.valid_share)) for back in range(number, 0, -1)]
    if not len(times) or min(before) <= 0:
        raise DatasetError(f"expected events for {number} windows, came {len(times)}; choose fewer")
    starts, valids = times[places].tolist(), times[before].tolist()
    ends = [*starts[1:], None]
    distinct = all(one < other for one, other in pairwise([int(times[0]), valids[0], *starts]))
    if not distinct:
        raise DatasetError(
            f"expected time stamps that tell {number} windows apart, came {starts}; choose fewer"
        )
    return [
        replace(spec, valid_from_ms=valid, test_from_ms=start, test_until_ms=end)
        for valid, start, end in zip(valids, starts, ends, strict=True)
    ]


def split_at(dataset: Dataset, times: TimeSplit, spec: SplitSpec | None = None) -> Split:
    """The split at these moments.

    Raises:
        DatasetError: there is nothing to train on, to validate on or to test on.
    """
    columns = dataset.columns
    if not times.valid_from_ms < times.test_from_ms:
        raise DatasetError(f"expected validation before the test, came {times}")
    at_ms, everyone = np.asarray(columns.at_ms), np.arange(columns.num_customers, dtype=np.int32)
    in_test = at_ms >= times.test_from_ms
    in_valid = (at_ms >= times.valid_from_ms) & ~in_test
    if times.test_until_ms is not None:
        in_test &= at_ms < times.test_until_ms
    found = Split(
        spec=spec
        or SplitSpec(
            valid_from_ms=times.valid_from_ms,
            test_from_ms=times.test_from_ms,
            test_until_ms=times.test_until_ms,
        ),
        train_end=history_before(columns, everyone, np.full(len(everyone), times.valid_from_ms)),
        before_test=history_before(columns, everyone, np.full(len(everyone), times.test_from_ms)),
        valid=requests_of_events(dataset, np.flatnonzero(in_valid)),
        test=requests_of_events(dataset, np.flatnonzero(in_test)),
    )
    trained = int((found.train_end - columns.offsets[:-1]).sum())
    if not (trained and len(found.valid) and len(found.test)):
        raise DatasetError(
            f"expected events to train on and requests to validate and test, came {trained}, "
            f"{len(found.valid)} and {len(found.test)} with {times}"
        )
    return found


def leave_one_out(dataset: Dataset, valid_customers: Int64 | None = None) -> Split:
    """Each customer's last wanted event is tested, the one before it validates, training ends before both.

    Customers with fewer than three wanted events only train. `valid_customers`: keys; only these validate, and
    their training ends one event earlier still, which is the published gSASRec split of ml-1m. Order decides, not time:
    histories end at the tested event.

    Raises:
        DatasetError: no customer has three wanted events.
    """
    columns = dataset.columns
    offsets, end = np.asarray(columns.offsets[:-1]), np.asarray(columns.offsets[1:])
    wanted = np.flatnonzero(dataset.wanted())
    after = np.searchsorted(wanted, end)  # [U] wanted events up to the end of each customer
    chosen = np.flatnonzero(after - np.searchsorted(wanted, offsets) >= 3)
    if not len(chosen):
        raise DatasetError("expected customers with at least three wanted actions, came none")
    test_event, valid_event = wanted[after[chosen] - 1], wanted[after[chosen] - 2]
    train_end, before_test = end.copy(), end.copy()
    before_test[chosen], train_end[chosen] = test_event, valid_event
    judges = np.ones(len(chosen), dtype=np.bool_)
    if valid_customers is not None:
        judges = np.isin(columns.customer_key[chosen], valid_customers)
        train_end[chosen[judges]] = wanted[after[chosen] - 3][judges]
    return Split(
        spec=SplitSpec(kind="leave-one-out"),
        train_end=train_end,
        before_test=before_test,
        valid=single_requests(dataset, chosen[judges], valid_event[judges]),
        test=single_requests(dataset, chosen, test_event),
    )


def single_requests(dataset: Dataset, customer: Int64, event: Int64) -> RequestSet:
    """One request per event, wanting it; the history is all that came before in its customer's sequence."""
    columns = dataset.columns
    return RequestSet(
        customer=customer.astype(np.int32),
        history_end=event.astype(np.int64),
        at_ms=columns.at_ms[event],
        surface=columns.surface[event].astype(np.int32),
        category=dataset.category_node[event],
        query=columns.query[event],
        truth_offsets=np.arange(len(event) + 1, dtype=np.int64),
        truth_rows=dataset.item_row[event],
        truth_gain=dataset.gains[columns.action[event]],
    )
