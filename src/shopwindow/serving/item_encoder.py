"""Vectors for items that the release never saw: its vocabulary and item.onnx, without an id of their own."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
import pyarrow as pa

from shopwindow.features.items import ItemVocabulary
from shopwindow.schema.arrays import Float


@final
@dataclass(frozen=True, slots=True, eq=False)
class ItemEncoder:
    """`session`: item.onnx."""

    session: Any
    vocabulary: ItemVocabulary

    def vectors(self, items: pa.Table) -> tuple[Float, Float]:
        """Input [M, d] and output [M, d] of an item table (schema ITEMS)."""
        features = self.vocabulary.encode(items)
        feeds = {"codes": features.codes.astype(np.int64), "content": features.content}
        made_input, made_output = self.session.run(["input", "output"], feeds)
        return made_input, made_output
