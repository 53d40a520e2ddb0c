"""The large constants of graphs, moved to a file of their own that ONNX Runtime maps into memory.

What is mapped is neither read at the start nor copied, and graphs that share a file share its pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx
from onnx import TensorProto, external_data_helper

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SMALL = 1024  # bytes that may as well stand in the graph itself
_ALIGNED = 64


def move_weights(graphs: Iterable[Path], weights: Path) -> None:
    """Write the large constants of graphs to one file beside them, each once, and have the graphs name their places."""
    places: dict[bytes, int] = {}
    with weights.open("wb") as file:
        for path in graphs:
            model = onnx.load(path)
            for tensor in model.graph.initializer:
                content = onnx.numpy_helper.to_array(tensor).tobytes()
                if len(content) >= _SMALL:
                    if content not in places:
                        file.write(bytes(-file.tell() % _ALIGNED))
                        places[content] = file.tell()
                        file.write(content)
                    _name_place(tensor, weights.name, places[content], len(content))
            path.write_bytes(model.SerializeToString())


def _name_place(tensor: TensorProto, file: str, place: int, size: int) -> None:
    tensor.ClearField("float_data")
    tensor.ClearField("int32_data")
    tensor.ClearField("int64_data")
    tensor.raw_data = b""
    external_data_helper.set_external_data(tensor, file, offset=place, length=size)
    tensor.ClearField("raw_data")
