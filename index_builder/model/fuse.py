"""A layer's attention as one node, where the exporter wrote twenty: the same figures, sooner, from a smaller graph.

ONNX Runtime's own fusion looks for a mask; texts are read one at a time, without padding, so there is none here.
"""

from __future__ import annotations

from math import isclose
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import onnx
from onnx import helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray
    from onnx import GraphProto, NodeProto

_DOMAIN = "com.microsoft"
_ROUTES = frozenset(("Transpose", "Reshape"))


class _Part(NamedTuple):
    """A product of a layer's states with a matrix, (1, tokens, dimension), and the bias that is added to it."""

    product: str
    bias: NDArray[np.float32]


class _Attention(NamedTuple):
    """One layer's attention: query, key and value, the name of its result, and what scores are multiplied by."""

    parts: tuple[_Part, ...]
    result: str
    scale: float

    @property
    def heads(self) -> int:
        """How many heads share the dimension, by the usual scale."""
        return round(len(self.parts[0].bias) * self.scale**2)


class _Wiring:
    """Which node makes a value, and which ones read it."""

    def __init__(self, graph: GraphProto) -> None:
        self.makers = {output: node for node in graph.node for output in node.output}
        self.readers: dict[str, list[NodeProto]] = {}
        for node in graph.node:
            for name in node.input:
                self.readers.setdefault(name, []).append(node)
        self.constants = {tensor.name: tensor for tensor in graph.initializer}

    def attention(self, softmax: NodeProto) -> _Attention | None:
        """The attention whose shares a Softmax makes; None where it is not of the usual form."""
        scores, weighed = self.makers.get(softmax.input[0]), self._reader(softmax.output[0])
        if scores is None or weighed is None or (scores.op_type, weighed.op_type) != ("FusedMatMul", "MatMul"):
            return None
        parts = [self._part(name) for name in (*scores.input, weighed.input[1])]
        last = self._last(weighed)
        if last is None or None in parts:
            return None
        scale = next(setting.f for setting in scores.attribute if setting.name == "alpha")
        found = _Attention(tuple(part for part in parts if part), last, scale)
        usual = found.heads > 0 and isclose(scale, (len(found.parts[0].bias) / found.heads) ** -0.5, rel_tol=1e-4)
        return found if usual else None

    def _reader(self, name: str) -> NodeProto | None:
        readers = self.readers.get(name, [])
        return readers[0] if len(readers) == 1 else None

    def _part(self, name: str) -> _Part | None:
        node = self.makers.get(name)
        while node is not None and node.op_type in _ROUTES:
            node = self.makers.get(node.input[0])
        if node is None or node.op_type != "Add":
            return None
        bias = [each for each in node.input if each in self.constants]
        product = [each for each in node.input if each in self.makers]
        if not bias or not product:
            return None
        return _Part(product[0], numpy_helper.to_array(self.constants[bias[0]]))

    def _last(self, weighed: NodeProto) -> str | None:
        """The value in which the heads stand side by side again."""
        moved = self._reader(weighed.output[0])
        joined = self._reader(moved.output[0]) if moved is not None and moved.op_type == "Transpose" else None
        return joined.output[0] if joined is not None and joined.op_type == "Reshape" else None


def fuse(path: Path) -> int:
    """Rewrite a graph of one text without padding, with its attention fused; how many layers' it was.

    Attention of another form than BERT's is left as it is.
    """
    model = onnx.load(path)
    graph, wiring = model.graph, _Wiring(model.graph)
    softmaxes = (node for node in graph.node if node.op_type == "Softmax")
    fused = {found.result: found for node in softmaxes if (found := wiring.attention(node))}
    nodes = [_one_node(graph, fused[node.output[0]]) if node.output[0] in fused else node for node in graph.node]
    _keep(graph, nodes)
    if all(opset.domain != _DOMAIN for opset in model.opset_import):
        model.opset_import.append(helper.make_opsetid(_DOMAIN, 1))
    onnx.save(model, path)
    return len(fused)


def _one_node(graph: GraphProto, found: _Attention) -> NodeProto:
    bias = f"{found.result}/bias"
    graph.initializer.append(numpy_helper.from_array(np.concatenate([part.bias for part in found.parts]), bias))
    inputs = [*(part.product for part in found.parts), bias]
    return helper.make_node(
        "MultiHeadAttention", inputs, [found.result], domain=_DOMAIN, num_heads=found.heads, scale=found.scale
    )


def _keep(graph: GraphProto, nodes: Iterable[NodeProto]) -> None:
    """Leave what the outputs come from, and no more."""
    needed = {output.name for output in graph.output}
    kept: list[NodeProto] = []
    for node in reversed(list(nodes)):
        if not needed.isdisjoint(node.output):
            kept.insert(0, node)
            needed |= set(node.input)
    constants = [tensor for tensor in graph.initializer if tensor.name in needed]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(kept)
    graph.initializer.extend(constants)
