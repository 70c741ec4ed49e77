"""Writing networks down as ONNX Runtime reads them, with 8-bit weights where products are large."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import onnx

OPSET = 20
_FUSED = "com.microsoft"
_LARGEST, _ZERO = 127, 128
"""Of a number in 8 bits, and what stands for nought where there is no sign."""
_TINY = 1e-12
_EPSILON = 1e-5
_NARROW = 256
"""With fewer inputs than this, 8 bits gain no time, and roundings do not level out."""


class Graph:
    """A network as it grows, from one input `x` to its results; a value is known by its name."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def constant(self, array: npt.NDArray[Any] | np.generic) -> str:
        """A value that is part of the network."""
        from onnx.numpy_helper import from_array

        name = f"c{len(self._constants)}"
        self._constants.append(from_array(np.asarray(array, order="C"), name))
        return name

    def node(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        """The result of an operator; a tuple where there are several."""
        from onnx.helper import make_node

        names = [f"n{len(self._nodes)}.{number}" for number in range(outputs)]
        self._nodes.append(make_node(kind, inputs, names, **attributes))
        return names[0] if outputs == 1 else tuple(names)

    def fused(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """The result of one of ONNX Runtime's own operators."""
        name: str = self.node(kind, *inputs, domain=_FUSED, **attributes)
        return name

    def shaped(self, x: str, *sizes: int) -> str:
        """A value in another shape: 0 keeps a size, -1 stands for what is left."""
        name: str = self.node("Reshape", x, self.constant(np.array(sizes, np.int64)))
        return name

    def linear(
        self, x: str, weight: npt.NDArray[np.float32], bias: npt.NDArray[np.float32] | None = None
    ) -> str:
        """`x` [..., inputs] times a weight [outputs, inputs], in 8 bits where that is wide enough."""
        if weight.shape[1] < _NARROW:
            product: str = self.node("MatMul", x, self.constant(weight.T))
        else:
            product = self._rounded(x, weight)
        return self.node("Add", product, self.constant(bias)) if bias is not None else product

    def normed(self, x: str, scale: npt.NDArray[np.float32], shift: npt.NDArray[np.float32]) -> str:
        """`x` [..., width] normalised vector by vector (Ba et al. 2016, Layer Normalization)."""
        weights = map(self.constant, (scale, shift))
        normed: str = self.node("LayerNormalization", x, *weights, epsilon=_EPSILON)
        return normed

    def _rounded(self, x: str, weight: npt.NDArray[np.float32]) -> str:
        """The product of both in 8 bits, one scale a row of each.

        So a row gives the same numbers whatever stands beside it, and the few tokens of a transformer that
        are a hundred times as large as the others cost these nothing.
        """
        scales = np.maximum(np.abs(weight).max(1), _TINY) / _LARGEST
        rounded = np.rint(weight / scales[:, None]).astype(np.int8)
        step, zero = self.constant(np.float32(1 / _LARGEST)), self.constant(np.uint8(_ZERO))
        axis = self.constant(np.array([-1], np.int64))
        largest = self.node("ReduceMax", self.node("Abs", x), axis, keepdims=1)
        reach = self.node("Max", largest, self.constant(np.float32(_TINY)))
        product = self.fused(
            "MatMulIntegerToFloat",
            self.node("QuantizeLinear", self.node("Div", x, reach), step, zero),
            self.constant(rounded.T),
            step,
            self.constant(scales.astype(np.float32)),
            zero,
        )
        scaled: str = self.node("Mul", product, reach)
        return scaled

    def rows(self, numbers: str, table: npt.NDArray[np.float32]) -> str:
        """The rows of a table [rows, width] that have these numbers, in 8 bits with one scale a row."""
        scales = np.maximum(np.abs(table).max(1, keepdims=True), _TINY) / _LARGEST
        rounded = np.rint(table / scales).astype(np.int8)
        rows = self.node("Gather", self.constant(rounded), numbers)
        scale = self.node("Gather", self.constant(scales.astype(np.float32)), numbers)
        found: str = self.node("Mul", self.node("CastLike", rows, scale), scale)
        return found

    def save(
        self, path: Path, shape: Sequence[int | str], kind: npt.DTypeLike, **results: str
    ) -> None:
        """Write it to a file: `x` is of this shape and kind, `results` names what comes out, float32."""
        import onnx
        from onnx.helper import make_graph, make_model, make_opsetid, make_tensor_value_info
        from onnx.helper import np_dtype_to_tensor_dtype as kind_of

        single = onnx.TensorProto.FLOAT
        nodes = [*self._nodes, *(_renamed(value, name) for name, value in results.items())]
        graph = make_graph(
            nodes,
            path.stem,
            [make_tensor_value_info("x", kind_of(np.dtype(kind)), shape)],
            [make_tensor_value_info(name, single, None) for name in results],
            self._constants,
        )
        opsets = [make_opsetid("", OPSET), make_opsetid(_FUSED, 1)]
        onnx.save(make_model(graph, opset_imports=opsets, ir_version=10), path)


def _renamed(value: str, name: str) -> onnx.NodeProto:
    from onnx.helper import make_node

    return make_node("Identity", [value], [name])


def session(file: Path, threads: int) -> Any:
    """A network that was written, loaded on so many threads. Raises RuntimeError where it is none."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    # Threads that wait busily take the processor from decoding and speech.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors share no other class
        raise RuntimeError(str(error)) from error
