"""Records: a set's files line by line, and the JSONL files that the importer takes like a shop's own."""

import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from shopwindow.durable import write_durably
from shopwindow.errors import IngestError


def present(path: Path) -> Path:
    """The path, if it is a file.

    Raises:
        IngestError: it is not.
    """
    if not path.is_file():
        raise IngestError(f"{path}: expected a file of the data set, came nothing there; check --data")
    return path


def lines(path: Path, encoding: str = "utf-8") -> list[str]:
    """The lines of a text file (.gz: unpacked) that are not blank, without their ends.

    Raises:
        IngestError: there is no such file.
    """
    content = present(path).read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode(encoding, errors="replace")
    return [line.rstrip("\r") for line in text.split("\n") if line.strip()]


def written(records: Iterable[Mapping[str, object]], into: Path) -> Path:
    """The path of a JSONL file with these records, replaced in one step."""
    text = "".join(json.dumps(record, ensure_ascii=False, sort_keys=True) + "\n" for record in records)
    into.parent.mkdir(parents=True, exist_ok=True)
    write_durably(into, text.encode())
    return into


def listed(ids: Iterable[object]) -> str:
    """Several ids as the text of one attribute: a JSON list."""
    return json.dumps([str(each) for each in ids])
