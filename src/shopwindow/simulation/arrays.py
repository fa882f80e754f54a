"""Array types of the simulation: shapes are written where arrays are declared; widths only matter in files."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Bool = NDArray[np.bool_]
Real = NDArray[np.floating[Any]]
Whole = NDArray[np.integer[Any]]
