"""What is on the disk when a call returns: survives the power being cut, not only the process being killed."""

import os
from pathlib import Path


def write_durably(path: Path, content: bytes) -> None:
    """Give the file this content. After a crash it holds the old content or the new, whole."""
    new = path.with_name(f".{path.name}.new")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync(path.parent)


def publish(written: Path, path: Path) -> None:
    """Give a file that is fully written its name."""
    sync(written)
    written.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Bring a file's content, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
