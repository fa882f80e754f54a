import random
import sqlite3
import threading
from pathlib import Path

import pytest

from shopwindow.errors import StateError
from shopwindow.ingest.identity import open_identity


def test_items_get_keys_from_zero_in_the_order_given(tmp_path: Path) -> None:
    identity = open_identity(tmp_path / "identity.sqlite")
    assert identity.item_keys(["b", "a", "b", "c"]).tolist() == [0, 1, 0, 2]
    assert identity.item_keys(["c", "d", "a"]).tolist() == [2, 3, 1]
    assert identity.item_ids([3, 0]) == ["d", "b"]
    identity.close()


def test_customers_get_random_positive_keys_that_stay(tmp_path: Path) -> None:
    identity = open_identity(tmp_path / "identity.sqlite", random.Random(1).randbytes)
    first = identity.customer_keys([f"c{n}" for n in range(1000)])
    assert (first > 0).all()
    assert len(set(first.tolist())) == 1000
    identity.close()
    again = open_identity(tmp_path / "identity.sqlite")
    assert again.customer_keys([f"c{n}" for n in range(1000)]).tolist() == first.tolist()
    assert again.customer_ids(first[:2].tolist()) == ["c0", "c1"]
    again.close()


def test_a_drawn_key_that_is_taken_is_drawn_again(tmp_path: Path) -> None:
    draws = iter([b"\x02" + bytes(7), b"\x02" + bytes(7), b"\x04" + bytes(7)])
    identity = open_identity(tmp_path / "identity.sqlite", lambda count: next(draws))
    assert identity.customer_keys(["a"]).tolist() == [1]
    assert identity.customer_keys(["b"]).tolist() == [2]
    identity.close()


def test_finding_allocates_nothing(tmp_path: Path) -> None:
    identity = open_identity(tmp_path / "identity.sqlite")
    assert identity.find_items(["a"]).tolist() == [-1]
    assert identity.find_customers(["a"]).tolist() == [-1]
    assert (identity.num_items(), identity.num_customers()) == (0, 0)
    identity.close()


def test_an_unknown_key_is_named(tmp_path: Path) -> None:
    identity = open_identity(tmp_path / "identity.sqlite")
    with pytest.raises(StateError, match=r"expected a key of the identity map's items, came 5"):
        identity.item_ids([5])
    identity.close()


def test_an_empty_id_is_refused_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    identity = open_identity(tmp_path / "identity.sqlite")
    with pytest.raises(StateError, match="non-empty"):
        identity.item_keys(["a", ""])
    assert identity.num_items() == 0
    identity.close()


def test_keys_are_durable_when_the_call_returns(tmp_path: Path) -> None:
    identity = open_identity(tmp_path / "identity.sqlite")
    identity.item_keys(["a"])
    other = sqlite3.connect(tmp_path / "identity.sqlite")  # another connection sees only what is committed
    assert other.execute("SELECT key, id FROM items").fetchall() == [(0, "a")]
    other.close()
    identity.close()


def test_threads_and_connections_agree_on_keys(tmp_path: Path) -> None:
    maps = [open_identity(tmp_path / "identity.sqlite") for _ in range(2)]
    ids = [f"i{n}" for n in range(200)]
    found: list[list[int]] = []

    def ask(place: int) -> None:
        shuffled = random.Random(place).sample(ids, len(ids))
        keys = [int(maps[place % 2].item_keys([each])[0]) for each in shuffled]
        found.append([key for _, key in sorted(zip(shuffled, keys, strict=True))])

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(each == found[0] for each in found)
    assert sorted(found[0]) == list(range(200))
    for each in maps:
        each.close()


def test_a_file_that_is_no_map_is_named(tmp_path: Path) -> None:
    path = tmp_path / "identity.sqlite"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(StateError, match=r"identity\.sqlite: expected an identity map"):
        open_identity(path)
