"""Fashion styles: a catalogue of fashion without any customers."""

import csv
from pathlib import Path
from typing import Final

from shopwindow.ingest.public.opening import HOME, Opening
from shopwindow.ingest.public.records import lines, written
from shopwindow.ingest.source import Source
from shopwindow.schema.shop import Attribute, ShopConfig

NAMED: Final = {"gender": "gender", "colour": "baseColour", "season": "season", "usage": "usage"}
PATH: Final = ("masterCategory", "subCategory", "articleType")


def open_fashion_styles(opening: Opening) -> ShopConfig:
    """44,446 fashion products, no actions: title, category path, gender, colour, season, year, usage.

    P. Aggarwal, "Fashion Product Images Dataset", 2019. Terms: as its source states them.
    """
    folder = opening.data / "fashion-styles"
    attributes = (*(Attribute(name=name) for name in NAMED), Attribute(name="year", kind="number"))
    shop = ShopConfig(name="fashion-styles", surfaces=HOME, attributes=attributes)
    return opening.take(shop, Source(_items(folder, opening.described / "styles.jsonl"), "items"))


def _items(folder: Path, into: Path) -> Path:
    rows = csv.DictReader(lines(folder / "styles.csv"))
    titles = lines(folder / "styles_text.csv")[1:]
    records = []
    for row, title in zip(rows, titles, strict=True):
        said = {ours: row[theirs] for ours, theirs in NAMED.items()} | {"year": row["year"]}
        records.append(
            {
                "item": row["id"],
                "title": title,
                "categories": ["/".join(row[name] for name in PATH)],
                "attributes": {name: value for name, value in said.items() if value},
            }
        )
    return written(records, into)
