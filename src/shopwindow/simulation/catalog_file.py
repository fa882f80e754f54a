"""A real catalogue as the goods of a simulated shop: its columns are found by name, bad rows are set aside with a reason."""

import glob
import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from shopwindow.errors import ConfigError

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "title": ("title", "name", "productdisplayname", "product_name"),
    "audience": ("audience", "gender", "department"),
    "group": ("subcategory", "sub_category", "group"),
    "kind": ("articletype", "article_type", "kind", "category", "categories"),
    "colour": ("colour", "color", "basecolour", "base_colour"),
    "season": ("season",),
    "brand": ("brand",),
    "price": ("price",),
    "top": ("mastercategory", "master_category"),
}
"""What a row says -> the headings that say it, in small letters. Needed: title and kind; the rest is drawn where it is absent."""
AUDIENCES: Final[Mapping[str, str]] = {
    "women": "women", "woman": "women", "female": "women", "girls": "kids", "girl": "kids", "boys": "kids", "boy": "kids",
    "kids": "kids", "men": "men", "man": "men", "male": "men", "unisex": "unisex", "home": "home", "": "unisex",
}  # fmt: skip
SEASONS: Final[Mapping[str, float]] = {
    "summer": 0.8,
    "spring": 0.3,
    "fall": -0.3,
    "autumn": -0.3,
    "winter": -0.8,
}
FOR_WHOM: Final = re.compile(r"\b(men|women|boys?|girls?|kids?|unisex|man|woman)('s|s')?\b", re.IGNORECASE)
ABSENT: Final = {"", "na", "nan", "none", "null"}
KNOWN_BRAND: Final = 5  # titles
SCHEMA: Final = pa.schema(
    [
        ("title", pa.string()),
        ("path", pa.string()),
        ("second", pa.string()),
        ("brand", pa.string()),
        ("colour", pa.string()),
        ("season", pa.float64()),
        ("price", pa.float64()),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """Rows of a catalogue in the form of SCHEMA (colour "" and season or price null: not said), and what was set aside.

    `path`, `second`: categories of three levels that begin with the department; `second` is "" or where it is also listed.
    """

    rows: pa.Table
    set_aside: Mapping[str, int]

    def __len__(self) -> int:
        return int(self.rows.num_rows)

    @property
    def fingerprint(self) -> str:
        """Hash of the rows."""
        return hashlib.sha256(json.dumps(self.rows.to_pylist(), sort_keys=True).encode()).hexdigest()[:16]

    def sample(self, count: int, seed: int) -> "Catalog":
        """So many of the rows at random, in their order; all of them where there are fewer."""
        chosen = np.random.default_rng(seed).permutation(len(self))[:count]
        return Catalog(rows=self.rows.take(pa.array(np.sort(chosen))), set_aside=self.set_aside)


def read_catalog(paths: Sequence[Path]) -> Catalog:
    """The catalogue of a CSV or Parquet file; further files have further columns of the same lines.

    Raises:
        ConfigError: a file is missing or unreadable, or no column says what an item is called or what kind it is.
    """
    try:
        with duckdb.connect() as connection:
            table = connection.sql(
                "SELECT * FROM " + " POSITIONAL JOIN ".join(_source(path) for path in paths)
            ).to_arrow_table()
    except (duckdb.Error, OSError) as error:
        raise ConfigError(f"catalogue: expected CSV or Parquet files, came {error}") from error
    found = _columns(table.column_names)
    values = {name: table.column(place).to_pylist() for name, place in found.items()}
    kept, aside = [], Counter[str]()
    for row in zip(*values.values(), strict=True):
        read = _row({name: _text(value) for name, value in zip(values, row, strict=True)})
        if isinstance(read, str):
            aside[read] += 1
        else:
            kept.append(read)
    if "brand" not in found:
        _settle_brands(kept)
    if not kept:
        raise ConfigError(f"catalogue: expected rows to sell, came none of {table.num_rows}: {dict(aside)}")
    return Catalog(rows=pa.Table.from_pylist(kept, SCHEMA), set_aside=dict(aside))


def write_catalog(catalog: Catalog, path: Path) -> None:
    """Keeps the rows for `load_catalog`."""
    pq.write_table(catalog.rows, path)


def load_catalog(path: Path) -> Catalog:
    """Rows that `write_catalog` kept.

    Raises:
        ConfigError: there is no such file.
    """
    if not path.is_file():
        raise ConfigError(f"{path}: expected the catalogue that this world was made from, came no file")
    return Catalog(rows=pq.read_table(path), set_aside={})


def _source(path: Path) -> str:
    quoted = glob.escape(str(path)).replace("'", "''")  # a path, no pattern
    if path.suffix == ".parquet":
        return f"read_parquet('{quoted}')"
    return f"read_csv('{quoted}', header=true, all_varchar=true, null_padding=true)"


def _columns(headings: Sequence[str]) -> dict[str, int]:
    lowered = [heading.strip().lower().replace(" ", "_") for heading in headings]
    found = {}
    for name, aliases in COLUMNS.items():
        places = [lowered.index(alias) for alias in aliases if alias in lowered]
        if places:
            found[name] = places[0]
    for needed in ("title", "kind"):
        if needed not in found:
            raise ConfigError(
                f"catalogue: expected a column for the {needed} ({', '.join(COLUMNS[needed])}), came {', '.join(headings)}"
            )
    return found


def _text(value: object) -> str:
    text = " ".join(str(value).split()) if value is not None else ""
    return "" if text.lower() in ABSENT else text


def _row(said: Mapping[str, str]) -> dict[str, Any] | str:
    """One row of SCHEMA, or why there is none."""
    title, kind = said["title"], said["kind"].lower().replace(">", "/").split("/")[-1].strip()
    if not title:
        return "no title"
    if title.lower() in COLUMNS["title"]:
        return "a heading among the rows"
    if not kind:
        return "no category"
    if said.get("top", "").lower().startswith("free"):
        return "not for sale"
    audience = AUDIENCES.get(said.get("audience", "").lower())
    if audience is None:
        return "unknown audience"
    if said.get("top", "").lower().startswith("home"):
        audience = "home"
    try:
        price = float(said["price"]) if said.get("price") else None
    except ValueError:
        return "unreadable price"
    if price is not None and not 0.0 < price < 1e7:
        return "price out of range"
    group = (said.get("group") or said.get("top") or kind).lower().replace("/", " ")
    first, *more = ("women", "men") if audience == "unisex" else (audience,)
    return {
        "title": title,
        "path": f"{first}/{group}/{kind}",
        "second": f"{more[0]}/{group}/{kind}" if more else "",
        "brand": said.get("brand") or _before_whom(title),
        "colour": said.get("colour", "").lower(),
        "season": SEASONS.get(said.get("season", "").lower()),
        "price": price,
    }


def _before_whom(title: str) -> str:
    """Up to three words before whom the item is for, which are its brand more often than not; else the first word."""
    whom = FOR_WHOM.search(title)
    before = title[: whom.start()].split() if whom else []
    return " ".join(before) if 0 < len(before) <= 3 else title.split()[0]


def _settle_brands(rows: list[dict[str, Any]]) -> None:
    """Brands read from titles count once they were read often; other titles begin with one of those, or with a word."""
    often = {brand for brand, count in Counter(row["brand"] for row in rows).items() if count >= KNOWN_BRAND}
    for row in rows:
        if row["brand"] in often:
            continue
        first = row["title"].split()[:3]
        starts = [" ".join(first[:length]) for length in range(len(first), 0, -1)]
        row["brand"] = next((start for start in starts if start in often), first[0])
