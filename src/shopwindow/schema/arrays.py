"""Names for the array types that cross stages; the shape is written where the array is declared."""

import numpy as np
from numpy.typing import NDArray

Bool = NDArray[np.bool_]
Float = NDArray[np.float32]
UInt8 = NDArray[np.uint8]
Int16 = NDArray[np.int16]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Rows = NDArray[np.int32]
"""Row numbers of one release's (or one data set's) catalogue; keys outlive releases, rows do not."""
