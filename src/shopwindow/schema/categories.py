"""CategoryTree: category paths in pre-order, so that a subtree is one contiguous range of nodes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np

from shopwindow.schema.arrays import Int32


def clean_path(path: str, separator: str) -> str:
    """The path without empty parts: "/women//boots" is "women/boots"."""
    return separator.join(part for part in path.split(separator) if part)


@dataclass(frozen=True, slots=True, eq=False)
class CategoryTree:
    """Nodes 0..K-1 in pre-order; node 0 is the root "" (the whole shop).

    `paths [K]`, `parent [K]` (root: -1), `end [K]`: the descendants of node k, itself included, are
    nodes k .. end[k]-1.
    """

    separator: str
    paths: tuple[str, ...]
    parent: Int32
    end: Int32

    @classmethod
    def of(cls, paths: Iterable[str], separator: str = "/") -> Self:
        """The tree of these paths and all their ancestors; empty path parts are dropped."""
        parts = {tuple(part for part in path.split(separator) if part) for path in paths}
        nodes = {path[:depth] for path in parts for depth in range(len(path) + 1)} | {()}
        ordered = sorted(nodes)  # tuples sort in pre-order: a prefix comes right before its extensions
        place = {path: node for node, path in enumerate(ordered)}
        parent = np.array([place[path[:-1]] if path else -1 for path in ordered], dtype=np.int32)
        end = np.arange(1, len(ordered) + 1, dtype=np.int32)
        for node in range(len(ordered) - 1, 0, -1):  # children before parents
            end[parent[node]] = max(end[parent[node]], end[node])
        return cls(separator, tuple(separator.join(path) for path in ordered), parent, end)

    def __len__(self) -> int:
        return len(self.paths)

    def clean(self, path: str) -> str:
        """The path as the tree spells it."""
        return clean_path(path, self.separator)

    def ancestors(self, node: int) -> list[int]:
        """The node, its parent, ... down to the root."""
        chain = [node]
        while chain[-1] > 0:
            chain.append(int(self.parent[chain[-1]]))
        return chain

    def codes(self) -> dict[str, int]:
        """Path -> node."""
        return {path: node for node, path in enumerate(self.paths)}
