"""Networks whose weights are stored in 16 bits, and are single precision again once they are read.

onnxruntime has few kernels for either kind of 16 bits on a CPU: it puts conversions around each
layer. Stored so, a file is half as large, and it runs as before, for the conversions are done once,
when it is loaded.
"""

from collections.abc import Collection
from functools import partial

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from paretocli.exporting.fewer_bits.onnx_layers import floats, layer_of, named_layers
from paretocli.exporting.fewer_bits.slimming import slim
from paretocli.exporting.fewer_bits.variants import Exact, Variant

FEWEST = 64  # numbers; a conversion takes some bytes itself
LARGEST = {"FLOAT16": 65504.0, "BFLOAT16": 3.3895313892515355e38}


def half_variants(exact: Exact, kind: str) -> list[Variant]:
    """The one way: all tensors that are worth it and whose numbers fit.

    Args:
        exact: The network.
        kind: `FLOAT16` or `BFLOAT16`, as ONNX names them.
    """
    model = onnx.load(exact.file)
    layers: dict[str, list[str]] = {}
    for tensor in floats(model):
        if _fits(tensor, kind):
            layer = layer_of(tensor, exact.parameters)
            layers.setdefault(layer, []).append(tensor.name)
    return [
        Variant(
            words="weights stored in 16 bits, which are 32 once the file is loaded",
            rank=0,
            layers=tuple(layers),
            make=partial(_halved, exact, layers, kind=kind),
        )
    ]


def _fits(tensor: TensorProto, kind: str) -> bool:
    values = numpy_helper.to_array(tensor)
    return values.size >= FEWEST and bool((abs(values) <= LARGEST[kind]).all())


def _halved(
    exact: Exact, layers: dict[str, list[str]], given_back: Collection[str], *, kind: str
) -> onnx.ModelProto:
    model = named_layers(onnx.load(exact.file), exact.parameters).model
    halved = {
        tensor for layer, found in layers.items() if layer not in given_back for tensor in found
    }
    conversions = []
    for tensor in model.graph.initializer:
        if tensor.name not in halved:
            continue
        stored = f"{tensor.name}_stored"
        conversions.append(helper.make_node("Cast", [stored], [tensor.name], to=TensorProto.FLOAT))
        content = _in_16_bits(numpy_helper.to_array(tensor), kind)
        made = helper.make_tensor(
            stored, TensorProto.DataType.Value(kind), tensor.dims, content, raw=True
        )
        tensor.CopyFrom(made)
    nodes = [*conversions, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return slim(model)


def _in_16_bits(values: npt.NDArray[np.float32], kind: str) -> bytes:
    """Numbers that fit, rounded to the nearest, an even one where two are as near."""
    if kind == "FLOAT16":
        return values.astype(np.float16).tobytes()
    bits = np.ascontiguousarray(values).view(np.uint32)
    half = np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
    return ((bits + half) >> np.uint32(16)).astype(np.uint16).tobytes()
