"""Snapshot: counters in a file, so that a start need not read the whole log. Losing it costs time, nothing else."""

import json
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from shopwindow.durable import publish
from shopwindow.errors import StateError
from shopwindow.features.store import Applied
from shopwindow.features.windowed.events import kinds
from shopwindow.features.windowed.state import WindowedState
from shopwindow.schema.shop import ShopConfig

FORMAT: Final = 1


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """A state, and how far in the log it has come."""

    shop: ShopConfig
    state: WindowedState
    applied: Applied


def write_snapshot(path: Path, snapshot: Snapshot) -> None:
    """Write it under this name in one step; after a crash the file holds the old snapshot or the new, whole."""
    about = {"format": FORMAT, "applied": asdict(snapshot.applied), "kinds": kinds(snapshot.shop)}
    written = path.with_name(f".{path.name}.new")
    with written.open("wb") as file:
        arrays: dict[str, Any] = snapshot.state.to_arrays()
        np.savez(file, about=np.frombuffer(json.dumps(about).encode(), dtype=np.uint8), **arrays)
    publish(written, path)


def read_snapshot(path: Path, shop: ShopConfig) -> Snapshot:
    """The snapshot in this file.

    Raises:
        StateError: there is none, it is damaged, or the shop has other kinds of events by now.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
            arrays = {name: content[name] for name in content.files}
        about = json.loads(arrays.pop("about").tobytes())
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise StateError(f"{path} is no snapshot of counters ({error}): count the log anew") from error
    expected = {"format": FORMAT, "kinds": list(kinds(shop))}
    came = {name: about.get(name) for name in expected}
    if came != expected:
        raise StateError(f"{path}: expected {expected}, came {came}: count the log anew")
    return Snapshot(shop, WindowedState.of_arrays(arrays), Applied(**about["applied"]))
