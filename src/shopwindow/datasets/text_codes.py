"""Columns of text as columns of codes."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shopwindow.schema.arrays import Int32


def text_codes(column: pa.ChunkedArray, code_of: Callable[[str], int]) -> Int32:
    """[n] the code of each text, -1 for null; `code_of` is asked once for each distinct text."""
    texts = pc.drop_null(pc.unique(column))
    place = pc.index_in(column, value_set=texts).fill_null(-1).to_numpy()
    codes: Int32 = np.array([*(code_of(text) for text in texts.to_pylist()), -1], dtype=np.int32)[place]
    return codes
