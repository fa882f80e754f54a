"""LiveShelf: the shelf as of now. The keeper's thread replaces it; requests take it whole."""

import logging
from collections.abc import Sequence
from typing import Final, final

import numpy as np
import pyarrow as pa

from shopwindow.schema.arrays import Float
from shopwindow.schema.live import ItemEvent
from shopwindow.serving.item_encoder import ItemEncoder
from shopwindow.serving.shelf import BaseVectors, Shelf, restocked

LOG: Final = logging.getLogger(__name__)


@final
class LiveShelf:
    """One writer (`restock`), any number of readers (`now`)."""

    def __init__(self, shelf: Shelf, vectors: BaseVectors) -> None:
        self._shelf = shelf
        self._vectors = vectors

    @property
    def now(self) -> Shelf:
        return self._shelf

    def restock(self, events: Sequence[ItemEvent], offset: int) -> None:
        """Take in item records of the log up to `offset`."""
        if events:
            self._shelf = restocked(self._shelf, events, self._vectors, offset)


def forgiving(encoder: ItemEncoder, dim: int) -> "_Forgiving":
    """The encoder, but an item that it cannot encode gets a zero vector: it is shown by popularity alone, not lost."""
    return _Forgiving(encoder, dim)


@final
class _Forgiving:
    def __init__(self, encoder: ItemEncoder, dim: int) -> None:
        self._encoder, self._dim = encoder, dim

    def __call__(self, items: pa.Table) -> tuple[Float, Float]:
        try:
            return self._encoder.vectors(items)
        except Exception:
            LOG.exception("the item model failed on %s", items.column("item_id").to_pylist())
            zeros = np.zeros((items.num_rows, self._dim), dtype=np.float32)
            return zeros, zeros
