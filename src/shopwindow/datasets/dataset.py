"""Dataset: event columns seen through one catalogue: items as rows, categories as nodes."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow.compute as pc

from shopwindow.config import ShopDirectory
from shopwindow.datasets.build_columns import current_columns
from shopwindow.datasets.columns import EventColumns
from shopwindow.errors import DatasetError
from shopwindow.features.journey import standard_offset_ms
from shopwindow.ingest.tables import read_items
from shopwindow.schema.arrays import Bool, Float, Int32, Int64, Rows
from shopwindow.schema.catalog import Catalog, catalog_of
from shopwindow.schema.shop import ShopConfig, read_shop


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dataset:
    """All that examples are made from.

    `item_row [E]`: row in `catalog`, -1 where the catalogue does not know the item.
    `category_node [E]`: node in `catalog.categories` of the request's category, -1 where none is known.
    `tz_offset_ms`: the shop's standard time minus UTC.
    """

    shop: ShopConfig
    columns: EventColumns
    catalog: Catalog
    item_row: Rows
    category_node: Int32
    tz_offset_ms: int

    @property
    def gains(self) -> Float:
        """[A] gain of each action of the shop."""
        return np.array([action.gain for action in self.shop.actions], dtype=np.float32)

    @property
    def num_items(self) -> int:
        return len(self.catalog)

    def wanted(self) -> Bool:
        """[E] events that count as positive examples: a gain above 0 and an item of the catalogue."""
        return (self.gains[self.columns.action] > 0) & (self.item_row >= 0)

    def wanted_before(self, train_end: Int64) -> Bool:
        """[E] events that count as positive examples and stand before `train_end [U]`."""
        event = np.arange(self.columns.num_events)
        return self.wanted() & (event < np.asarray(train_end)[self.columns.customer_of_event()])

    def item_counts(self, events: Bool) -> Int64:
        """[N] number of these events per item; `events [E]` must have items of the catalogue only."""
        return np.bincount(self.item_row[events], minlength=self.num_items)

    def brand_codes(self) -> Int32:
        """[N] a code per brand, -1 where none is known."""
        brand = self.catalog.table.column("brand")
        codes: Int32 = pc.index_in(brand, value_set=pc.drop_null(pc.unique(brand))).fill_null(-1).to_numpy()
        return codes.astype(np.int32)

    @property
    def has_request_categories(self) -> bool:
        """Some event knows the category of the request that it answers."""
        return bool((self.category_node >= 0).any())


def dataset_of(shop: ShopConfig, columns: EventColumns, catalog: Catalog) -> Dataset:
    """The data set of these columns and this catalogue."""
    node_of = catalog.categories.codes()
    nodes = [node_of.get(catalog.categories.clean(path), -1) for path in columns.category_paths]
    category_node = np.array([*nodes, -1], dtype=np.int32)[columns.category]
    return Dataset(
        shop=shop,
        columns=columns,
        catalog=catalog,
        item_row=catalog.rows_of(np.asarray(columns.item_key)),
        category_node=category_node,
        tz_offset_ms=standard_offset_ms(shop.time_zone),
    )


def load_dataset(shop_dir: ShopDirectory) -> Dataset:
    """The data set of an imported shop; its columns are brought up to date first.

    Raises:
        DatasetError: nothing was imported yet.
        SchemaError: shop.toml cannot be read.
    """
    shop = read_shop(shop_dir.config)
    columns = current_columns(shop_dir, shop)
    if not columns.num_events:
        raise DatasetError(f"{shop_dir.root}: expected imported actions, came none; run `shopwindow import`")
    return dataset_of(shop, columns, catalog_of(read_items(shop_dir), shop.category_separator))


def with_sampled_categories(dataset: Dataset, rng: np.random.Generator) -> Dataset:
    """The same data with a category context drawn for every event whose request knows none.

    For logs without requests: uniform over the ancestors of the item's primary category, the whole shop and the
    category itself included. Taking the item's own category would give the answer away.
    """
    return replace(dataset, category_node=sampled_categories(dataset, rng))


def sampled_categories(dataset: Dataset, rng: np.random.Generator) -> Int32:
    """[E] `category_node` with a drawn ancestor of the item's primary category where it is -1."""
    tree = dataset.catalog.categories
    chains = [tree.ancestors(node) for node in range(len(tree))]
    depth = np.array([len(chain) for chain in chains], dtype=np.int64)
    padded = np.zeros((len(tree), int(depth.max())), dtype=np.int32)
    for node, chain in enumerate(chains):
        padded[node, : len(chain)] = chain
    known = dataset.item_row >= 0
    own = np.where(known, dataset.catalog.category[np.where(known, dataset.item_row, 0)], 0)
    step = (rng.random(len(own)) * depth[own]).astype(np.int64)
    return np.where(dataset.category_node >= 0, dataset.category_node, padded[own, step])
