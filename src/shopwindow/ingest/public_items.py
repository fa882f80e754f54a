"""What public sets say of their items and customers -> JSONL files that the importer takes like a shop's own."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from shopwindow.durable import write_durably
from shopwindow.errors import IngestError

AGES = {
    "1": "under 18",
    "18": "18-24",
    "25": "25-34",
    "35": "35-44",
    "45": "45-49",
    "50": "50-55",
    "56": "56+",
}
WITH_YEAR = re.compile(r"(?P<title>.*) \((?P<year>\d{4})\)")


def ml_1m_items(folder: Path, into: Path) -> Path:
    """Title, year, first genre as category (all genres as further ones), plot and poster of each movie."""
    ours = {theirs: sas for sas, theirs in _pairs(folder / "sas_to_original_items.txt")}
    more = {row[0]: row for row in _rows(folder / "movies_extrainfos.dat", "utf-8")}
    records = []
    for movie, name, genres in (row[:3] for row in _rows(folder / "movies.dat", "latin-1")):
        if movie not in ours:
            continue
        found = WITH_YEAR.fullmatch(name)
        extra = more.get(movie, [])
        kinds = genres.split("|")
        record = {
            "item": ours[movie],
            "title": found["title"] if found else name,
            "categories": kinds,
            "attributes": {"genre": kinds[0]} | ({"year": found["year"]} if found else {}),
        }
        if len(extra) == 11:
            record |= {"text": extra[9], "picture": extra[10] if extra[10].startswith("http") else None}
        records.append(record)
    return _written(records, into)


def ml_1m_customers(folder: Path, into: Path) -> Path:
    """Gender, age group and occupation (a code) of each customer."""
    ours = {theirs: sas for sas, theirs in _pairs(folder / "sas_to_original_users.txt")}
    records = (
        {
            "customer": ours[user],
            "attributes": {"gender": gender, "age": AGES.get(age, age), "occupation": occupation},
        }
        for user, gender, age, occupation, *_ in _rows(folder / "users.dat", "latin-1")
        if user in ours
    )
    return _written(records, into)


def s3rec_items(folder: Path, name: str, into: Path) -> Path:
    """Attribute ids of each item; the set does not say what they mean, so the first stands for all."""
    path = _there(folder / f"{name}_item2attributes.json")
    attributes: dict[str, list[int]] = json.loads(path.read_text(encoding="utf-8"))
    records = (
        {"item": item, "attributes": {"first": str(ids[0])} if ids else {}}
        for item, ids in attributes.items()
    )
    return _written(records, into)


def _pairs(path: Path) -> list[tuple[str, str]]:
    rows = (line.split() for line in _there(path).read_text(encoding="utf-8").splitlines() if line.strip())
    return [(first, second) for first, second in rows]


def _rows(path: Path, encoding: str) -> Iterable[list[str]]:
    for line in _there(path).read_text(encoding=encoding, errors="replace").split("\n"):
        if line.strip():
            yield line.rstrip("\r").split("::")


def _there(path: Path) -> Path:
    if not path.is_file():
        raise IngestError(f"{path}: expected a file of the data set, came nothing there; check --data")
    return path


def _written(records: Iterable[Mapping[str, object]], into: Path) -> Path:
    lines = "".join(json.dumps(record, ensure_ascii=False, sort_keys=True) + "\n" for record in records)
    into.parent.mkdir(parents=True, exist_ok=True)
    write_durably(into, lines.encode())
    return into
