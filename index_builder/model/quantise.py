"""An fp32 graph with its matrix products in integers, close enough to rank passages as fp32 does where it is asked to.

Each activation is 7 bits with a scale for each token. Each channel is scaled so that its weights, of 8 bits, are finest
where activations are large (SmoothQuant: Xiao et al., 2022). Embeddings, which are only looked up, keep 16 bits of
floating point. No processor overflows on the sums of such products. That moves one first section in twenty, all of them
where two were nearly as good. So a graph that ranks gets a second form over the same weights, which reads closely: it
adds, for activations and weights alike, a second term that holds what the first left over.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime import InferenceSession, SessionOptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from onnx import GraphProto, NodeProto

    Vectors = NDArray[np.float32]
    Constant = NDArray[Any] | np.generic

_ACTIVATIONS_SHARE = 0.5  # SmoothQuant's alpha
_STEPS = 63  # of an activation each way: 2 x 127 x 127 fits the 16 bits in which processors without VNNI add
_WEIGHT = 127  # steps of a weight each way
_LEAST = 1e-6  # stands for zero where something is divided by it
_WORTHWHILE = 2**17  # weights; with fewer, making the terms takes as long as the integers save
_AXES = 2
_CONSTANTS: dict[str, Constant] = {
    "zero": np.uint8(_STEPS + 1),
    "step": np.float32(1 / _STEPS),
    "finer": np.float32(0.5 / _STEPS**2),
    "least": np.float32(_LEAST),
    "last": np.array([-1], dtype=np.int64),
}


def quantise(plain: Path, inputs: Iterable[Mapping[str, NDArray[Any]]], quick: Path, close: Path | None = None) -> None:
    """Write the integer form of a graph to `quick`, and to `close` the one that reads closely, where it is wanted.

    `inputs`, by name, show how large each of its channels becomes. Products of two activations, and whatever is not a
    product with a constant matrix, stay in fp32.
    """
    model = onnx.load(plain)
    graph = model.graph
    matrices = _matrices(graph)
    products = _products(graph, matrices)
    for source, size in _sizes(plain, list(products), inputs).items():
        _add_weights(graph, source, products[source], matrices, size)
    _add(graph, _CONSTANTS)
    for path in filter(None, (quick, close)):
        form = onnx.ModelProto()
        form.CopyFrom(model)
        _keep(form.graph, _rewritten(form.graph, products, matrices, closely=path == close))
        onnx.save(form, path)


def _rewritten(
    graph: GraphProto, products: dict[str, list[NodeProto]], matrices: dict[str, Vectors], *, closely: bool
) -> list[NodeProto]:
    first = {nodes[0].output[0]: source for source, nodes in products.items()}
    replaced = {node.output[0] for node in chain.from_iterable(products.values())}
    rewritten: list[NodeProto] = []
    for node in graph.node:
        if node.output[0] in first:
            source = first[node.output[0]]
            rewritten += _in_steps(source, closely=closely)
            rewritten += _product(source, [product.output[0] for product in products[source]], closely=closely)
        elif node.op_type == "Gather" and node.input[0] in matrices:
            rewritten += _halved(graph, node, matrices[node.input[0]])
        elif node.output[0] not in replaced:
            rewritten.append(node)
    return rewritten


def _matrices(graph: GraphProto) -> dict[str, Vectors]:
    return {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in graph.initializer
        if len(tensor.dims) == _AXES and tensor.data_type == TensorProto.FLOAT
    }


def _products(graph: GraphProto, matrices: dict[str, Vectors]) -> dict[str, list[NodeProto]]:
    """The products with a constant matrix, by the activations they share: query, key and value become one."""
    found: dict[str, list[NodeProto]] = {}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in matrices:
            found.setdefault(node.input[0], []).append(node)
    return {
        source: nodes
        for source, nodes in found.items()
        if sum(matrices[node.input[1]].size for node in nodes) >= _WORTHWHILE
    }


def _sizes(
    plain: Path, sources: list[str], inputs: Iterable[Mapping[str, NDArray[Any]]]
) -> dict[str, NDArray[np.float64]]:
    """The root of the sum of squares of each channel over the inputs."""
    if not sources:
        return {}  # ONNX Runtime takes an empty list of outputs for all of them
    model = onnx.load(plain)
    model.graph.output.extend(helper.make_empty_tensor_value_info(source) for source in sources)
    options = SessionOptions()
    options.intra_op_num_threads = 1
    session = InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    squares = {source: np.zeros(1) for source in sources}
    for given in inputs:
        values = session.run(sources, dict(given))
        for source, value in zip(sources, values, strict=True):
            squares[source] = squares[source] + np.square(value, dtype=np.float64).reshape(-1, value.shape[-1]).sum(0)
    return {source: np.sqrt(total) for source, total in squares.items()}


def _add_weights(
    graph: GraphProto,
    source: str,
    nodes: list[NodeProto],
    matrices: dict[str, Vectors],
    size: NDArray[np.float64],
) -> None:
    """The weights of products that share their activations, side by side in two terms of 8 bits, and their scales."""
    weights = np.concatenate([matrices[node.input[1]] for node in nodes], axis=1)
    channel = _channel(size, np.abs(weights).max(axis=1))
    weights = weights * channel[:, None]
    scale = np.maximum(np.abs(weights).max(axis=0), _LEAST) / _WEIGHT
    steps = weights / scale
    whole = np.rint(steps)
    widths = [matrices[node.input[1]].shape[1] for node in nodes]
    made = {
        "channel": 1 / channel,
        "scale": scale,
        "weights": whole.astype(np.int8),
        "finer-scale": scale / (2 * _WEIGHT),
        "finer-weights": np.rint((steps - whole) * (2 * _WEIGHT)).astype(np.int8),
        "widths": np.array(widths, dtype=np.int64),
    }
    _add(graph, {f"{source}/{name}": constant for name, constant in made.items()})


def _channel(size: NDArray[np.float64], heaviest: Vectors) -> Vectors:
    """SmoothQuant's scales as powers of two: exact, and the same where another processor rounds otherwise."""
    scale = np.maximum(size / max(size.mean(), _LEAST), _LEAST) ** _ACTIVATIONS_SHARE
    scale = scale / np.maximum(heaviest, _LEAST) ** (1 - _ACTIVATIONS_SHARE)
    return np.asarray(np.exp2(np.round(np.log2(scale))), dtype=np.float32)


def _in_steps(source: str, *, closely: bool) -> list[NodeProto]:
    """Activations in steps of their token's largest, `first`; and read closely what that left over, `second`."""
    even, bound, unit, first, left = (f"{source}/{part}" for part in ("even", "bound", "unit", "first", "left"))
    nodes = [
        _node("Mul", [source, f"{source}/channel"], even),
        _node("Abs", [even], f"{source}/size"),
        _node("ReduceMax", [f"{source}/size", "last"], f"{source}/largest", keepdims=1),
        _node("Max", [f"{source}/largest", "least"], bound),
        _node("Div", [even, bound], unit),
        _node("QuantizeLinear", [unit, "step", "zero"], first),
    ]
    if closely:
        nodes += [
            _node("DequantizeLinear", [first, "step", "zero"], f"{source}/near"),
            _node("Sub", [unit, f"{source}/near"], left),
            _node("QuantizeLinear", [left, "finer", "zero"], f"{source}/second"),
        ]
    return nodes


def _product(source: str, outputs: list[str], *, closely: bool) -> list[NodeProto]:
    """The product of the terms with the weights, cut into the products that they replace."""
    total = outputs[0] if len(outputs) == 1 else f"{source}/sum"
    terms = [_multiplied(source, "first", "step")]
    if closely:  # what the two second terms would add is below what 32 bits of floating point round away
        terms += [_multiplied(source, "second", "finer"), _multiplied(source, "first", "step", weights="finer-")]
    nodes, sums = terms, [term.output[0] for term in terms]
    while len(sums) > 1:
        nodes.append(_node("Add", sums[:2], f"{sums[0]}+"))
        sums = [f"{sums[0]}+", *sums[2:]]
    nodes.append(_node("Mul", [sums[0], f"{source}/bound"], total))
    if len(outputs) > 1:
        nodes.append(helper.make_node("Split", [total, f"{source}/widths"], outputs, axis=-1))
    return nodes


def _multiplied(source: str, term: str, scale: str, weights: str = "") -> NodeProto:
    inputs = [f"{source}/{term}", f"{source}/{weights}weights", scale, f"{source}/{weights}scale", "zero"]
    output = f"{source}/{term}-{weights}product"
    return _node("MatMulIntegerToFloat", inputs, output, domain="com.microsoft")


def _node(kind: str, inputs: Sequence[str], output: str, **settings: Any) -> NodeProto:
    return helper.make_node(kind, inputs, [output], **settings)


def _halved(graph: GraphProto, gather: NodeProto, rows: Vectors) -> list[NodeProto]:
    half, (output,) = f"{gather.input[0]}/half", gather.output
    _add(graph, {half: rows.astype(np.float16)})
    looked_up = helper.make_node("Gather", [half, gather.input[1]], [f"{output}/half"], axis=_axis(gather))
    return [looked_up, helper.make_node("Cast", [f"{output}/half"], [output], to=TensorProto.FLOAT)]


def _axis(gather: NodeProto) -> int:
    return next((setting.i for setting in gather.attribute if setting.name == "axis"), 0)


def _add(graph: GraphProto, constants: Mapping[str, Constant]) -> None:
    graph.initializer.extend(numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items())


def _keep(graph: GraphProto, nodes: list[NodeProto]) -> None:
    used = {name for node in nodes for name in node.input}
    kept = {tensor.name: tensor for tensor in graph.initializer if tensor.name in used}
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(kept.values())
