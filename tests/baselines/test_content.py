import numpy as np
import pyarrow as pa
import pytest

from shopwindow.baselines.content import Content, is_described, words_of_items
from shopwindow.datasets.dataset import dataset_of
from shopwindow.datasets.requests import requests_of_events
from shopwindow.errors import EvaluationError
from shopwindow.schema.catalog import catalog_of
from shopwindow.schema.items import ITEMS


@pytest.fixture
def described(make_dataset, small_shop):
    """Items 0 .. 3: red shoe, red boot, blue lamp, and one without a word."""

    def shop(titles, attributes=((),) * 6):
        dataset = make_dataset([{"customer_key": 1, "at_ms": t, "item_key": t % 3} for t in range(3)])
        rows = [
            dict.fromkeys(ITEMS.names)
            | {"item_key": key, "item_id": f"i{key}", "title": title, "attributes": list(more)}
            for key, (title, more) in enumerate(zip(titles, attributes, strict=False))
        ]
        return dataset_of(small_shop, dataset.columns, catalog_of(pa.Table.from_pylist(rows, ITEMS)))

    return shop


def test_items_that_share_words_with_the_history_come_first(described) -> None:
    dataset = described(["Red shoe", "red boot", "blue lamp", None])
    fitted = Content().fit(dataset, np.asarray(dataset.columns.offsets[1:]))
    scores = fitted.scores(requests_of_events(dataset, np.array([1])))[0]  # after item 0
    assert scores[0] == pytest.approx(1, abs=1e-4)  # an item is like itself
    assert 0.1 < scores[1] < 0.9
    assert scores[[2, 3]] == pytest.approx(0, abs=1e-4)


def test_words_are_those_of_every_field(described) -> None:
    dataset = described(["A b", None], [(("colour", "red"),), ()])
    assert words_of_items(dataset) == [["a", "b", "colour=red"], []]


def test_a_catalogue_without_a_word_is_refused(described) -> None:
    dataset = described([None, None, None])
    assert not is_described(dataset)
    assert is_described(described([None, None, "lamp"]))
    with pytest.raises(EvaluationError, match="import the catalogue first"):
        Content().fit(dataset, np.asarray(dataset.columns.offsets[1:]))
