"""TowerVocabulary: what the codes that a trained two-tower reads stand for."""

import json
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch

from shopwindow.datasets.dataset import Dataset
from shopwindow.features.items import ItemVocabulary
from shopwindow.models.context import ContextSizes
from shopwindow.models.item_encoder import ItemInputs, ItemSizes
from shopwindow.schema.arrays import Int32, Int64
from shopwindow.schema.catalog import Catalog
from shopwindow.schema.categories import CategoryTree


@dataclass(frozen=True, eq=False)
class TowerVocabulary:
    """Item fields, the items that have an id of their own, and the codes of context.

    `trained_key [I]`: item keys in the order of the id table. Codes of actions and surfaces are places in the
    shop's configuration; of categories, places in `category_paths`.
    """

    items: ItemVocabulary
    trained_key: Int32
    category_paths: tuple[str, ...]
    action_names: tuple[str, ...]
    surface_names: tuple[str, ...]

    @classmethod
    def of(cls, dataset: Dataset, events: Int64, min_events: int) -> Self:
        """`events [N]`: training events of each catalogue row."""
        catalog, shop = dataset.catalog, dataset.shop
        return cls(
            ItemVocabulary.of(catalog, shop),
            catalog.item_key[events >= min_events],
            catalog.categories.paths,
            shop.action_names,
            shop.surface_names,
        )

    @property
    def item_sizes(self) -> ItemSizes:
        return ItemSizes(ids=len(self.trained_key), fields=self.items.sizes)

    @property
    def context_sizes(self) -> ContextSizes:
        return ContextSizes(
            actions=len(self.action_names),
            surfaces=len(self.surface_names),
            categories=len(self.category_paths),
        )

    def inputs(self, catalog: Catalog) -> ItemInputs:
        """What the item encoder reads of this catalogue: N rows and then one for an item it does not know."""
        features = self.items.encode(catalog.table)
        rows = np.full(len(catalog) + 1, len(self.trained_key), dtype=np.int32)
        order = np.argsort(self.trained_key)
        if len(order):
            place = np.searchsorted(self.trained_key, catalog.item_key, sorter=order)
            own = order[np.minimum(place, len(order) - 1)]
            rows[:-1] = np.where(self.trained_key[own] == catalog.item_key, own, len(order))
        unknown = np.zeros((1, features.codes.shape[1]), dtype=np.int32)
        codes = np.concatenate([features.codes, unknown])
        content = np.concatenate(
            [features.content, np.zeros((1, features.content.shape[1]), dtype=np.float32)]
        )
        return ItemInputs.of(rows, type(features)(codes, content))

    def category_codes(self, tree: CategoryTree) -> Int32:
        """[K] code of each node of a tree: its own, or that of its nearest ancestor that the model knows."""
        known = {path: code for code, path in enumerate(self.category_paths)}
        chains = ([tree.paths[each] for each in tree.ancestors(node)] for node in range(len(tree)))
        return np.array(
            [next((known[path] for path in chain if path in known), -1) for chain in chains], dtype=np.int32
        )

    def card(self) -> dict[str, Any]:
        """The part that fits in JSON; `of_card` takes it back together with `trained_key`."""
        return {
            "items": self.items.to_json(),
            "category_paths": list(self.category_paths),
            "action_names": list(self.action_names),
            "surface_names": list(self.surface_names),
        }

    def kept(self) -> dict[str, Any]:
        """What a file of tensors and plain values holds of it; `of_kept` takes it back."""
        return {
            "card": json.dumps(self.card()),
            "trained_key": torch.from_numpy(self.trained_key.copy()),
        }

    @classmethod
    def of_kept(cls, kept: dict[str, Any]) -> Self:
        return cls.of_card(json.loads(kept["card"]), kept["trained_key"].numpy())

    @classmethod
    def of_card(cls, card: dict[str, Any], trained_key: Int32) -> Self:
        return cls(
            ItemVocabulary.from_json(card["items"]),
            trained_key,
            tuple(card["category_paths"]),
            tuple(card["action_names"]),
            tuple(card["surface_names"]),
        )
