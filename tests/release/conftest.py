"""A small, whole release made by hand: real files of every kind, graphs of a few nodes."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pyarrow as pa
import pytest
from onnx import TensorProto, helper

from shopwindow.features.items import CONTENT, ItemVocabulary
from shopwindow.index.recall import perturbed
from shopwindow.release.graphs import JOURNEY_INPUTS
from shopwindow.release.manifest import Lineage
from shopwindow.release.write import ReleaseParts
from shopwindow.schema.catalog import catalog_of
from shopwindow.schema.items import ITEMS
from shopwindow.schema.shop import ShopConfig

DIM = 8
FLOATS = ("gap", "wait")
Make = Callable[..., ReleaseParts]


def save_graph(path: Path, nodes: list, inputs: dict, outputs: dict) -> Path:
    """Inputs and outputs: name -> (element type, shape)."""
    ends = [
        [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in each.items()]
        for each in (inputs, outputs)
    ]
    graph = helper.make_graph(nodes, path.stem, *ends)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.save(model, path)
    return path


def customer_graph(path: Path, dim: int = DIM) -> Path:
    """The mean of the history's vectors, plus the sum of its gaps: the padding must not matter for a test."""
    shapes = {"country": ["B"], "device": ["B"], "length": ["B"], "action": ["B", "L"], "gap": ["B", "L"]}
    inputs = {
        name: (TensorProto.FLOAT if name in FLOATS else TensorProto.INT64, shapes.get(name, ["B", "L1"]))
        for name in JOURNEY_INPUTS
    }
    inputs = {"item_vectors": (TensorProto.FLOAT, ["B", "L", dim]), **inputs}
    axes = helper.make_tensor("axes", TensorProto.INT64, [1], [1])
    nodes = [
        helper.make_node("Constant", [], ["axes"], value=axes),
        helper.make_node("ReduceMean", ["item_vectors", "axes"], ["customer"], keepdims=0),
    ]
    return save_graph(path, nodes, inputs, {"customer": (TensorProto.FLOAT, ["B", dim])})


def item_graph(path: Path, num_fields: int, dim: int = DIM) -> Path:
    bounds = [("start", 0), ("end", dim), ("axis", 1)]
    nodes = [
        helper.make_node(
            "Constant", [], [name], value=helper.make_tensor(name, TensorProto.INT64, [1], [value])
        )
        for name, value in bounds
    ]
    nodes += [
        helper.make_node("Slice", ["content", "start", "end", "axis"], [name]) for name in ("input", "output")
    ]
    inputs = {"codes": (TensorProto.INT64, ["M", num_fields]), "content": (TensorProto.FLOAT, ["M", CONTENT])}
    return save_graph(
        path, nodes, inputs, {name: (TensorProto.FLOAT, ["M", dim]) for name in ("input", "output")}
    )


def items_table(num_items: int) -> pa.Table:
    paths = ["women/shoes", "women/bags", "men/shoes"]
    rows = [
        {
            "item_key": 2 * key,  # keys need not be rows
            "item_id": f"item-{key}",
            "kind": "product",
            "brand": f"brand-{key % 4}",
            "categories": [paths[key % 3], paths[(key + 1) % 3]] if key % 5 == 0 else [paths[key % 3]],
            "title": f"thing {key}",
            "offers": [{"market": "default", "price_minor": 1_000 + key, "stock": 3}],
            "attributes": [("colour", "red" if key % 2 else "blue")],
            "first_seen_ms": key,
        }
        for key in range(num_items)
    ]
    return pa.Table.from_pylist(rows, schema=ITEMS)


@pytest.fixture
def make_parts(tmp_path: Path) -> Make:
    def make(
        num_items: int = 30, dim: int = DIM, seed: int = 0, shop: ShopConfig | None = None
    ) -> ReleaseParts:
        rng = np.random.default_rng(seed)
        shop = shop or ShopConfig(name="test shop")
        catalog = catalog_of(items_table(num_items))
        vocabulary = ItemVocabulary.of(catalog, shop)
        output = rng.standard_normal((num_items, dim)).astype(np.float32)
        model = {
            "dim": dim,
            "max_actions": 20,
            "action_names": shop.action_names,
            "surface_names": shop.surface_names,
            "category_paths": catalog.categories.paths,
        }
        return ReleaseParts(
            shop=shop,
            catalog=catalog,
            input=rng.standard_normal((num_items + 1, dim)).astype(np.float32),
            output=output,
            popularity=rng.integers(0, 50, num_items).astype(np.float32),
            vocabulary=vocabulary,
            model_json=json.dumps(model),
            customer_graph=customer_graph(tmp_path / f"customer-{dim}.onnx", dim),
            item_graph=item_graph(tmp_path / f"item-{dim}.onnx", len(vocabulary.fields), dim),
            queries=perturbed(output, 20, seed=1),
            lineage=Lineage(
                data="abc", run="small", config={"epochs": 3}, seed=7, metrics={"ndcg@10": 0.125}
            ),
        )

    return make
