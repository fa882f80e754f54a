from typing import Any

import numpy as np
import pytest
from tests.serving.tiny_shop import NOW_MS, TinySpec, item_row

from shopwindow.schema.live import ItemEvent, Offer
from shopwindow.serving.details import details_of, item_ids
from shopwindow.serving.ranking import Ranking
from shopwindow.serving.shelf import Shelf


def as_released(key: int, **fields: Any) -> ItemEvent:
    """The record of an item as the release has it, with some fields changed."""
    row = item_row(key, TinySpec(sold_out=(1,), only_ch=(2,)))
    row |= {"attributes": dict(row["attributes"]), "offers": tuple(Offer(**each) for each in row["offers"])}
    row["categories"] = tuple(row["categories"])
    return ItemEvent(**{**row, "at_ms": NOW_MS, **fields})


def place_keys(shelf: Shelf, path: str | None) -> set[int]:
    """Keys of what the place offers in "de"."""
    place = shelf.place_of(path)
    assert place is not None
    rows = np.concatenate([np.arange(place.first, place.last), place.others, place.tail])
    return set(shelf.item_key[rows[shelf.offers["de"].offered[rows]]].tolist())


def test_a_price_changes_in_place(ranking: Ranking) -> None:
    before = ranking.shelf.now
    ranking.shelf.restock([as_released(4, offers=(Offer(market="de", price_minor=5, stock=0),))], 1)
    after = ranking.shelf.now
    row = int(after.rows_of(np.array([4], dtype=np.int32))[0])
    assert row < after.num_base
    assert after.records == ()
    assert after.offers["de"].price_minor[row] == 5
    assert not after.offers["de"].sellable[row]
    assert not after.offers["ch"].offered[row]
    assert (
        before.offers["de"].price_minor[row] == 1004
    )  # a request that began before goes on with what it saw


def test_an_item_that_moved_keeps_its_vectors_and_counts(ranking: Ranking) -> None:
    before = ranking.shelf.now
    old = int(before.rows_of(np.array([6], dtype=np.int32))[0])
    ranking.shelf.restock([as_released(6, categories=("men/hats",))], 1)
    after = ranking.shelf.now
    row = int(after.rows_of(np.array([6], dtype=np.int32))[0])
    assert row == after.num_base
    assert np.array_equal(after.output[0], ranking.release.output[old])
    assert np.array_equal(after.input[0], ranking.release.input[old])
    assert after.popularity[row] == 60 - 6
    assert place_keys(after, "men/hats") == {6}
    assert place_keys(after, "men") == place_keys(before, "men") | {6}
    assert place_keys(after, "women/shoes") == place_keys(before, "women/shoes") - {6}
    assert place_keys(after, None) == place_keys(before, None)


def test_a_new_item_gets_vectors_from_its_text(ranking: Ranking) -> None:
    new = ItemEvent(item_key=1000, item_id="fresh", at_ms=NOW_MS, title="thing 4", categories=("men",))
    ranking.shelf.restock([new], 1)
    shelf = ranking.shelf.now
    row = int(shelf.rows_of(np.array([1000], dtype=np.int32))[0])
    assert row == shelf.num_base
    assert np.linalg.norm(shelf.output[0]) > 0
    assert item_ids(shelf, np.array([row, 0], dtype=np.int32))[0] == "fresh"
    (found,) = details_of(shelf, np.array([row], dtype=np.int32), "de", NOW_MS)
    assert (found.item, found.title, found.category, found.price_minor) == ("fresh", "thing 4", "men", None)


def test_an_item_changed_twice_takes_one_place(ranking: Ranking) -> None:
    for title in ("one", "two"):
        ranking.shelf.restock([ItemEvent(item_key=1000, item_id="fresh", at_ms=1, title=title)], 1)
    assert [record.title for record in ranking.shelf.now.records] == ["two"]


def test_a_full_tail_takes_no_more_new_items_but_prices_still(ranking: Ranking) -> None:
    events = [ItemEvent(item_key=1000 + n, item_id=f"fresh-{n}", at_ms=1) for n in range(9)]  # room for 8
    ranking.shelf.restock([*events, as_released(4, offers=(Offer(market="de", price_minor=5),))], 1)
    shelf = ranking.shelf.now
    assert shelf.num_free == 0
    rows = shelf.rows_of(np.array([1007, 1008, 4], dtype=np.int32))
    assert rows[0] == shelf.num_base + 7
    assert rows[1] == -1
    assert shelf.offers["de"].price_minor[rows[2]] == 5


def test_an_unknown_category_is_nowhere(ranking: Ranking) -> None:
    assert ranking.shelf.now.place_of("women/shoos") is None


def test_an_item_model_that_fails_loses_no_item(ranking: Ranking, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = ranking.shelf._vectors
    monkeypatch.setattr(vectors.embed, "_encoder", None)
    ranking.shelf.restock([ItemEvent(item_key=1000, item_id="fresh", at_ms=1)], 1)
    assert 1000 in place_keys(ranking.shelf.now, None)


@pytest.mark.parametrize("seed", range(30))
def test_the_shelf_does_not_depend_on_how_records_were_batched(ranking: Ranking, seed: int) -> None:
    rng = np.random.default_rng(seed)
    events = []
    for n in range(12):
        key = int(rng.choice([0, 3, 6, 1000, 1001]))
        paths = [("women/shoes",), ("men/hats",)][int(rng.integers(2))]
        offer = Offer(market="de", price_minor=int(rng.integers(1, 99)), stock=int(rng.integers(0, 2)))
        changed = {"categories": paths, "offers": (offer,)} if rng.random() < 0.7 else {}
        events.append(
            as_released(key, **changed)
            if key < 60
            else ItemEvent(item_key=key, item_id=f"fresh-{key}", at_ms=n, categories=paths, offers=(offer,))
        )
    start = ranking.shelf.now
    ranking.shelf.restock(events, 12)
    at_once = ranking.shelf.now
    ranking.shelf._shelf = start
    for n, event in enumerate(events, start=1):
        ranking.shelf.restock([event], n)
    one_by_one = ranking.shelf.now
    assert at_once.records == one_by_one.records
    for market in ("de", "ch"):
        for name in ("offered", "sellable", "price_minor"):
            assert np.array_equal(
                getattr(at_once.offers[market], name), getattr(one_by_one.offers[market], name)
            )
    assert np.array_equal(at_once.output, one_by_one.output)
    assert np.array_equal(at_once.row_of_key, one_by_one.row_of_key)
