"""Release: one immutable bundle, loaded whole or refused with the reason."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from shopwindow.errors import ReleaseError, SchemaError
from shopwindow.features.items import ItemVocabulary
from shopwindow.index.shop_index import ShopIndex
from shopwindow.release.arrays import read_array
from shopwindow.release.catalog_files import read_catalog
from shopwindow.release.graphs import CUSTOMER, ITEM, check_graphs
from shopwindow.release.index_files import read_index
from shopwindow.release.manifest import Manifest, check_hashes, check_sizes, read_manifest
from shopwindow.release.model_card import ModelCard
from shopwindow.schema.arrays import Float, Int32
from shopwindow.schema.catalog import Catalog
from shopwindow.schema.shop import ShopConfig, read_shop

SHOP: Final = "shop.toml"
MODEL: Final = "model.json"
VOCABULARY: Final = "vocabulary.json"
POPULARITY: Final = "popularity.npy"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Release:
    """What a server needs to rank, all of one build. N items, width d; arrays are read-only memory maps.

    `input [N+1, d]`: what a history position reads; the last row, and so index -1, is the unknown item.
    `output [N, d]`: what retrieval scores; `popularity [N]`: counts in the training events.
    `row_of_key [max key + 1]`: -1 where the catalogue has no such item.
    """

    release_id: str
    path: Path
    manifest: Manifest
    shop: ShopConfig
    catalog: Catalog
    model: ModelCard
    vocabulary: ItemVocabulary
    input: Float
    output: Float
    popularity: Float
    row_of_key: Int32
    index: ShopIndex

    @property
    def customer_graph(self) -> Path:
        """ONNX: gathered item vectors and context -> `customer [B, d]`."""
        return self.path / CUSTOMER

    @property
    def item_graph(self) -> Path:
        """ONNX: an item's codes and content -> its `input` and `output` vectors."""
        return self.path / ITEM


def load_release(path: Path, verify: bool = True) -> Release:
    """The release in this directory.

    `verify` hashes every file (about a second per gigabyte) and opens the graphs; without it lengths, shapes and
    names are checked all the same, so a truncated or mixed release is never loaded.

    Raises:
        ReleaseError: it is missing, damaged, mixed, empty or of another format; the text says which.
    """
    manifest = read_manifest(path)
    if manifest.num_items < 1:
        raise ReleaseError(f"{manifest.release_id}: the shop has no items")
    check_sizes(path, manifest)
    if verify:
        check_hashes(path, manifest)
    try:
        release = _read(path, manifest)
        _check_words(release)
        if verify:
            check_graphs(path, release.model, release.vocabulary)
    except (ReleaseError, SchemaError) as error:
        raise ReleaseError(f"{manifest.release_id}: {error}") from error
    except OSError as error:
        raise ReleaseError(f"{manifest.release_id}: cannot be read: {error}") from error
    return release


def _read(path: Path, manifest: Manifest) -> Release:
    size = manifest.num_items
    model = ModelCard.from_json(_text(path / MODEL))
    catalog = read_catalog(path, size)
    output = read_array(path / "output.npy", np.float32, (size, model.dim))
    return Release(
        release_id=manifest.release_id,
        path=path,
        manifest=manifest,
        shop=read_shop(path / SHOP),
        catalog=catalog,
        model=model,
        vocabulary=ItemVocabulary.from_json(_text(path / VOCABULARY)),
        input=read_array(path / "input.npy", np.float32, (size + 1, model.dim)),
        output=output,
        popularity=read_array(path / POPULARITY, np.float32, (size,)),
        row_of_key=_row_of_key(path, catalog),
        index=read_index(path, output, catalog.item_key),
    )


def _row_of_key(path: Path, catalog: Catalog) -> Int32:
    rows: Int32 = read_array(path / "row_of_key.npy", np.int32, (int(catalog.item_key.max()) + 1,))
    if not np.array_equal(rows[catalog.item_key], np.arange(len(catalog), dtype=np.int32)):
        raise ReleaseError("row_of_key.npy does not lead to the rows of item_key.npy: releases are mixed")
    return rows


def _check_words(release: Release) -> None:
    """That the model was trained for this shop's words: a place in a list is a code."""
    shop, model = release.shop, release.model
    for kind, model_words, shop_words in (
        ("actions", model.action_names, shop.action_names),
        ("surfaces", model.surface_names, shop.surface_names),
    ):
        if model_words != shop_words[: len(model_words)]:
            raise ReleaseError(
                f"the model knows the {kind} {', '.join(model_words)}; {SHOP} has {', '.join(shop_words)}: "
                "words may only be appended; train again"
            )


def _text(path: Path) -> str:
    if not path.is_file():
        raise ReleaseError(f"{path.name} is missing")
    return path.read_text(encoding="utf-8")
