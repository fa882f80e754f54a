"""What the item encoder reads of an item: codes of its metadata and a content vector of its text.

One definition for training, for the release and for an item that arrives while the shop is open. An item's id
is not in here: ids are rows of the model, metadata and text are what a new item has too.
"""

import json
import math
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any, Final, Self

import numpy as np
import pyarrow as pa

from shopwindow.errors import SchemaError
from shopwindow.schema.arrays import Float, Int32
from shopwindow.schema.catalog import Catalog
from shopwindow.schema.shop import ShopConfig

CONTENT: Final = 64
WORD_BUCKETS: Final = 1 << 15
CATEGORY_DEPTHS: Final = 3
UNKNOWN_BUCKETS: Final = 8
MAX_VALUES: Final = 20_000
_WORD: Final = re.compile(r"\w+")
_TEXT_WEIGHT: Final = 0.3  # a word of the description says less than a word of the title


@dataclass(frozen=True, slots=True, eq=False)
class ItemFeatures:
    """`codes [N, F]`: row of each field's own table, 0 = absent. `content [N, C]`: unit length, or all zeros."""

    codes: Int32
    content: Float

    def __len__(self) -> int:
        return len(self.codes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One metadata field. Codes: 0 absent, 1..V the known values, then hash buckets for values never seen."""

    name: str
    values: tuple[str, ...]
    _code: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        code = {value: code for code, value in enumerate(self.values, start=1)}
        object.__setattr__(self, "_code", code)  # once: items that arrive live are encoded one by one

    @property
    def size(self) -> int:
        return 1 + len(self.values) + UNKNOWN_BUCKETS

    def encode(self, values: Sequence[str | None]) -> Int32:
        unknown = len(self.values) + 1
        return np.array(
            [0 if not v else self._code.get(v) or unknown + _hash(v) % UNKNOWN_BUCKETS for v in values],
            dtype=np.int32,
        ).reshape(len(values))


@dataclass(frozen=True, slots=True)
class ItemVocabulary:
    """The fields, with their values, that a model was trained with; a value it does not know is never an error."""

    fields: tuple[Field, ...]
    separator: str = "/"
    text_attributes: tuple[str, ...] = ()

    @classmethod
    def of(cls, catalog: Catalog, shop: ShopConfig) -> Self:
        """The vocabulary of this catalogue: kind, brand, seller, price, category levels, declared attributes.

        A field keeps its MAX_VALUES most frequent values; a field without any value is left out.
        """
        separator = catalog.categories.separator
        columns = dict(_columns(catalog.table, shop, separator))
        fields = [Field(name=name, values=_frequent(column)) for name, column in columns.items()]
        texts = tuple(attribute.name for attribute in shop.attributes if attribute.kind == "text")
        return cls(tuple(field for field in fields if field.values), separator, texts)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Rows that each field's table needs."""
        return tuple(field.size for field in self.fields)

    def encode(self, table: pa.Table) -> ItemFeatures:
        """Features of the items of a table with schema ITEMS, in its order."""
        codes = np.zeros((table.num_rows, len(self.fields)), dtype=np.int32)
        for place, each in enumerate(self.fields):
            codes[:, place] = each.encode(_column(table, each.name, self.separator))
        return ItemFeatures(codes, _content(table, self.text_attributes))

    def to_json(self) -> str:
        fields = [{"name": field.name, "values": list(field.values)} for field in self.fields]
        body = {"separator": self.separator, "text_attributes": list(self.text_attributes), "fields": fields}
        return json.dumps(body, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The vocabulary that `to_json` wrote.

        Raises:
            SchemaError: the text is not such a vocabulary.
        """
        try:
            body = json.loads(text)
            fields = tuple(Field(name=each["name"], values=tuple(each["values"])) for each in body["fields"])
            return cls(fields, body["separator"], tuple(body["text_attributes"]))
        except (KeyError, TypeError, ValueError) as error:
            raise SchemaError(
                expected="an item vocabulary (separator, text_attributes, fields)", came=text[:80]
            ) from error


def _columns(table: pa.Table, shop: ShopConfig, separator: str) -> Iterator[tuple[str, list[str | None]]]:
    names = [
        "kind",
        "brand",
        "seller",
        "price",
        *(f"category_{depth}" for depth in range(1, CATEGORY_DEPTHS + 1)),
    ]
    names += ["category", *(f"attribute:{each.name}" for each in shop.attributes if each.kind == "category")]
    names += [f"number:{each.name}" for each in shop.attributes if each.kind == "number"]
    for name in names:
        yield name, _column(table, name, separator)


def _column(table: pa.Table, name: str, separator: str) -> list[str | None]:
    """The values of one field, one per item, None where absent."""
    family, _, rest = name.partition(":")
    if family == "attribute":
        return [attributes.get(rest) for attributes in _attributes(table)]
    if family == "number":
        return [_magnitude(attributes.get(rest)) for attributes in _attributes(table)]
    if name == "price":
        return [
            _magnitude(offers[0]["price_minor"]) if offers else None
            for offers in table.column("offers").to_pylist()
        ]
    if name.startswith("category"):
        depth = int(name.removeprefix("category_")) if "_" in name else None
        return [_prefix(paths, depth, separator) for paths in table.column("categories").to_pylist()]
    values: list[str | None] = table.column(name).to_pylist()
    return values


def _attributes(table: pa.Table) -> Iterator[Mapping[str, str]]:
    for pairs in table.column("attributes").to_pylist():
        yield dict(pairs or ())


def _prefix(paths: Sequence[str] | None, depth: int | None, separator: str) -> str | None:
    """The first `depth` parts of the primary path (all for None); None where the path is shorter."""
    parts = [part for part in (paths[0] if paths else "").split(separator) if part]
    return separator.join(parts[:depth]) if parts and (depth is None or len(parts) >= depth) else None


def _magnitude(value: Any) -> str | None:
    """A number as its place on a logarithmic scale with two steps per doubling; None where it is no number."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(number):
        return None
    return str(int(math.copysign(round(2 * math.log2(1 + abs(number))), number)))


def _frequent(column: Iterable[str | None]) -> tuple[str, ...]:
    counts = Counter(value for value in column if value)
    kept = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MAX_VALUES]
    return tuple(sorted(value for value, _ in kept))


def _content(table: pa.Table, text_attributes: Sequence[str]) -> Float:
    """Hashed words and word pairs of title and text, through one fixed random projection."""
    content = np.zeros((table.num_rows, CONTENT), dtype=np.float32)
    titles, texts = table.column("title").to_pylist(), table.column("text").to_pylist()
    for row, (title, text, attributes) in enumerate(zip(titles, texts, _attributes(table), strict=True)):
        more = " ".join(filter(None, [text, *(attributes.get(name) for name in text_attributes)]))
        first, second = _terms(title or ""), _terms(more)
        if first or second:
            weights = np.array([1.0] * len(first) + [_TEXT_WEIGHT] * len(second), dtype=np.float32)
            content[row] = weights @ _projection()[first + second]
    norms = np.linalg.norm(content, axis=1, keepdims=True)
    unit: Float = content / np.maximum(norms, 1e-12)
    return unit


def _terms(text: str) -> list[int]:
    words = _WORD.findall(text.lower())
    terms = words + [f"{one} {two}" for one, two in pairwise(words)]
    return [_hash(term) % WORD_BUCKETS for term in dict.fromkeys(terms)]


def _hash(text: str) -> int:
    return zlib.crc32(text.encode())


@cache
def _projection() -> Float:
    """[WORD_BUCKETS, CONTENT] the same on every machine and in every release."""
    rng = np.random.Generator(np.random.PCG64(20240))
    return rng.standard_normal((WORD_BUCKETS, CONTENT)).astype(np.float32)
