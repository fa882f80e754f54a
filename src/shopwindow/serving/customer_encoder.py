"""The customer tower at request time: ONNX Runtime on one thread, item vectors gathered from the release and the tail."""

from dataclasses import dataclass
from typing import Any, Final, Self, final

import numpy as np

from shopwindow.errors import ContractError
from shopwindow.features.journey import Journey
from shopwindow.schema.arrays import Float, Rows
from shopwindow.serving.shelf import Shelf

WHOLE_FIELDS: Final = (
    "action", "surface", "category", "query", "hour", "weekday", "country", "device", "length",
)  # fmt: skip
REAL_FIELDS: Final = ("gap", "wait")


@final
@dataclass(frozen=True, slots=True, eq=False)
class CustomerEncoder:
    """`session`: customer.onnx. `input [N+1, d]`: what a history position reads of an item; the last row is "unknown".

    `takes`: the journey's fields that this graph has an input for.
    """

    session: Any
    input: Float
    takes: frozenset[str]

    @classmethod
    def of(cls, session: Any, table: Float) -> Self:
        """The encoder of an open graph."""
        return cls(session, table, frozenset(each.name for each in session.get_inputs()))

    def vector(self, journey: Journey, shelf: Shelf) -> Float:
        """[d] of a batch of one; see `vectors`."""
        vector: Float = self.vectors(journey, shelf)[0]
        return vector

    def vectors(self, journey: Journey, shelf: Shelf) -> Float:
        """[B, d].

        Raises:
            ContractError: the model's answer is not one finite vector per customer.
        """
        feeds: dict[str, Any] = {"item_vectors": self._item_vectors(journey.item, shelf)}
        for name in WHOLE_FIELDS:
            if name in self.takes:
                feeds[name] = getattr(journey, name).astype(np.int64)
        for name in REAL_FIELDS:
            if name in self.takes:
                feeds[name] = getattr(journey, name)
        vectors: Float = self.session.run(None, feeds)[0]
        expected = (len(journey), self.input.shape[1])
        if vectors.shape != expected or not np.isfinite(vectors).all():
            raise ContractError(f"customer model returned {vectors.shape}, expected {expected}, finite")
        return vectors

    def _item_vectors(self, rows: Rows, shelf: Shelf) -> Float:
        """[B, L, d]; rows of the tail lie beyond the release's, -1 is its last row."""
        base = shelf.num_base
        in_tail = rows >= base
        if not in_tail.any():
            return self.input.take(rows, axis=0, mode="wrap")
        vectors = self.input.take(np.where(in_tail, -1, rows), axis=0, mode="wrap")
        vectors[in_tail] = shelf.input[rows[in_tail] - base]
        return vectors
