"""Amazon: reviews as purchases, with what the shop said of its goods.

R. He and J. McAuley, "Ups and Downs: Modeling the Visual Evolution of Fashion Trends", WWW 2016; J. McAuley
et al., "Image-based Recommendations on Styles and Substitutes", SIGIR 2015. Terms: the authors ask to be
cited; they state no licence.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

from shopwindow.ingest.public.hierarchy import paths_of
from shopwindow.ingest.public.opening import HOME, Opening
from shopwindow.ingest.public.published_split import TEST, TRAIN
from shopwindow.ingest.public.records import lines, listed, present, written
from shopwindow.ingest.source import FieldMapping, Source
from shopwindow.schema.shop import Action, ShopConfig, Surface

BOUGHT: Final = (Action(name="purchase", gain=1.0),)
SEARCH: Final = (Surface(name="search", kind="search"),)
RELATIONS: Final = ("also_viewed", "also_bought", "bought_together")


def open_amazon_beauty(opening: Opening) -> ShopConfig:
    """The purchases of s3rec's Beauty, order only, with brand, category paths and related items.

    Related items are the attributes also_viewed, also_bought and bought_together, each a JSON list of ids,
    most of which are not in this set. The titles in the folder are a model's guesses and are left out.
    """
    folder = opening.data / "amazon-beauty"
    shop = ShopConfig(name="amazon-beauty", surfaces=HOME, actions=BOUGHT)
    items = _described(folder / "items.zstd.parquet", RELATIONS, opening.described / "beauty-items.jsonl")
    bought = FieldMapping(
        columns=(("customer", "user"), ("item", "asin"), ("at", "seq")),
        constants=(("action", "purchase"),),
        time="order",
    )
    return opening.take(
        shop, Source(items, "items"), Source(folder / "interactions.zstd.parquet", "actions", bought)
    )


def open_amazon_grocery(opening: Opening) -> ShopConfig:
    """Grocery purchases 2000-2014, days only (midnight UTC); category, complements and substitutes of items.

    Complements and substitutes are attributes, each a JSON list of ids; a category is a number without a name.
    Prepared in the ReChorus library (C. Wang et al., MIT licence).
    """
    folder = opening.data / "amazon-grocery"
    shop = ShopConfig(name="amazon-grocery", surfaces=HOME, actions=BOUGHT)
    described = FieldMapping(
        columns=(
            ("item", "item_id"), ("categories", "i_category"),
            ("attributes.complements", "r_complement"), ("attributes.substitutes", "r_substitute"),
        ),
        delimiter="\t",
    )  # fmt: skip
    bought = FieldMapping(
        columns=(("customer", "user_id"), ("item", "item_id"), ("at", "time")),
        constants=(("action", "purchase"),),
        delimiter="\t",
        time="s",
    )
    return opening.take(
        shop,
        Source(folder / "item_meta.csv", "items", described),
        Source(folder / "train.csv", "actions", bought),
    )


def open_amazon_cellphones_search(opening: Opening) -> ShopConfig:
    """Purchases after a query, no times; the published test is kept; brand and category paths of items.

    A purchase stands once for every query that finds its item. Event ids say which rows are the published
    test (`in_published_test`), which come after a customer's training rows; the order says nothing else.

    Q. Ai et al., "Learning a Hierarchical Embedding Model for Personalized Product Search", SIGIR 2017.
    """
    folder = opening.data / "amazon-cellphones-search"
    shop = ShopConfig(name="amazon-cellphones-search", surfaces=SEARCH, actions=BOUGHT)
    items = _described(folder / "items.zstd.parquet", (), opening.described / "cellphones-items.jsonl")
    bought = written(_purchases(folder), opening.described / "cellphones-purchases.jsonl")
    constants = (("action", "purchase"), ("surface", "search"))
    return opening.take(
        shop,
        Source(items, "items"),
        Source(bought, "actions", FieldMapping(constants=constants, time="order")),
    )


def _described(path: Path, relations: tuple[str, ...], into: Path) -> Path:
    """Brand and category paths of the items of a Parquet file, and their related items."""
    rows = pq.read_table(present(path)).to_pylist()
    paths = paths_of({row["asin"]: row["categories"] or [] for row in rows})
    records = (
        {
            "item": row["asin"],
            "brand": row["brand"],
            "categories": paths[row["asin"]],
            "attributes": {name: listed(row[name]) for name in relations if row[name]},
        }
        for row in rows
    )
    return written(records, into)


def _purchases(folder: Path) -> Iterator[dict[str, object]]:
    """Each line "customer_query 0 item 1" of the two files, train before test; others without an item, to be set aside."""
    queries = lines(folder / "query_text.txt.gz")
    met: dict[str, int] = {}
    for name, prefix in (("train", TRAIN), ("test", TEST)):
        for number, line in enumerate(lines(folder / f"{name}.qrels.gz"), start=1):
            words = line.split()
            customer, _, query = words[0].rpartition("_")
            known = query.isdigit() and int(query) < len(queries)
            met[customer] = met.get(customer, 0) + 1
            yield {
                "event_id": f"{prefix}{number}",
                "customer": customer,
                "item": words[2] if len(words) == 4 and known else None,
                "query": queries[int(query)] if known else query,
                "at": met[customer],
            }
