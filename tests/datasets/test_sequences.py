import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from shopwindow.datasets.sequences import SequencePlan, num_batches, sequence_batches


def one_batch(dataset, plan, seed: int = 0):
    train_end = np.asarray(dataset.columns.offsets[1:])
    (batch,) = sequence_batches(dataset, train_end, plan, 64, np.random.default_rng(seed))
    return batch


def keys(dataset, rows) -> list[int]:
    return [int(dataset.catalog.item_key[row]) if row >= 0 else -1 for row in rows]


def test_every_position_predicts_the_next_action(make_dataset) -> None:
    dataset = make_dataset([{"customer_key": 1, "at_ms": t, "item_key": t} for t in range(4)])
    batch = one_batch(dataset, SequencePlan())
    assert keys(dataset, batch.journey.item[0]) == [0, 1, 2]
    assert keys(dataset, batch.target[0]) == [0, 1, 2, 3]
    assert batch.journey.length.tolist() == [3]


def test_a_single_action_trains_the_start_position(make_dataset) -> None:
    dataset = make_dataset([{"customer_key": 1, "at_ms": 0, "item_key": 4}])
    batch = one_batch(dataset, SequencePlan())
    assert batch.journey.item.tolist() == [[-1]]
    assert keys(dataset, batch.target[0]) == [4, -1]


def test_unwanted_actions_are_read_but_never_predicted(make_dataset) -> None:
    rows = [{"customer_key": 1, "at_ms": t, "item_key": t} for t in range(3)]
    rows[1]["action"] = "hide"
    dataset = make_dataset(rows)
    batch = one_batch(dataset, SequencePlan())
    assert keys(dataset, batch.journey.item[0]) == [0, 1]
    assert keys(dataset, batch.target[0]) == [0, -1, 2]


def test_a_target_carries_the_gain_of_its_action(make_dataset) -> None:
    rows = [{"customer_key": 1, "at_ms": t, "item_key": t} for t in range(3)]
    rows[1]["action"], rows[2]["action"] = "hide", "cart"
    dataset = make_dataset(rows)
    gain = {action.name: action.gain for action in dataset.shop.actions}
    assert one_batch(dataset, SequencePlan()).gain.tolist() == [[gain["click"], 0.0, gain["cart"]]]


def test_order_only_logs_use_every_action_in_order_even_at_equal_times(make_dataset) -> None:
    dataset = make_dataset([{"customer_key": 1, "at_ms": 7, "item_key": t} for t in range(3)])
    batch = one_batch(dataset, SequencePlan(ties="sequence"))
    assert keys(dataset, batch.target[0]) == [0, 1, 2]


def test_strict_ties_are_drawn_from_the_next_moment_anew_each_epoch(make_dataset) -> None:
    rows = [{"customer_key": 1, "at_ms": 0, "item_key": 0}]
    rows += [{"customer_key": 1, "at_ms": 1, "item_key": item, "surface": "home"} for item in (1, 2)]
    rows.append({"customer_key": 1, "at_ms": 1, "item_key": 3, "surface": "search"})
    dataset = make_dataset(rows)
    drawn = set()
    for seed in range(40):
        batch = one_batch(dataset, SequencePlan(), seed)
        target = keys(dataset, batch.target[0])
        assert target[0] == 0
        assert target[2:] == [-1, -1]  # items 1, 2 and 3 came at once: none may predict another
        search = dataset.shop.surface_names.index("search")
        assert (batch.journey.surface[0, 1] == search) == (target[1] == 3)  # the target's own request
        drawn.add(target[1])
    assert drawn == {1, 2, 3}


def test_positions_inside_a_moment_may_predict_the_moment_after_it(make_dataset) -> None:
    rows = [{"customer_key": 1, "at_ms": 0, "item_key": item, "surface": "home"} for item in (0, 1, 2)]
    rows += [{"customer_key": 1, "at_ms": 1, "item_key": item, "surface": "search"} for item in (3, 4)]
    dataset = make_dataset(rows)
    home, search = (dataset.shop.surface_names.index(name) for name in ("home", "search"))
    drawn = set()
    for seed in range(90):
        batch = one_batch(dataset, SequencePlan(every_position=True), seed)
        target = keys(dataset, batch.target[0])
        assert target[0] in (0, 1, 2)
        assert set(target[1:4]) <= {3, 4}
        assert target[4] == -1  # nothing comes after the last moment
        assert batch.journey.surface[0].tolist() == [home, home, home, search, search]
        drawn.add(tuple(target[1:4]))
    assert len(drawn) == 2**3


def test_windows_make_every_action_of_a_long_journey_a_target_once(make_dataset) -> None:
    dataset = make_dataset([{"customer_key": 1, "at_ms": t, "item_key": t % 6} for t in range(23)])
    for seed in range(20):
        batch = one_batch(dataset, SequencePlan(max_actions=5), seed)
        assert batch.journey.item.shape[1] <= 5
        assert int((batch.target >= 0).sum()) == 23
        starts = batch.target[:, 0] >= 0
        assert starts.sum() == 1  # only the first window knows that nothing came before


def test_without_windows_only_the_last_actions_count(make_dataset) -> None:
    dataset = make_dataset([{"customer_key": 1, "at_ms": t, "item_key": t % 6} for t in range(23)])
    batch = one_batch(dataset, SequencePlan(max_actions=5, windows=False))
    assert keys(dataset, batch.journey.item[0]) == [n % 6 for n in range(17, 22)]
    assert keys(dataset, batch.target[0]) == [-1, *(n % 6 for n in range(18, 23))]


def test_events_after_the_end_of_training_are_not_touched(make_dataset) -> None:
    dataset = make_dataset([{"customer_key": c, "at_ms": t, "item_key": t} for c in (1, 2) for t in range(5)])
    train_end = np.asarray(dataset.columns.offsets[:-1]) + np.array([3, 0])
    batches = list(sequence_batches(dataset, train_end, SequencePlan(), 8, np.random.default_rng(0)))
    assert len(batches) == num_batches(dataset, train_end, SequencePlan(), 8) == 1
    assert keys(dataset, batches[0].target[0]) == [0, 1, 2]


def test_equal_seeds_give_equal_epochs_and_every_customer_comes_once(make_dataset) -> None:
    rows = [{"customer_key": c, "at_ms": t, "item_key": (c + t) % 6} for c in range(50) for t in range(c % 7)]
    dataset = make_dataset(rows)
    train_end = np.asarray(dataset.columns.offsets[1:])
    epochs = [
        list(sequence_batches(dataset, train_end, SequencePlan(), 8, np.random.default_rng(3))) for _ in "ab"
    ]
    for first, second in zip(*epochs, strict=True):
        np.testing.assert_array_equal(first.target, second.target)
    assert sum(int((batch.target >= 0).sum()) for batch in epochs[0]) == len(rows)
    assert sum(len(batch) for batch in epochs[0]) == dataset.columns.num_customers


def test_a_sampled_category_never_hides_a_logged_one_and_is_drawn_anew(make_dataset) -> None:
    rows = [{"customer_key": 1, "at_ms": t, "item_key": 0} for t in range(30)]
    dataset = make_dataset([*rows, {"customer_key": 1, "at_ms": 30, "item_key": 0, "category": "b"}])
    plan = SequencePlan(sample_category=True)
    one, two = (one_batch(dataset, plan, seed).journey.category[0] for seed in (1, 2))
    assert one[30] == two[30] == dataset.catalog.categories.codes()["b"]
    assert (one[:30] != two[:30]).any()
    assert set(one[:30]) <= set(
        dataset.catalog.categories.ancestors(dataset.catalog.categories.codes()["a/x"])
    )


@settings(max_examples=150, deadline=None)
@given(
    log=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 6), st.integers(0, 5)), min_size=1, max_size=40),
    max_actions=st.integers(1, 6),
    windows=st.booleans(),
    every_position=st.booleans(),
    seed=st.integers(0, 3),
)
def test_no_strict_target_is_as_early_as_anything_its_position_has_read(
    make_dataset, log, max_actions, windows, every_position, seed
) -> None:
    # The time of an event is its item: items then tell when they happened.
    dataset = make_dataset(
        [{"customer_key": c, "at_ms": 1000 * t, "item_key": t % 6} for c, t, _ in log if t < 6]
    )
    if not dataset.columns.num_events:
        return
    plan = SequencePlan(max_actions=max_actions, windows=windows, every_position=every_position)
    train_end = np.asarray(dataset.columns.offsets[1:])
    time_of = np.append(dataset.catalog.item_key, -1)  # row -> moment, -1 for padding
    for batch in sequence_batches(dataset, train_end, plan, 4, np.random.default_rng(seed)):
        read = np.maximum.accumulate(time_of[batch.journey.item], axis=1)
        latest = np.concatenate([np.full((len(batch), 1), -1), read], axis=1)  # [B, L+1]
        has_loss = batch.target >= 0
        assert (time_of[batch.target][has_loss] > latest[has_loss]).all()
