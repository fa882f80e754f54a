"""SequenceBatch: training examples, a target at every position of a customer's journey.

Legend: B sequences, L actions, positions 0..L; position t has read actions 1..t and predicts action t+1.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from shopwindow.datasets.dataset import Dataset, with_sampled_categories
from shopwindow.datasets.requests import gathered
from shopwindow.features.journey import PADDING, Journey, hours_and_weekdays
from shopwindow.schema.arrays import Bool, Float, Int32, Int64, Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class SequencePlan:
    """How journeys become examples.

    ties "sequence": every action is the target of the one before, whatever the clock says (logs that know the order).
    ties "strict": actions with equal time never predict one another; the target is one of the next strictly later
        ones, drawn anew each epoch.
    every_position (strict only): positions inside a moment predict the moment after it, too, each with a draw of its
        own; otherwise only the last one does. For coarse stamps, where moments hold many actions.
    windows: long journeys are cut into consecutive windows with a random start, so that every action is a target;
        otherwise only the last `max_actions` count.
    sample_category: requests without a category get a drawn one (see `with_sampled_categories`).
    """

    max_actions: int = 100
    ties: Literal["strict", "sequence"] = "strict"
    every_position: bool = False
    windows: bool = True
    sample_category: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SequenceBatch:
    """`target [B, L+1]`: the row that position t should predict, -1 = no loss there; `gain [B, L+1]` of its action."""

    journey: Journey
    target: Rows
    gain: Float

    def __len__(self) -> int:
        return len(self.target)


@dataclass(frozen=True, slots=True, eq=False)
class _Windows:
    """Sequences to be read: customer, first event, number of events (inputs and the last target)."""

    customer: Int32
    first: Int64
    count: Int64


def sequence_batches(
    dataset: Dataset, train_end: Int64, plan: SequencePlan, batch_size: int, rng: np.random.Generator
) -> Iterator[SequenceBatch]:
    """One epoch in random order, sequences of similar length together; equal `rng` state gives equal batches.

    Only events offsets[u] .. train_end[u]-1 are read. A position whose next action is unwanted has no loss; so has
    position 0 of a window that does not begin at the customer's first action.
    """
    if plan.sample_category:
        dataset = with_sampled_categories(dataset, rng)
    target_event = _targets(dataset, train_end, plan, rng)
    windows = _windows(dataset, train_end, plan, rng)
    for places in batches_by_length(windows.count, batch_size, rng):
        yield _batch(dataset, _taken(windows, places), target_event)


def num_batches(dataset: Dataset, train_end: Int64, plan: SequencePlan, batch_size: int) -> int:
    """Batches of one epoch, for progress bars; a random start of windows may make it differ a little."""
    count = np.asarray(train_end) - dataset.columns.offsets[:-1]
    extra = np.maximum(count - 1, 0) // plan.max_actions if plan.windows else 0
    return int(-(-np.sum((count > 0) * (1 + extra)) // batch_size))


def _windows(dataset: Dataset, train_end: Int64, plan: SequencePlan, rng: np.random.Generator) -> _Windows:
    first = np.asarray(dataset.columns.offsets[:-1])
    count = np.asarray(train_end) - first
    customer = np.flatnonzero(count > 0)
    first, count = first[customer], count[customer]
    width = plan.max_actions
    if not plan.windows:
        used = np.minimum(count, width + 1)
        return _Windows(customer.astype(np.int32), first + count - used, used)
    # window k reads actions head + (k-1) * width .. head + k * width: its last one is the next window's first
    head = np.where(count > width + 1, rng.integers(1, width + 1, len(count)), count - 1)
    number = 1 + -(-np.maximum(count - 1 - head, 0) // width)
    of = np.repeat(np.arange(len(count)), number)
    k = np.arange(len(of)) - np.repeat(np.cumsum(number) - number, number)
    start = np.where(k == 0, 0, head[of] + (k - 1) * width)
    stop = np.minimum(head[of] + k * width, count[of] - 1)
    return _Windows(customer[of].astype(np.int32), first[of] + start, stop - start + 1)


def _targets(dataset: Dataset, train_end: Int64, plan: SequencePlan, rng: np.random.Generator) -> Int64:
    """[E] the event that stands as target for whoever predicts event e, -1 for none."""
    columns = dataset.columns
    event, customer = np.arange(columns.num_events), columns.customer_of_event()
    usable = dataset.wanted() & (event < np.asarray(train_end)[customer])
    if plan.ties == "sequence":
        return np.where(usable, event, -1)
    opens = np.ones(len(event), dtype=np.bool_)  # first event of its customer at its time
    opens[1:] = (columns.at_ms[1:] != columns.at_ms[:-1]) | (customer[1:] != customer[:-1])
    group = np.cumsum(opens) - 1
    eligible = np.flatnonzero(usable)
    counts = np.append(np.bincount(group[eligible], minlength=int(opens.sum())), 0)
    starts = np.cumsum(counts) - counts
    wanted = np.where(opens, group, len(counts) - 1)  # the moment to draw from; the last one is empty
    if plan.every_position:
        after = np.append(
            customer[opens][1:] == customer[opens][:-1], False
        )  # [moments] the customer has a later one
        wanted = np.where(opens, group, np.where(after[group], group + 1, len(counts) - 1))
    drawn = starts[wanted] + (rng.random(len(event)) * counts[wanted]).astype(np.int64)
    return np.where(counts[wanted] > 0, eligible[np.minimum(drawn, len(eligible) - 1)], -1)


def batches_by_length(count: Int64, batch_size: int, rng: np.random.Generator) -> list[Int64]:
    """Numbers of sequences of `count [n]` actions per batch: shuffled, then sorted by length within pools of 16 batches to save padding."""
    shuffled = rng.permutation(len(count))
    pool = 16 * batch_size
    pools = [shuffled[start : start + pool] for start in range(0, len(shuffled), pool)]
    ordered = [each[np.argsort(count[each], kind="stable")] for each in pools]
    batches = [
        each[start : start + batch_size] for each in ordered for start in range(0, len(each), batch_size)
    ]
    return [batches[place] for place in rng.permutation(len(batches))]


def _taken(windows: _Windows, places: Int64) -> _Windows:
    return _Windows(windows.customer[places], windows.first[places], windows.count[places])


def _batch(dataset: Dataset, windows: _Windows, target_event: Int64) -> SequenceBatch:
    columns = dataset.columns
    length = windows.count - 1  # the last event of a window is only a target
    width = max(1, int(length.max())) + 1
    places = windows.first[:, None] + np.arange(width)[None, :]
    follows = np.arange(width)[None, :] <= length[:, None]  # [B, L+1] there is a next event
    next_event = np.where(follows, places, 0)
    chosen = np.where(follows, target_event[next_event], -1)
    chosen[:, 0] = np.where(windows.first == columns.offsets[windows.customer], chosen[:, 0], -1)
    same_moment = (chosen >= 0) & (columns.at_ms[np.maximum(chosen, 0)] == columns.at_ms[next_event])
    context = np.where(same_moment, chosen, next_event)  # the request is the target's own
    base = gathered(dataset, windows.customer, places, length + 1)
    hour, weekday = hours_and_weekdays(columns.at_ms[context], dataset.tz_offset_ms)
    journey = replace(
        base,
        item=_without(base.item, length),
        action=_without(base.action, length),
        gap=np.where(np.arange(width - 1)[None, :] < length[:, None], base.gap, np.float32(0)),
        surface=_where(follows, columns.surface[context]),
        category=_where(follows, dataset.category_node[context]),
        query=_where(follows, columns.query[context]),
        hour=_where(follows, hour),
        weekday=_where(follows, weekday),
        length=length.astype(np.int32),
    )
    target = _where(chosen >= 0, dataset.item_row[np.maximum(chosen, 0)])
    gain = np.where(chosen >= 0, dataset.gains[columns.action[np.maximum(chosen, 0)]], np.float32(0))
    return SequenceBatch(journey=journey, target=target, gain=gain)


def _without(values: Int32, length: Int64) -> Int32:
    """Without the entries at or after `length`."""
    return np.where(np.arange(values.shape[1])[None, :] < length[:, None], values, PADDING).astype(np.int32)


def _where(mask: Bool, values: Any) -> Int32:
    return np.where(mask, values, PADDING).astype(np.int32)
