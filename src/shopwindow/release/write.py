"""write_release: parts in memory -> one directory that appears whole or not at all."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from shopwindow.durable import sync
from shopwindow.errors import ReleaseError
from shopwindow.features.items import ItemVocabulary
from shopwindow.index.recall import GateConfig, Queries
from shopwindow.index.scope import Scope
from shopwindow.index.vectors import Vectors
from shopwindow.release.arrays import check_finite, read_array, write_array
from shopwindow.release.bundle import MODEL, POPULARITY, SHOP, VOCABULARY, load_release
from shopwindow.release.catalog_files import write_catalog
from shopwindow.release.graphs import CUSTOMER, ITEM
from shopwindow.release.index_files import write_index
from shopwindow.release.manifest import NAME, Lineage, Manifest
from shopwindow.schema.arrays import Float
from shopwindow.schema.catalog import Catalog
from shopwindow.schema.shop import ShopConfig, shop_toml

UNFINISHED = ".building-"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReleaseParts:
    """Everything a release holds. N items, width d; arrays may be memory maps.

    `input [N+1, d]`: what a history position reads, the last row for an unknown item; `output [N, d]`: what
    retrieval scores; `popularity [N]`: counts. `customer_graph`, `item_graph`: ONNX files. `model_json`: the text
    of a ModelCard. `queries`: customer vectors to measure recall with.
    """

    shop: ShopConfig
    catalog: Catalog
    input: Float
    output: Float
    popularity: Float
    vocabulary: ItemVocabulary
    model_json: str
    customer_graph: Path
    item_graph: Path
    queries: Queries
    lineage: Lineage = field(default_factory=Lineage)


def write_release(parts: ReleaseParts, into: Path, created_ms: int, gate: GateConfig | None = None) -> Path:
    """Write, verify and publish a release under `into`; returns its directory, named by its content.

    Building the same content again returns the directory that is there (or repairs it, were it damaged). A build
    that fails or is killed leaves at most a hidden directory, which nothing reads.

    Raises:
        ReleaseError: the parts do not fit one another.
    """
    num_items = len(parts.catalog)
    if num_items == 0:
        raise ReleaseError("the shop has no items: import items (or actions) before building a release")
    into.mkdir(parents=True, exist_ok=True)
    with _unfinished(into) as directory:
        _write_parts(parts, directory, gate or GateConfig())
        manifest = Manifest.of(directory, created_ms, num_items, parts.lineage)
        (directory / NAME).write_text(manifest.to_json(), encoding="utf-8")
        load_release(directory, verify=True)
        for path in (*directory.iterdir(), directory):
            sync(path)
        return _published(directory, into / manifest.release_id)


def _write_parts(parts: ReleaseParts, into: Path, gate: GateConfig) -> None:
    check_finite("input", parts.input)
    check_finite("output", parts.output)
    (into / SHOP).write_text(shop_toml(parts.shop), encoding="utf-8")
    (into / MODEL).write_text(parts.model_json, encoding="utf-8")
    (into / VOCABULARY).write_text(parts.vocabulary.to_json(), encoding="utf-8")
    shutil.copyfile(parts.customer_graph, into / CUSTOMER)
    shutil.copyfile(parts.item_graph, into / ITEM)
    write_catalog(parts.catalog, into)
    write_array(into / POPULARITY, parts.popularity, np.float32)
    write_array(into / "input.npy", parts.input, np.float32)
    write_array(into / "output.npy", parts.output, np.float32)
    output = read_array(into / "output.npy", np.float32, (len(parts.catalog), -1))
    vectors = Vectors.of(output, parts.catalog.item_key)
    write_index(into, vectors, parts.queries, gate, category_slices(parts.catalog))


def category_slices(catalog: Catalog) -> list[Scope]:
    """The rows of every category, as they are searched; the root is not among them."""
    return [
        Scope(first=first, last=last, others=catalog.others_of(node))
        for node in range(1, len(catalog.categories))
        for first, last in [catalog.slice_of(node)]
    ]


@contextmanager
def _unfinished(into: Path) -> Iterator[Path]:
    """A hidden directory beside the releases; gone afterwards unless it was published."""
    directory = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=into))
    directory.chmod(0o755)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _published(directory: Path, target: Path) -> Path:
    if target.exists():
        try:
            load_release(target, verify=True)
        except ReleaseError:
            aside = directory.with_name(f"{directory.name}.damaged")
            target.rename(aside)
            shutil.rmtree(aside, ignore_errors=True)
        else:
            return target
    directory.rename(target)
    sync(target.parent)
    return target
