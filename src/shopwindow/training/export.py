"""A trained two-tower as ONNX graphs and item tables: all that a server needs, without torch.

customer.onnx   gathered item vectors and the journey -> customer vector; any batch, any length
item.onnx       codes and content of an item without a trained id -> its two vectors
input.npy       [N+1, d] what histories read; the last row is the unknown item, so that row -1 works
output.npy      [N, d] what is scored
vocabulary.json, model.json
"""

import json
import logging
import warnings
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.export import Dim

from shopwindow.models.context import JourneyTensors
from shopwindow.models.item_encoder import ItemInputs
from shopwindow.models.two_tower import TwoTower
from shopwindow.schema.catalog import Catalog
from shopwindow.training.trained import TrainedTwoTower

_FLOATS: Final = ("gap", "wait")
_PER_ACTION: Final = ("action", "gap")
_PER_CUSTOMER: Final = ("country", "device", "length")


class CustomerGraph(nn.Module):
    """The customer tower as a function of plain arrays."""

    def __init__(self, model: TwoTower) -> None:
        super().__init__()
        self.model = model

    def forward(
        self,
        item_vectors: Tensor,
        action: Tensor,
        gap: Tensor,
        surface: Tensor,
        category: Tensor,
        query: Tensor,
        wait: Tensor,
        hour: Tensor,
        weekday: Tensor,
        country: Tensor,
        device: Tensor,
        length: Tensor,
    ) -> Tensor:
        journey = JourneyTensors(
            action, gap, surface, category, query, wait, hour, weekday, country, device, length
        )
        return self.model.customer(item_vectors, journey)


class ItemGraph(nn.Module):
    """The item tower for an item that has no trained id."""

    def __init__(self, model: TwoTower) -> None:
        super().__init__()
        self.model = model

    def forward(self, codes: Tensor, content: Tensor) -> tuple[Tensor, Tensor]:
        id_row = torch.full_like(codes[:, :1].sum(dim=1), self.model.items.sizes.ids)
        vectors = self.model.encode_items(ItemInputs(id_row, codes, content))
        # every input stays an input of the graph, also of a model that does not read it
        nothing = 0.0 * (content.sum(dim=1, keepdim=True) + codes.sum(dim=1, keepdim=True))
        return vectors.read + nothing, vectors.score + nothing


def export(trained: TrainedTwoTower, catalog: Catalog, into: Path) -> None:
    """Write the graphs, the tables of this catalogue and their vocabularies into the directory `into`."""
    into.mkdir(parents=True, exist_ok=True)
    model = trained.model.cpu().eval()
    _export_customer(model, into / "customer.onnx")
    _export_item(model, into / "item.onnx")
    read, score = trained.tables_of(catalog)
    np.save(into / "input.npy", read.numpy().astype(np.float32))
    np.save(into / "output.npy", score.numpy().astype(np.float32))
    (into / "vocabulary.json").write_text(trained.vocabulary.items.to_json(), encoding="utf-8")
    (into / "model.json").write_text(
        json.dumps(_card(trained), indent=1, ensure_ascii=False), encoding="utf-8"
    )


def _card(trained: TrainedTwoTower) -> dict[str, object]:
    """What a server must know to feed the graphs; codes are places in these lists."""
    vocabulary, run = trained.vocabulary, trained.run
    return {
        "kind": "two-tower",
        "dim": run.model.dim,
        "max_actions": run.plan.max_actions,
        "action_names": list(vocabulary.action_names),
        "surface_names": list(vocabulary.surface_names),
        "category_paths": list(vocabulary.category_paths),
        "fields": list(vocabulary.items.names),
        "content": vocabulary.item_sizes.content,
        "local_context": run.model.journeys.local_context,
        "trained_ids": len(vocabulary.trained_key),
    }


def _export_customer(model: TwoTower, path: Path) -> None:
    batch, length, dim = 2, 5, model.config.dim
    values, shapes = {}, {}
    rows, actions = Dim("B", min=1), Dim("L", min=1)
    values["item_vectors"] = torch.randn(batch, length, dim)
    shapes["item_vectors"] = {0: rows, 1: actions}
    for name in JourneyTensors._fields:
        kind = torch.float32 if name in _FLOATS else torch.int64
        if name in _PER_CUSTOMER:
            values[name], shapes[name] = torch.ones(batch, dtype=kind), {0: rows}
        elif name in _PER_ACTION:
            values[name], shapes[name] = torch.ones(batch, length, dtype=kind), {0: rows, 1: actions}
        else:
            values[name], shapes[name] = torch.ones(batch, length + 1, dtype=kind), {0: rows, 1: actions + 1}
    _write(CustomerGraph(model), values, shapes, ["customer"], path)


def _export_item(model: TwoTower, path: Path) -> None:
    sizes = model.items.sizes
    values = {
        "codes": torch.zeros(2, len(sizes.fields), dtype=torch.int64),
        "content": torch.zeros(2, sizes.content),
    }
    rows = Dim("M", min=1)
    _write(ItemGraph(model), values, {"codes": {0: rows}, "content": {0: rows}}, ["input", "output"], path)


def _write(
    graph: nn.Module,
    values: dict[str, Tensor],
    shapes: dict[str, dict[int, Dim]],
    outputs: list[str],
    path: Path,
) -> None:
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # deprecations inside torch.onnx and onnxscript; not ours to fix
            program = torch.onnx.export(
                graph.eval(),
                kwargs=values,
                input_names=list(values),
                output_names=outputs,
                dynamic_shapes=shapes,
                dynamo=True,
                verbose=False,
            )
            assert program is not None
            for node in program.model.graph.all_nodes():
                node.metadata_props.clear()  # stack traces: they would tell where the code lay, and change the file's hash
            program.save(path)
    finally:
        logger.setLevel(level)
