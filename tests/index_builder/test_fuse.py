"""Attention as one node: the same figures as the exporter's twenty, and graphs of another form left as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnxruntime import InferenceSession

from bot.encoder import session
from index_builder.model.fuse import fuse
from index_builder.model.weights import move_weights

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

WIDTH, HEADS = 64, 4
CHANCE = np.random.default_rng(7)


def _drawn(*shape: int) -> NDArray[np.float32]:
    return np.asarray(CHANCE.normal(size=shape), dtype=np.float32)


def _attention(path: Path, *, scale: float, masked: bool = False) -> Path:
    """One layer's attention, written out as the exporter does."""
    constants: dict[str, NDArray[Any]] = {f"{name}-w": _drawn(WIDTH, WIDTH) for name in "qkv"} | {
        f"{name}-b": _drawn(WIDTH) for name in "qkv"
    }
    apart, joined = np.array([0, 0, HEADS, WIDTH // HEADS]), np.array([0, 0, WIDTH])
    constants |= {"apart": apart, "joined": joined, "mask": np.array(-0.5, dtype=np.float32)}
    nodes = []
    for name, order in (("q", (0, 2, 1, 3)), ("k", (0, 2, 3, 1)), ("v", (0, 2, 1, 3))):
        nodes += [
            helper.make_node("MatMul", ["states", f"{name}-w"], [f"{name}-product"]),
            helper.make_node("Add", [f"{name}-b", f"{name}-product"], [f"{name}-sum"]),
            helper.make_node("Reshape", [f"{name}-sum", "apart"], [f"{name}-apart"]),
            helper.make_node("Transpose", [f"{name}-apart"], [name], perm=order),
        ]
    scored = "scores"
    nodes.append(helper.make_node("FusedMatMul", ["q", "k"], [scored], domain="com.microsoft", alpha=scale))
    if masked:
        nodes.append(helper.make_node("Add", [scored, "mask"], ["hidden"]))
        scored = "hidden"
    nodes += [
        helper.make_node("Softmax", [scored], ["shares"], axis=-1),
        helper.make_node("MatMul", ["shares", "v"], ["weighed"]),
        helper.make_node("Transpose", ["weighed"], ["moved"], perm=(0, 2, 1, 3)),
        helper.make_node("Reshape", ["moved", "joined"], ["out"]),
    ]
    graph = helper.make_graph(
        nodes,
        "attention",
        [helper.make_tensor_value_info("states", TensorProto.FLOAT, [1, None, WIDTH])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, None, WIDTH])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=10), path)
    return path


def _out(path: Path, states: NDArray[np.float32]) -> NDArray[np.float32]:
    running = InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return np.asarray(running.run(("out",), {"states": states})[0])


def _kinds(path: Path) -> list[str]:
    return [node.op_type for node in onnx.load(path).graph.node]


def test_attention_becomes_one_node_that_gives_the_same_figures(tmp_path: Path) -> None:
    path, states = _attention(tmp_path / "graph.onnx", scale=(WIDTH / HEADS) ** -0.5), _drawn(1, 9, WIDTH)
    before = _out(path, states)
    assert fuse(path) == 1
    assert _kinds(path) == ["MatMul", "MatMul", "MatMul", "MultiHeadAttention"]
    assert np.allclose(_out(path, states), before, atol=1e-4)


@pytest.mark.parametrize(("scale", "masked"), [(0.2, False), ((WIDTH / HEADS) ** -0.5, True)])
def test_attention_of_another_form_is_left_as_it_is(tmp_path: Path, scale: float, *, masked: bool) -> None:
    path, states = _attention(tmp_path / "graph.onnx", scale=scale, masked=masked), _drawn(1, 9, WIDTH)
    before, kinds = _out(path, states), _kinds(path)
    assert fuse(path) == 0
    assert _kinds(path) == kinds
    assert np.array_equal(_out(path, states), before)


def test_weights_moved_to_a_file_of_their_own_stand_there_once_and_give_the_same_figures(tmp_path: Path) -> None:
    one = _attention(tmp_path / "one.onnx", scale=0.25)
    states = _drawn(1, 5, WIDTH)
    before = _out(one, states)
    other = tmp_path / "other.onnx"
    other.write_bytes(one.read_bytes())
    move_weights([one, other], tmp_path / "graph.weights")
    assert (tmp_path / "graph.weights").stat().st_size == 3 * WIDTH * WIDTH * 4
    assert one.stat().st_size < 4_000
    for path in (one, other):
        assert np.array_equal(np.asarray(session(path).run(("out",), {"states": states})[0]), _out(path, states))
        assert np.allclose(_out(path, states), before, atol=1e-5)
