import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from shopwindow.datasets.requests import journeys
from shopwindow.features.items import ItemVocabulary
from shopwindow.training.export import export
from shopwindow.training.train_two_tower import train
from shopwindow.training.trained import TrainedTwoTower, coded


@pytest.fixture(scope="module", params=[(None, False), (0.05, True)], ids=["plain", "preset"])
def trained(request, dataset, split, run, tmp_path_factory) -> TrainedTwoTower:
    temperature, repeats = request.param
    model = replace(run.model, temperature=temperature, repeats=repeats)
    short = replace(run, epochs=2, model=model)
    return train(dataset, split, short, tmp_path_factory.mktemp("runs") / "exported")


@pytest.fixture(scope="module")
def exported(trained, dataset, tmp_path_factory) -> Path:
    into = tmp_path_factory.mktemp("export")
    export(trained, dataset.catalog, into)
    return into


def feed(trained, dataset, exported, requests) -> dict[str, np.ndarray]:
    """What a server does: gather vectors by row (-1 is the last row), pass the journey on as int64."""
    table = np.load(exported / "input.npy")
    card = json.loads((exported / "model.json").read_text())
    journey = journeys(dataset, requests, card["max_actions"])
    journey = coded(journey, trained.vocabulary.category_codes(dataset.catalog.categories))
    names = ("action", "surface", "category", "query", "hour", "weekday", "country", "device", "length")
    values = {name: getattr(journey, name).astype(np.int64) for name in names}
    return values | {"item_vectors": table[journey.item], "gap": journey.gap, "wait": journey.wait}


def customers(exported, values) -> np.ndarray:
    session = onnxruntime.InferenceSession(exported / "customer.onnx")
    return session.run(["customer"], values)[0]


def test_onnx_runtime_and_torch_agree(trained, dataset, split, exported) -> None:
    requests = split.test.part(0, 16)
    graph = customers(exported, feed(trained, dataset, exported, requests))
    model = trained.customers(journeys(dataset, requests, 8)).numpy()
    assert np.abs(graph - model).max() < 1e-5


def test_a_batch_equals_its_customers_one_by_one(trained, dataset, split, exported) -> None:
    together = customers(exported, feed(trained, dataset, exported, split.test.part(0, 6)))
    for n in range(6):
        alone = customers(exported, feed(trained, dataset, exported, split.test.part(n, n + 1)))
        assert np.abs(together[n] - alone[0]).max() < 1e-5


def test_a_customer_without_history_has_a_vector(trained, dataset, split, exported) -> None:
    requests = split.test.part(0, 1)
    requests.history_end[0] = dataset.columns.offsets[requests.customer[0]]
    values = feed(trained, dataset, exported, requests)
    assert values["item_vectors"].shape[1] == 1
    assert values["length"].tolist() == [0]
    model = trained.customers(journeys(dataset, requests, 8)).numpy()
    assert np.abs(customers(exported, values) - model).max() < 1e-5


def test_codes_that_the_model_does_not_know_are_as_good_as_none(trained, dataset, split, exported) -> None:
    values = feed(trained, dataset, exported, split.test.part(0, 2))
    absent, unknown = ({**values, "surface": np.full_like(values["surface"], code)} for code in (-1, 1000))
    assert np.array_equal(customers(exported, absent), customers(exported, unknown))


def test_item_vectors_of_the_graph_are_those_of_an_item_without_an_id(trained, dataset, exported) -> None:
    vocabulary = ItemVocabulary.from_json((exported / "vocabulary.json").read_text())
    features = vocabulary.encode(dataset.catalog.table)
    session = onnxruntime.InferenceSession(exported / "item.onnx")
    read, score = session.run(
        ["input", "output"], {"codes": features.codes.astype(np.int64), "content": features.content}
    )
    new = int(np.flatnonzero(dataset.catalog.item_key == dataset.num_items - 1)[0])  # has no id either
    assert np.abs(read[new] - np.load(exported / "input.npy")[new]).max() < 1e-5
    assert np.abs(score[new] - np.load(exported / "output.npy")[new]).max() < 1e-5
    assert np.abs(score[0] - np.load(exported / "output.npy")[0]).max() > 1e-3


def test_tables_have_a_row_per_item_and_one_for_the_unknown(trained, dataset, exported) -> None:
    read, score = np.load(exported / "input.npy"), np.load(exported / "output.npy")
    assert read.shape == (dataset.num_items + 1, 16)
    assert score.shape == (dataset.num_items, 16)
    assert np.array_equal(score, trained.tables[1].numpy())
    assert torch.equal(torch.from_numpy(read), trained.tables[0])
