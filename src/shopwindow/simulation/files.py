"""The simulated shop's files as an outsider would deliver them: external ids, one file per table."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shopwindow.errors import ConfigError
from shopwindow.schema.items import OFFER
from shopwindow.simulation import vocabulary as words
from shopwindow.simulation.arrays import Whole
from shopwindow.simulation.texts import descriptions, item_pictures, titles
from shopwindow.simulation.world import World, spawn

FORMATS: Final = ("parquet", "jsonl")
FLUSH_ROWS: Final = 400_000


class TableFile:
    """One table written part by part, so that memory stays bounded. Use `close`."""

    def __init__(self, path: Path, table_format: str) -> None:
        if table_format not in FORMATS:
            raise ConfigError(f"format: expected one of {', '.join(FORMATS)}, came {table_format!r}")
        self.path = path.with_suffix(f".{table_format}")
        self.num_rows = 0
        self._parquet = table_format == "parquet"
        self._writer: pq.ParquetWriter | None = None
        self.path.unlink(missing_ok=True)

    def write(self, table: pa.Table) -> None:
        """Adds the rows of a table; all parts have the same columns."""
        self.num_rows += table.num_rows
        if not self._parquet:
            self._append_lines(table)
            return
        if self._writer is None:
            coded = [f.name for f in table.schema if pa.types.is_dictionary(f.type)]
            self._writer = pq.ParquetWriter(
                self.path,
                table.schema,
                compression="snappy",
                use_dictionary=coded or False,
                store_schema=False,
            )
        self._writer.write_table(table)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        elif not self.path.exists():
            self.path.touch()

    def _append_lines(self, table: pa.Table) -> None:
        part = self.path.with_suffix(".part")
        with duckdb.connect() as connection:
            connection.register("part", table)
            connection.execute(f"COPY (SELECT * FROM part) TO '{_quoted(part)}' (FORMAT json)")
        with self.path.open("ab") as whole:
            whole.write(part.read_bytes())
        part.unlink()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def coded(places: Whole, names: Sequence[str] | pa.Array) -> pa.DictionaryArray:
    """Names by place, null where the place is -1; repeated texts cost four bytes each."""
    values = names if isinstance(names, pa.Array) else pa.array(list(names), pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(places, pa.int32(), mask=np.asarray(places) < 0), values)


def numbered(prefix: str, numbers: Whole) -> pa.Array:
    """Ids such as p17."""
    return pc.binary_join_element_wise(prefix, pc.cast(pa.array(numbers), pa.string()), "")


def item_ids(world: World) -> pa.Array:
    """[N] ids of all goods."""
    return pa.array([world.goods.item_id(item) for item in range(len(world.goods))], pa.string())


def customer_ids(world: World) -> pa.Array:
    """[U] ids of all customers."""
    return pa.array(
        [world.people.customer_id(customer) for customer in range(len(world.people))], pa.string()
    )


def items_table(world: World) -> pa.Table:
    """The catalogue as its shop would export it; hidden style and quality are not in it."""
    goods, size = world.goods, len(world.goods)
    rng = spawn(world.spec, 4)
    ids = item_ids(world).to_pylist()
    audience = [leaf.path.split("/")[0] for leaf in goods.leaves]
    season = [
        "summer" if swing >= 0.5 else "winter" if swing <= -0.5 else "all year"
        for swing in goods.season.tolist()
    ]
    offers, attributes, categories = [], [], []
    for item in range(size):
        leaf, second = int(goods.leaf[item]), int(goods.second[item])
        offers.append(
            [
                {
                    "market": code,
                    "price_minor": int(goods.price_minor[item, m]),
                    "stock": int(goods.stock[item, m]),
                }
                for m, (code, _, _) in enumerate(words.MARKETS)
                if goods.price_minor[item, m] >= 0
            ]
        )
        attributes.append(
            [
                ("colour", words.COLOUR_NAMES[goods.colour[item]]),
                ("material", words.MATERIAL_NAMES[goods.material[item]]),
                ("pattern", words.PATTERNS[goods.pattern[item]]),
                ("audience", audience[leaf]),
                ("season", season[item]),
            ]
        )
        categories.append([goods.leaves[each].path for each in (leaf, second) if each >= 0])
    sellers = ["Shopwindow & Daughters"] + [
        f"{name} Store" for name in goods.brands.names[: max(len(goods.brands.names) // 5, 1)]
    ]
    seller = np.where(rng.random(size) < 0.6, 0, 1 + goods.brand % (len(sellers) - 1))
    columns: dict[str, Any] = {
        "item": ids,
        "kind": ["product"] * size,
        "parent": [ids[parent] if parent >= 0 else None for parent in goods.parent.tolist()],
        "brand": [goods.brands.names[brand] for brand in goods.brand.tolist()],
        "seller": [sellers[place] for place in seller.tolist()],
        "categories": pa.array(categories, pa.list_(pa.string())),
        "title": list(goods.titles) or titles(goods, rng),
        "text": descriptions(goods, rng),
        "picture": item_pictures(goods),
        "offers": pa.array(offers, pa.list_(OFFER)),
        "attributes": pa.array(attributes, pa.map_(pa.string(), pa.string())),
        "first_seen": goods.first_seen_ms,
    }
    return pa.table(columns)


def customers_table(world: World) -> pa.Table:
    """Customers as a shop knows them: country, age band, gender, department; tastes and means are not in it."""
    people, size = world.people, len(world.people)
    known = [not guest for guest in people.guest.tolist()]
    attributes = [
        [
            ("age", words.AGES[people.age[u]]),
            ("gender", words.GENDERS[people.gender[u]]),
            ("department", words.DEPARTMENTS[people.department[u]]),
        ]
        if known[u]
        else []
        for u in range(size)
    ]
    return pa.table(
        {
            "customer": customer_ids(world),
            "country": [words.COUNTRIES[place][0] for place in people.country.tolist()],
            "attributes": pa.array(attributes, pa.map_(pa.string(), pa.string())),
            "consent": people.consent,
        }
    )
