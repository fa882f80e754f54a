"""Sample: the first records of a file, enough to see its form, columns and values."""

import csv
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from shopwindow.errors import IngestError
from shopwindow.ingest.source import FORMS, FieldMapping

HEAD_BYTES: Final = 1 << 18
MAX_RECORDS: Final = 1000
NAMED: Final = 40  # columns in an error's text
PACKED: Final = {".gz": "gzip", ".zst": "zstd"}
FORM_OF: Final = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".dat": "csv", ".inter": "csv", ".tab": "csv",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip
DELIMITERS: Final = ("::", "\t", ",", ";", "|", " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """`columns`: names in the order of the file; `records`: the first rows as texts, None = empty.

    `header_line`: 0 where the file has none; `delimiter` is empty where the form has none.
    `decimals`: columns that hold floating-point numbers (Parquet), where an id 7 is written 7.0.
    """

    form: str
    columns: tuple[str, ...]
    records: tuple[dict[str, str | None], ...]
    delimiter: str = ""
    header_line: int = 0
    decimals: tuple[str, ...] = ()

    def values(self, column: str) -> list[str]:
        """The non-empty texts of a column."""
        return [text for record in self.records if (text := record.get(column))]


def form_of(path: Path, mapping: FieldMapping) -> str:
    """The form of a file by its name, unless the mapping states it.

    Raises:
        IngestError: the name says nothing.
    """
    if mapping.form:
        return mapping.form
    suffixes = [suffix.lower() for suffix in path.suffixes]
    suffix = next((each for each in reversed(suffixes) if each not in PACKED), "")
    if suffix not in FORM_OF:
        raise IngestError(
            f"{path}: expected a name that ends in {', '.join(FORM_OF)} (or with .gz, .zst after it), "
            f"came '{path.name}'; state the form: --form {'|'.join(FORMS)}"
        )
    return FORM_OF[suffix]


def look(path: Path, mapping: FieldMapping) -> Sample:
    """The first records of the file.

    Raises:
        IngestError: no such file, a folder, an empty file, or not of the form it claims.
    """
    if not str(path).isprintable() and any("\ud800" <= each <= "\udfff" for each in str(path)):
        raise IngestError(f"{str(path)!r}: expected a path in UTF-8, came other bytes; rename the file")
    if path.is_dir():
        raise IngestError(f"{path}: expected a file, came a folder; import its files one by one")
    if not path.is_file():
        raise IngestError(f"{path}: expected a file, came nothing there; check the path")
    form = form_of(path, mapping)
    if path.stat().st_size == 0:
        raise IngestError(f"{path}: expected {form} records, came an empty file; export it again")
    if form == "parquet":
        return _parquet(path)
    lines = _head(path, mapping.encoding)
    match form:
        case "jsonl":
            return _jsonl(path, lines)
        case "sequences":
            return Sample(form="sequences", columns=("customer", "item", "at"), records=())
        case _:
            return _csv(path, lines, mapping)


def _head(path: Path, encoding: str) -> list[str]:
    """The first whole lines of a text file, unpacked and decoded."""
    packing = PACKED.get(path.suffix.lower())
    try:
        with pa.input_stream(str(path), compression=packing) as stream:
            head = stream.read(HEAD_BYTES)
    except OSError as error:
        raise IngestError(f"{path}: expected {packing} data, came {error}; the file is damaged") from error
    if encoding == "utf-8" and head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise IngestError(f"{path}: expected UTF-8 text, came UTF-16; say so: --encoding utf-16")
    if encoding == "utf-8" and b"\x00" in head:
        raise IngestError(
            f"{path}: expected text, came binary data; state another --form, or export it as CSV"
        )
    text = head.decode("utf-8-sig" if encoding == "utf-8" else encoding, errors="replace")
    lines = re.split("\r\n|\n|\r", text)
    if len(head) == HEAD_BYTES and len(lines) > 1:
        lines.pop()  # cut off in the middle
    if not any(line.strip() for line in lines):
        raise IngestError(f"{path}: expected records, came blank lines only; export it again")
    return lines


def _csv(path: Path, lines: list[str], mapping: FieldMapping) -> Sample:
    first = next(number for number, line in enumerate(lines) if line.strip())
    delimiter = mapping.delimiter or _delimiter(path, lines[first])
    if mapping.names:
        columns, header_line = mapping.names, 0
    else:
        columns, header_line = tuple(each.strip() for each in _split(lines[first], delimiter)), first + 1
    _check_once(path, columns, "if the first line is data, name the columns: --names customer,item,...")
    records = []
    for line in lines[header_line or first :]:
        row = _split(line, delimiter)
        if len(row) == len(columns):
            records.append(dict(zip(columns, (text.strip() or None for text in row), strict=True)))
        if len(records) == MAX_RECORDS:
            break
    return Sample(
        form="csv", columns=columns, records=tuple(records), delimiter=delimiter, header_line=header_line
    )


def _check_once(path: Path, columns: Sequence[str], remedy: str) -> None:
    doubled, times = Counter(columns).most_common(1)[0] if columns else ("", 0)
    if times > 1:
        raise IngestError(
            f"{path}: expected each column once, came '{doubled}' {times} times in {shortened(columns)}; {remedy}"
        )


def shortened(columns: Sequence[str]) -> str:
    """The names for an error's text: not all of thousands."""
    more = f", ... ({len(columns):,} in all)" if len(columns) > NAMED else ""
    return ", ".join(columns[:NAMED]) + more


def _split(line: str, delimiter: str) -> list[str]:
    """The fields of a line by itself: a quote left open must not swallow the sample."""
    if len(delimiter) > 1 or delimiter == " ":
        return line.split() if delimiter == " " else line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # a field of more than 128 KiB
        return []


def _delimiter(path: Path, line: str) -> str:
    if ".tsv" in path.suffixes:
        return "\t"
    bare = re.sub(r'"[^"]*"', "", line)
    found = next((each for each in DELIMITERS[:2] if each in bare), None)
    if found:
        return found
    best = max(DELIMITERS[2:-1], key=bare.count)
    return best if best in bare else (" " if " " in bare.strip() else ",")


def _jsonl(path: Path, lines: list[str]) -> Sample:
    records: list[dict[str, str | None]] = []
    columns: dict[str, None] = {}
    for line in lines:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            columns |= dict.fromkeys(record)
            records.append({name: _text(value) for name, value in record.items()})
        if len(records) == MAX_RECORDS:
            break
    if not records:
        start = next(line for line in lines if line.strip())[:60]
        raise IngestError(
            f"{path}: expected one JSON object per line, came {start!r}; write it as JSON lines"
        )
    return Sample(form="jsonl", columns=tuple(columns), records=tuple(records))


def _parquet(path: Path) -> Sample:
    try:
        file = pq.ParquetFile(path)
        schema = file.schema_arrow
        batch = next(file.iter_batches(batch_size=MAX_RECORDS), None)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise IngestError(f"{path}: expected a Parquet file, came {error}; the file is damaged") from error
    _check_once(path, [name.lower() for name in schema.names], "rename one of them; A and a count as one")
    rows = _told(batch).to_pylist() if batch is not None else []
    return Sample(
        form="parquet",
        columns=tuple(schema.names),
        records=tuple({name: _text(value) for name, value in row.items()} for row in rows),
        decimals=tuple(each.name for each in schema if pa.types.is_floating(each.type)),
    )


def _told(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with its times as texts: Arrow knows moments and zones that Python does not."""
    columns = [
        column.cast(pa.timestamp(column.type.unit)).cast(pa.string())
        if pa.types.is_timestamp(column.type)
        else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _text(value: object) -> str | None:
    match value:
        case None | "":
            return None
        case bool():
            return str(value).lower()
        case str():
            return value
        case list() | dict():
            return json.dumps(value, ensure_ascii=False, default=str)
        case _:
            return str(value)
