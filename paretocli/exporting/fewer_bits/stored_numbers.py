"""What an ONNX file stores, read without any runtime and compared with the network it was made of.

A file in fewer bits gives other outputs than the network, so these say little of whether it holds
the right weights. What it stores does: each number is that of the network within half a step of the
bits it has.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from paretocli.errors import RunError

# Kinds of numbers: binary digits, and the smallest above 0.
KINDS: dict[int, tuple[int, float]] = {
    TensorProto.FLOAT: (24, 2.0**-149),
    TensorProto.FLOAT16: (11, 2.0**-24),
    TensorProto.BFLOAT16: (8, 2.0**-133),
}
ROUNDING = 1e-3  # of a step, as it is stored in single precision

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Stored:
    """A tensor as a file has it.

    Attributes:
        values: In double precision.
        error: How far each may be from what it stands for.
        bits: Of each number.
    """

    values: Array
    error: Array
    bits: int


def stored_numbers(model: onnx.ModelProto) -> dict[tuple[str, int], Stored]:
    """What nodes with a name read that is stored, by the name and the number of the input."""
    there = {one.name: one for one in model.graph.initializer}
    made = {output: node for node in model.graph.node for output in node.output}
    return {
        (node.name, place): found
        for node in model.graph.node
        if node.name and node.op_type not in ("DequantizeLinear", "QuantizeLinear", "Cast")
        for place, name in enumerate(node.input)
        if (found := _read(name, there, made)) is not None
    }


def _read(
    name: str, there: dict[str, TensorProto], made: dict[str, onnx.NodeProto]
) -> Stored | None:
    """A tensor that is stored, as it is or by a node that decodes it; None for others."""
    if name in there:
        return _plain(there[name])
    node = made.get(name)
    if node is None:
        return None
    if node.op_type == "DequantizeLinear":
        parts = [_known(one, there, made) for one in node.input if one]
        known = [one for one in parts if one is not None]
        return _decoded(node, known) if len(known) == len(parts) else None
    source = there.get(node.input[0])
    return _plain(source) if node.op_type == "Cast" and source is not None else None


def _known(
    name: str, there: dict[str, TensorProto], made: dict[str, onnx.NodeProto]
) -> Array | None:
    """A tensor that is stored, widened where it is read, or the product of two that are stored."""
    if name in there:
        return numpy_helper.to_array(there[name])
    node = made.get(name)
    if node is None or node.op_type not in ("Mul", "Cast") or not there.keys() >= {*node.input}:
        return None
    parts = [numpy_helper.to_array(there[one]) for one in node.input]
    if node.op_type == "Cast":
        return parts[0]
    product: Array = parts[0] * parts[1]
    return product


def _plain(tensor: TensorProto) -> Stored | None:
    if tensor.data_type not in KINDS:
        return None
    values = numpy_helper.to_array(tensor).astype(np.float64)
    digits, smallest = KINDS[tensor.data_type]
    error = np.abs(values) * 2.0**-digits + smallest
    return Stored(values, error, 32 if tensor.data_type == TensorProto.FLOAT else 16)


def _decoded(node: onnx.NodeProto, parts: list[Array]) -> Stored:
    """(number − zero point) · step, a step for each channel or one for all."""
    numbers, step = parts[0].astype(np.float64), parts[1].astype(np.float64)
    zero = parts[2].astype(np.float64) if len(parts) > 2 else np.zeros(())
    axis = {one.name: helper.get_attribute_value(one) for one in node.attribute}.get("axis", 1)
    form = [1] * numbers.ndim
    if step.size > 1:
        form[axis] = -1
    step, zero = step.reshape(form), zero.reshape(form if zero.size > 1 else ())
    error = np.broadcast_to(step * (0.5 + ROUNDING), numbers.shape)
    bits = 4 if parts[0].dtype.name == "int4" else 8 * parts[0].dtype.itemsize
    return Stored((numbers - zero) * step, error, bits)


def refuse_wrong_numbers(exact: onnx.ModelProto, lossy: onnx.ModelProto, name: str) -> float:
    """Refuse a file that stores other numbers than those of a network.

    Args:
        exact: The network, with the names that the nodes have in the file.
        lossy: What the file holds.
        name: The format's, for the message.

    Returns:
        The share of the network's numbers that are stored in less than 32 bits.

    Raises:
        RunError: Some number is further off than the bits explain, or is not there.
    """
    sources, found = stored_numbers(exact), stored_numbers(lossy)
    sizes: dict[str, tuple[int, bool]] = {}  # by tensor, which several nodes may read
    for node in exact.graph.node:
        if node.op_type == "Clip":  # what it cuts off, the rounding to eight bits does too
            continue
        for place, tensor in enumerate(node.input):
            right = sources.get((node.name, place))
            if right is None:
                continue
            there = found.get((node.name, place))
            if there is None or there.values.shape != right.values.shape:
                raise RunError(_fault(name, node.name, "lacks numbers"))
            off = np.abs(there.values - right.values)
            if not bool((off <= there.error + right.error).all()):
                raise RunError(_fault(name, node.name, "has numbers further off than its bits"))
            sizes.setdefault(tensor, (right.values.size, there.bits < 32))
    total = sum(size for size, _ in sizes.values())
    return sum(size for size, fewer in sizes.values() if fewer) / total if total else 0.0


def _fault(name: str, node: str, what: str) -> str:
    return (
        f"The {name} file {what} in {node}; nothing was written. This is a fault of the program or "
        "of onnxruntime's quantiser: please report it with the network."
    )
