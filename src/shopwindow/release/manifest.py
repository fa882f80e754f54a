"""Manifest: every file of a release with its hash, and where the release comes from. The id is a hash of both."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from shopwindow.errors import ReleaseError

FORMAT: Final = 1
NAME: Final = "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """What a release was made from, so that it can be made again.

    `data`: fingerprint of the event columns; `run`: name of the training run; `config`, `seed`, `metrics` as the
    run recorded them; `libraries`: versions by name; `note`: what a reader must know, such as made-up vectors.
    """

    data: str = ""
    run: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict)
    code: str = ""
    libraries: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEntry:
    """One file: its sha256 and size."""

    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """`created_ms` is not part of the id: the same content built again is the same release."""

    release_id: str
    created_ms: int
    num_items: int
    files: Mapping[str, FileEntry]
    lineage: Lineage
    format: int = FORMAT

    @classmethod
    def of(cls, directory: Path, created_ms: int, num_items: int, lineage: Lineage) -> Self:
        """The manifest of the files that now lie in `directory`."""
        files = {
            path.name: FileEntry(sha256=sha256_of(path), bytes=path.stat().st_size)
            for path in sorted(directory.iterdir())
            if path.name != NAME
        }
        return cls(
            release_id=_content_id(FORMAT, num_items, files, lineage),
            created_ms=created_ms,
            num_items=num_items,
            files=files,
            lineage=lineage,
        )

    @property
    def total_bytes(self) -> int:
        return sum(entry.bytes for entry in self.files.values())

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def read_manifest(directory: Path) -> Manifest:
    """The manifest of a release directory, its id recomputed.

    Raises:
        ReleaseError: there is none, it is not readable, of another format, or was changed.
    """
    if not directory.is_dir():
        raise ReleaseError(f"{directory}: expected a release directory, came {_kind(directory)}")
    path = directory / NAME
    if not path.is_file():
        raise ReleaseError(f"{directory.name}: {NAME} is missing: not a release, or one half copied")
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        if body["format"] != FORMAT:
            raise ReleaseError(
                f"{directory.name}: format {body['format']}, this version reads {FORMAT}: build it again"
            )
        manifest = Manifest(
            release_id=body["release_id"],
            created_ms=body["created_ms"],
            num_items=body["num_items"],
            files={name: FileEntry(**entry) for name, entry in body["files"].items()},
            lineage=Lineage(**body["lineage"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReleaseError(f"{directory.name}: {NAME} is not readable: {error}") from error
    expected = _content_id(manifest.format, manifest.num_items, manifest.files, manifest.lineage)
    if expected != manifest.release_id:
        raise ReleaseError(f"{directory.name}: {NAME} was changed: its content is that of {expected}")
    return manifest


def check_sizes(directory: Path, manifest: Manifest) -> None:
    """That every file is there in full length.

    Raises:
        ReleaseError: a file is missing or has another length.
    """
    for name, entry in manifest.files.items():
        path = directory / name
        if not path.is_file():
            raise ReleaseError(f"{manifest.release_id}: {name} is missing")
        size = path.stat().st_size
        if size < entry.bytes:
            raise ReleaseError(
                f"{manifest.release_id}: {name} is truncated: {size} bytes, expected {entry.bytes}"
            )
        if size > entry.bytes:
            raise ReleaseError(f"{manifest.release_id}: {name} has {size} bytes, expected {entry.bytes}")


def check_hashes(directory: Path, manifest: Manifest) -> None:
    """That every file is what was written.

    Raises:
        ReleaseError: a file's hash is another one.
    """
    for name, entry in manifest.files.items():
        came = sha256_of(directory / name)
        if came != entry.sha256:
            raise ReleaseError(
                f"{manifest.release_id}: {name} has hash {came[:12]}…, expected {entry.sha256[:12]}…: "
                "it is damaged or of another release"
            )


def sha256_of(path: Path) -> str:
    """The file's sha256, read as a stream."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _content_id(version: int, num_items: int, files: Mapping[str, FileEntry], lineage: Lineage) -> str:
    content = {
        "format": version,
        "num_items": num_items,
        "files": {name: asdict(entry) for name, entry in files.items()},
        "lineage": asdict(lineage),
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _kind(path: Path) -> str:
    return "a file" if path.exists() else "nothing"
