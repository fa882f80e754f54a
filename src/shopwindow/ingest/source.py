"""Source: one file from outside and how to read it, as the caller states it; what is left open is guessed."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from shopwindow.errors import IngestError, SchemaError
from shopwindow.ingest.manifest import TABLES

FORMS: Final = ("csv", "jsonl", "parquet", "sequences")
ENCODINGS: Final = ("utf-8", "latin-1", "utf-16")
SKIP: Final = "-"  # a value mapped to this drops its row on purpose: counted as skipped, not as rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMapping:
    """How the file's columns and values become ours.

    `columns`: (field, column) pairs; "a|b" takes column b where a is empty.
    `values`: (field, the file's value, our value); our value "-" drops the row.
    `constants`: (field, value) for what every row of the file has in common.
    `names`: the columns of a file without a header.
    `form`: csv (any delimiter), jsonl, parquet, or sequences ("customer item item ..." per line).
    `time`: s, ms or us (unix), iso, order (no clock: the n-th event of a customer is at n seconds), or
        a pattern such as "%d.%m.%Y %H:%M"; `year` completes a pattern that has none.
    `category_separator`: of the file's category paths, where it is not the shop's.
    """

    columns: tuple[tuple[str, str], ...] = ()
    values: tuple[tuple[str, str, str], ...] = ()
    constants: tuple[tuple[str, str], ...] = ()
    names: tuple[str, ...] = ()
    form: str | None = None
    delimiter: str | None = None
    encoding: str = "utf-8"
    time: str | None = None
    year: int | None = None
    category_separator: str | None = None

    def __post_init__(self) -> None:
        for name, allowed, value in (("form", FORMS, self.form), ("encoding", ENCODINGS, self.encoding)):
            if value is not None and value not in allowed:
                raise SchemaError(field=name, expected=f"one of {', '.join(allowed)}", came=value)


@dataclass(frozen=True, slots=True)
class Source:
    """A file to import into one of the clean tables.

    Raises:
        IngestError: there is no such table.
    """

    path: Path
    table: str = "actions"
    mapping: FieldMapping = field(default_factory=FieldMapping)

    def __post_init__(self) -> None:
        if self.table not in TABLES:
            raise IngestError(f"expected a table of {', '.join(TABLES)}, came '{self.table}'")


def read_mapping(path: Path, table: str) -> FieldMapping:
    """The [TABLE] part of a mapping file:

        [actions]
        time = "s"
        names = ["user", "item", "behaviour", "stamp"]
        columns = {customer = "user", at = "stamp", action = "behaviour"}
        constants = {surface = "home"}
        values.action = {pv = "click", fav = "wishlist", heartbeat = "-"}

    Raises:
        SchemaError: no such file or part, or a field is unknown or of the wrong kind.
    """
    if not path.is_file():
        raise SchemaError(file=str(path), expected="a mapping file (TOML)", came="no file")
    try:
        parts = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SchemaError(file=str(path), expected="TOML", came=str(error)) from error
    part = parts.get(table)
    if not isinstance(part, dict):
        raise SchemaError(file=str(path), field=table, expected=f"a part [{table}]", came=sorted(parts))
    return _mapping(str(path), table, part)


def _mapping(file: str, table: str, part: Mapping[str, Any]) -> FieldMapping:
    allowed = {each.name for each in fields(FieldMapping)}
    read: dict[str, Any] = {}
    for key, value in part.items():
        label = f"{table}.{key}"
        if key not in allowed:
            raise SchemaError(
                file=file, field=label, expected=f"one of {', '.join(sorted(allowed))}", came=value
            )
        match key:
            case "columns" | "constants":
                read[key] = tuple(_texts(file, label, value).items())
            case "values" if isinstance(value, dict):
                read[key] = tuple(
                    (name, old, new)
                    for name, pairs in value.items()
                    for old, new in _texts(file, f"{label}.{name}", pairs).items()
                )
            case "names" if isinstance(value, list) and all(isinstance(each, str) for each in value):
                read[key] = tuple(value)
            case "year" if isinstance(value, int):
                read[key] = value
            case "form" | "delimiter" | "encoding" | "time" | "category_separator" if isinstance(value, str):
                read[key] = value
            case _:
                raise SchemaError(file=file, field=label, expected=_kind(key), came=value)
    return FieldMapping(**read)


def _texts(file: str, label: str, value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise SchemaError(file=file, field=label, expected="a table of texts", came=value)
    return value


def _kind(key: str) -> str:
    kinds = {"values": "a table per field", "names": "a list of texts", "year": "a whole number"}
    return kinds.get(key, "a text")


def merged(first: FieldMapping, second: FieldMapping) -> FieldMapping:
    """Both mappings; where they differ, `first` counts."""

    def pairs(ours: Sequence[tuple[str, ...]], theirs: Sequence[tuple[str, ...]]) -> tuple[Any, ...]:
        stated = {each[:-1] for each in ours}
        return (*ours, *(each for each in theirs if each[:-1] not in stated))

    return FieldMapping(
        columns=pairs(first.columns, second.columns),
        values=pairs(first.values, second.values),
        constants=pairs(first.constants, second.constants),
        names=first.names or second.names,
        form=first.form or second.form,
        delimiter=first.delimiter or second.delimiter,
        encoding=first.encoding if first.encoding != "utf-8" else second.encoding,
        time=first.time or second.time,
        year=first.year or second.year,
        category_separator=first.category_separator or second.category_separator,
    )
