"""A small shop on disk, open for business: items in three categories, a release with graphs of a few nodes."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from tests.release.conftest import customer_graph, item_graph

from shopwindow.config import ShopDirectory
from shopwindow.features.items import ItemVocabulary
from shopwindow.index.recall import perturbed
from shopwindow.ingest.identity import open_identity
from shopwindow.release.registry import activate
from shopwindow.release.write import ReleaseParts, write_release
from shopwindow.schema.catalog import catalog_of
from shopwindow.schema.items import ITEMS
from shopwindow.schema.shop import Attribute, Market, ShopConfig, shop_toml

DIM = 8
PATHS = ("women/shoes", "women/bags", "men/shoes")
NOW_MS = 1_760_000_000_000
SHOP = ShopConfig(
    name="tiny",
    attributes=(Attribute(name="colour"),),
    markets=(Market(code="de", currency="EUR"), Market(code="ch", currency="CHF")),
)


@dataclass(frozen=True, kw_only=True)
class TinySpec:
    """`sold_out`: items without stock in "de"; `only_ch`: items that only "ch" offers."""

    num_items: int = 60
    sold_out: tuple[int, ...] = ()
    only_ch: tuple[int, ...] = ()
    seed: int = 0


def item_row(key: int, spec: TinySpec) -> dict[str, Any]:
    """Item `key`: brand key % 4, category key % 3, price 1000 + key; every fifth stands in a second category."""
    stock = 0 if key in spec.sold_out else 3
    offers = [{"market": "ch", "price_minor": 2_000 + key, "stock": None}]
    if key not in spec.only_ch:
        offers.append({"market": "de", "price_minor": 1_000 + key, "stock": stock})
    paths = [PATHS[key % 3], PATHS[(key + 1) % 3]] if key % 5 == 0 else [PATHS[key % 3]]
    return {
        "item_key": key,
        "item_id": f"item-{key}",
        "kind": "product",
        "brand": f"brand-{key % 4}",
        "categories": paths,
        "title": f"thing {key}",
        "picture": f"https://pictures.example/{key}.jpg",
        "offers": offers,
        "attributes": [("colour", "red" if key % 2 else "blue")],
        "first_seen_ms": key,
    }


def release_parts(folder: Path, spec: TinySpec) -> ReleaseParts:
    """Item i has popularity N - i: item-0 is the most popular. Histories read what retrieval scores."""
    rng = np.random.default_rng(spec.seed)
    rows = [item_row(key, spec) for key in range(spec.num_items)]
    catalog = catalog_of(pa.Table.from_pylist(rows, schema=ITEMS))
    vocabulary = ItemVocabulary.of(catalog, SHOP)
    output = rng.standard_normal((spec.num_items, DIM)).astype(np.float32)
    unknown = rng.standard_normal((1, DIM)).astype(np.float32)
    model = {
        "dim": DIM,
        "max_actions": 20,
        "action_names": SHOP.action_names,
        "surface_names": SHOP.surface_names,
        "category_paths": catalog.categories.paths,
    }
    return ReleaseParts(
        shop=SHOP,
        catalog=catalog,
        input=np.concatenate([output, unknown]),
        output=output,
        popularity=(spec.num_items - catalog.item_key).astype(np.float32),
        vocabulary=vocabulary,
        model_json=json.dumps(model),
        customer_graph=customer_graph(folder / "customer.onnx", DIM),
        item_graph=item_graph(folder / "item.onnx", len(vocabulary.fields), DIM),
        queries=perturbed(output, 20, seed=1),
    )


def make_shop(root: Path, spec: TinySpec = TinySpec()) -> ShopDirectory:
    """shop.toml, identity map and an active release."""
    directory = ShopDirectory(root / "shop")
    directory.root.mkdir(parents=True)
    directory.config.write_text(shop_toml(SHOP), encoding="utf-8")
    identity = open_identity(directory.identity)
    identity.item_keys([f"item-{key}" for key in range(spec.num_items)])
    identity.close()
    path = write_release(release_parts(root, spec), directory.releases, created_ms=NOW_MS)
    activate(directory, path.name)
    return directory
