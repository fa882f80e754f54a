"""The releases of one shop, and the one that serves: releases/active is a file that holds its id."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shopwindow.config import ShopDirectory
from shopwindow.durable import write_durably
from shopwindow.errors import ReleaseError
from shopwindow.release.bundle import load_release
from shopwindow.release.manifest import Manifest, check_sizes, read_manifest

ACTIVE: Final = "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One release directory. `manifest` is None, and `problem` says why, where it cannot be loaded."""

    release_id: str
    path: Path
    active: bool
    manifest: Manifest | None
    problem: str = ""


def releases(shop_dir: ShopDirectory) -> list[Entry]:
    """All releases, newest first; looks at manifests and lengths of files, not at hashes."""
    serving = active(shop_dir)
    entries = [_entry(path, serving) for path in _directories(shop_dir)]
    return sorted(
        entries, key=lambda each: (-(each.manifest.created_ms if each.manifest else 0), each.release_id)
    )


def find(shop_dir: ShopDirectory, release_id: str) -> Path:
    """The directory of a release by its id or the beginning of it.

    Raises:
        ReleaseError: no release, or more than one, has such an id.
    """
    found = (
        [path for path in _directories(shop_dir) if path.name.startswith(release_id)] if release_id else []
    )
    if len(found) != 1:
        names = ", ".join(path.name for path in _directories(shop_dir)) or "none: `shopwindow release build`"
        raise ReleaseError(f"release '{release_id}' fits {len(found)} releases, expected one of {names}")
    return found[0]


def active(shop_dir: ShopDirectory) -> str | None:
    """The id of the release that serves, None where none was activated."""
    path = shop_dir.releases / ACTIVE
    return path.read_text(encoding="utf-8").strip() if path.is_file() else None


def active_path(shop_dir: ShopDirectory) -> Path:
    """The directory of the release that serves.

    Raises:
        ReleaseError: none was activated, or its directory is gone.
    """
    release_id = active(shop_dir)
    if release_id is None:
        raise ReleaseError(
            f"no release is active in {shop_dir.root}: `shopwindow release build`, then `release activate`"
        )
    path = shop_dir.releases / release_id
    if not path.is_dir():
        raise ReleaseError(
            f"the active release {release_id} is gone from {shop_dir.releases}: activate another"
        )
    return path


def activate(shop_dir: ShopDirectory, release_id: str) -> Manifest:
    """Make this release the one that serves, after verifying it. A crash leaves the old or the new one active.

    Raises:
        ReleaseError: it is missing or damaged; the active release stays as it was.
    """
    path = find(shop_dir, release_id)
    manifest = load_release(path, verify=True).manifest
    if manifest.release_id != path.name:
        raise ReleaseError(f"{path.name} holds release {manifest.release_id}: the directory was renamed")
    write_durably(shop_dir.releases / ACTIVE, f"{manifest.release_id}\n".encode())
    return manifest


def _entry(path: Path, serving: str | None) -> Entry:
    is_active = path.name == serving
    try:
        manifest = read_manifest(path)
        check_sizes(path, manifest)
    except ReleaseError as error:
        return Entry(release_id=path.name, path=path, active=is_active, manifest=None, problem=str(error))
    return Entry(release_id=path.name, path=path, active=is_active, manifest=manifest)


def _directories(shop_dir: ShopDirectory) -> list[Path]:
    if not shop_dir.releases.is_dir():
        return []
    return sorted(
        path for path in shop_dir.releases.iterdir() if path.is_dir() and not path.name.startswith(".")
    )
