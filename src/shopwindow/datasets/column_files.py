"""Column files: arrays that grow piece by piece, each a .npy file to be memory-mapped."""

from pathlib import Path
from typing import Any, BinaryIO, Final, Self

import numpy as np

from shopwindow.durable import sync

HEAD_BYTES: Final = 128  # of a .npy file of one dimension, whatever its length


class ColumnFiles:
    """Files NAME.npy in a new folder; complete and on the disk once the `with` block has ended."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, BinaryIO] = {}
        self._lengths: dict[str, int] = {}
        self._types: dict[str, np.dtype[Any]] = {}

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True)
        return self

    def __exit__(self, *_: object) -> None:
        for name, file in self._files.items():
            file.seek(0)
            head = {"descr": self._types[name].str, "fortran_order": False, "shape": (self._lengths[name],)}
            np.lib.format.write_array_header_1_0(file, head)
            assert file.tell() == HEAD_BYTES
            file.close()
            sync(self._folder / f"{name}.npy")

    def append(self, name: str, values: Any) -> None:
        """Add values to the end of an array, whose type is that of the first ones."""
        if name not in self._files:
            self._files[name] = (self._folder / f"{name}.npy").open("wb")
            self._files[name].write(bytes(HEAD_BYTES))
            self._lengths[name], self._types[name] = 0, values.dtype
        self._files[name].write(np.ascontiguousarray(values, self._types[name]).data)
        self._lengths[name] += len(values)
