"""The ONNX graphs of a release, opened once to see that they fit its tables."""

from pathlib import Path
from typing import Any, Final

import onnxruntime as ort

from shopwindow.errors import ReleaseError
from shopwindow.features.items import CONTENT, ItemVocabulary
from shopwindow.features.journey import Journey
from shopwindow.release.model_card import ModelCard

CUSTOMER: Final = "customer.onnx"
ITEM: Final = "item.onnx"
JOURNEY_INPUTS: Final = tuple(name for name in Journey.__slots__ if name != "item")


def check_graphs(directory: Path, model: ModelCard, vocabulary: ItemVocabulary) -> None:
    """That both graphs open and have the inputs, outputs and widths that serving will use.

    Raises:
        ReleaseError: a graph does not open or does not fit.
    """
    customer = open_graph(directory / CUSTOMER)
    _check_ends(CUSTOMER, customer.get_inputs(), {"item_vectors": model.dim}, JOURNEY_INPUTS)
    _check_ends(CUSTOMER, customer.get_outputs(), {"customer": model.dim}, ())
    item = open_graph(directory / ITEM)
    _check_ends(ITEM, item.get_inputs(), {"codes": len(vocabulary.fields), "content": CONTENT}, ())
    _check_ends(ITEM, item.get_outputs(), {"input": model.dim, "output": model.dim}, ())


def open_graph(path: Path) -> ort.InferenceSession:
    """A session of one thread.

    Raises:
        ReleaseError: the file is no graph that this ONNX Runtime can run.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ReleaseError(f"{path.name} does not open as an ONNX graph: {error}") from error


def _check_ends(name: str, ends: list[Any], widths: dict[str, int], others: tuple[str, ...]) -> None:
    """`widths`: needed inputs or outputs with the length of their last axis; `others` may be there too."""
    shapes = {end.name: end.shape for end in ends}
    unknown = shapes.keys() - widths.keys() - set(others)
    if unknown:
        raise ReleaseError(f"{name} has {sorted(unknown)}, expected {sorted(widths)} and some of {others}")
    for end, width in widths.items():
        last = shapes[end][-1] if shapes.get(end) else None
        if end not in shapes or (isinstance(last, int) and last != width):
            raise ReleaseError(
                f"{name}: '{end}' is {shapes.get(end, 'missing')}, expected width {width}: "
                "files of different releases are mixed"
            )
