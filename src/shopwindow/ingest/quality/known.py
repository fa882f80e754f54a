"""Known: the ids and categories that a shop has imported, to look up what comes next."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from shopwindow.config import ShopDirectory
from shopwindow.ingest.identity import open_identity
from shopwindow.ingest.quality.categories import category_paths
from shopwindow.ingest.quality.clean import Clean, open_clean, rows_of
from shopwindow.schema.categories import clean_path

MAX_CATEGORIES: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """`items`: external ids. `categories`: clean paths, ancestors included. Ids of customers may always be new."""

    items: Collection[str]
    categories: Collection[str]
    separator: str = "/"

    def has_category(self, path: str) -> bool:
        """Whether the catalogue has this path; a catalogue without any has nothing to compare with."""
        return len(self.categories) < 2 or clean_path(path, self.separator) in self.categories


def known_of(shop_dir: ShopDirectory) -> Known:
    """What this shop knows; about 100 bytes of memory per item.

    Raises:
        SchemaError: shop.toml is missing or wrong.
        IngestError: imports.json is damaged.
    """
    with open_clean(shop_dir, 0) as clean:
        categories, separator = categories_of(clean), clean.shop.category_separator
    return Known(items=_items(shop_dir), categories=categories, separator=separator)


def categories_of(clean: Clean) -> frozenset[str]:
    """Every category path of the catalogue and its ancestors."""
    separator = clean.shop.category_separator
    paths = category_paths(clean).select("path").distinct().limit(MAX_CATEGORIES)
    found = {""}
    for row in rows_of(paths):
        parts = row["path"].split(separator)
        found |= {separator.join(parts[:depth]) for depth in range(1, len(parts) + 1)}
    return frozenset(found)


def _items(shop_dir: ShopDirectory) -> frozenset[str]:
    if not shop_dir.identity.exists():
        return frozenset()
    identity = open_identity(shop_dir.identity)
    try:
        return frozenset(identity.item_ids(range(identity.num_items())))
    finally:
        identity.close()
