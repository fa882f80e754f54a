"""Arrays in files: written for memory-mapping, read as memory maps that all workers share."""

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from shopwindow.errors import ReleaseError
from shopwindow.schema.arrays import Float

PART_ROWS: Final = 65_536


def write_array(path: Path, values: NDArray[Any], dtype: DTypeLike) -> None:
    """Save an array row-major, in this type."""
    np.save(path, np.ascontiguousarray(values, dtype=dtype), allow_pickle=False)


def write_transposed(path: Path, rows: Float) -> None:
    """Save `rows [N, d]` as [d, N], row-major, without a second copy in memory."""
    num_rows, dim = rows.shape
    saved = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(dim, num_rows))
    for start in range(0, num_rows, PART_ROWS):
        saved[:, start : start + PART_ROWS] = rows[start : start + PART_ROWS].T
    saved.flush()


def read_array(path: Path, dtype: DTypeLike, shape: tuple[int, ...]) -> NDArray[Any]:
    """A read-only memory map; -1 in `shape` stands for any length.

    Raises:
        ReleaseError: the file is no array, or has another type or shape.
    """
    try:
        values = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except (ValueError, OSError, EOFError) as error:
        raise ReleaseError(f"{path.name} is not an array file: {error}") from error
    fits = len(values.shape) == len(shape) and all(
        want in (-1, came) for want, came in zip(shape, values.shape, strict=True)
    )
    if values.dtype != np.dtype(dtype) or not fits:
        wanted = "x".join("any" if size == -1 else str(size) for size in shape)
        came = "x".join(str(size) for size in values.shape)
        raise ReleaseError(
            f"{path.name} is {values.dtype} {came}, expected {np.dtype(dtype)} {wanted}: "
            "files of different releases are mixed"
        )
    return values


def check_finite(name: str, values: Float) -> None:
    """That a table of vectors can be searched.

    Raises:
        ReleaseError: a value is not finite.
    """
    for start in range(0, len(values), PART_ROWS):
        finite = np.isfinite(values[start : start + PART_ROWS]).all(axis=1)
        if not finite.all():
            row = start + int(np.argmin(finite))
            raise ReleaseError(f"{name}: row {row} is not finite: the model that made it has diverged")
