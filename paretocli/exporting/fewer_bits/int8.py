"""Networks in eight bits: weights, and what is between the layers."""

import copy
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import onnx

from paretocli.compaction.quiet import quiet
from paretocli.exporting.fewer_bits.calibration import METHODS, ranges
from paretocli.exporting.fewer_bits.onnx_layers import WEIGHT, named_layers
from paretocli.exporting.fewer_bits.pooling_order import activations_first
from paretocli.exporting.fewer_bits.slimming import slim
from paretocli.exporting.fewer_bits.variants import Exact, Variant

# What stands between two layers and can pass on eight bits as they are. Sums and norms stay in
# single precision: their numbers are not those of one layer.
PASSING = (
    *("Relu", "Clip", "MaxPool", "AveragePool"),
    *("Reshape", "Transpose", "Flatten", "Squeeze", "Unsqueeze"),
)
OPERATORS = (*WEIGHT, *PASSING)

# Products whose result is not rounded to eight bits, so that outputs and sums keep theirs.
KEEPING = ["Gemm", "MatMul"]


@dataclass(frozen=True, eq=False)
class Int8:
    """A way to store a network in eight bits.

    Attributes:
        exact: The network.
        method: How its ranges were found.
        ranges: Of its tensors, as onnxruntime's quantiser takes them.
        reduced: Whether weights have seven bits.
    """

    exact: Exact
    method: str
    ranges: Any
    reduced: bool

    def variant(self) -> Variant:
        """What can be tried."""
        bits = 7 if self.reduced else 8
        return Variant(
            words=f"weights of {bits} bits per channel, activations of 8 bits, {self.method}",
            rank=bits - 7,
            layers=tuple(_named(self.exact)[1]),
            make=lambda exact_layers: slim(self.quantised(exact_layers)),
            int8=self,
        )

    def model(self) -> onnx.ModelProto:
        """The network in single precision, as it is quantised: its layers are named."""
        return _named(self.exact)[0]

    def quantised(self, exact_layers: Collection[str]) -> onnx.ModelProto:
        """The network with so many layers in single precision, with the names of its tensors."""
        return _quantised(self.exact, self.ranges, exact_layers, reduced=self.reduced)

    def again(self, exact: Exact, method: str, known: Mapping[str, tuple[float, float]]) -> "Int8":
        """The same for other weights, with these ranges of tensors in the place of those found.

        Args:
            exact: A network with the same graph.
            method: How these ranges were found.
            known: The smallest and largest number of tensors, by name.
        """
        from onnxruntime.quantization.calibrate import TensorData

        ranges = copy.copy(self.ranges)
        ranges.data = dict(self.ranges.data) | {
            name: TensorData(lowest=np.float32(low), highest=np.float32(high))
            for name, (low, high) in known.items()
        }
        return Int8(ordered(exact), method, ranges, self.reduced)


def int8_variants(exact: Exact) -> list[Variant]:
    """Each way to find ranges, with weights of seven and of eight bits.

    Weights are symmetric, per channel. In sums of two products of eight bits by eight, processors
    without VNNI saturate: with seven bits for the weights nothing does. Activations are uint8
    with a zero point. As int8 they would be the same numbers less 128, for which onnxruntime has
    fewer kernels on x86.
    """
    exact = ordered(exact)
    with quiet():
        found = _ranges(exact)
    return [
        Int8(exact, f"ranges by {method}", values, reduced).variant()
        for reduced in (True, False)
        for method, values in found.items()
    ]


def ordered(exact: Exact) -> Exact:
    """The same network in a file beside, with activations before pooling."""
    file = exact.file.with_suffix(".ordered.onnx")
    onnx.save(activations_first(onnx.load(exact.file)), file)
    return replace(exact, file=file)


def _ranges(exact: Exact) -> dict[str, Any]:
    """By method, those that all values are finite for."""
    found = {}
    for method in METHODS:
        try:
            found[method] = ranges(exact.file, exact.calibration(), method, OPERATORS)
        except ValueError:  # a histogram of what is not finite
            continue
    return found


def _named(exact: Exact) -> tuple[onnx.ModelProto, dict[str, tuple[str, ...]]]:
    from onnxruntime.quantization.quant_utils import load_model_with_shape_infer

    layers = named_layers(load_model_with_shape_infer(exact.file), exact.parameters)
    return layers.model, layers.nodes


def _quantised(
    exact: Exact, values: Any, exact_layers: Collection[str], *, reduced: bool
) -> onnx.ModelProto:
    from onnxruntime.quantization import QuantType
    from onnxruntime.quantization.qdq_quantizer import QDQQuantizer

    model, nodes = _named(exact)
    quantised = {node for layer in nodes if layer not in exact_layers for node in nodes[layer]}
    stored = {one.name for one in model.graph.initializer}
    # Products of two activations, as in attention, stay as they are. What is taken from one
    # (Gather) is of the bits that it has.
    others = [
        node.name
        for node in model.graph.node
        if node.op_type in WEIGHT
        and node.name not in quantised
        and not (node.op_type == "Gather" and node.input[0] not in stored)
    ]
    with quiet():
        quantiser = QDQQuantizer(
            model,
            True,  # per channel
            reduced,
            QuantType.QInt8,
            QuantType.QUInt8,
            values,
            [],
            others,
            [*OPERATORS],
            {
                "OpTypesToExcludeOutputQuantization": KEEPING,
                "TensorQuantOverrides": _one_step(model, reduced),
            },
        )
        quantiser.quantize_model()
        quantiser.model.topological_sort()
    found: onnx.ModelProto = quantiser.model.model
    return found


def _one_step(model: onnx.ModelProto, reduced: bool) -> dict[str, Any]:
    """For weights that an embedding shares with a layer: one step for all, as embeddings need."""
    from onnxruntime.quantization import QuantType

    rows = {node.input[0] for node in model.graph.node if node.op_type == "Gather"}
    shared = {
        node.input[place]
        for node in model.graph.node
        if (place := WEIGHT.get(node.op_type)) == 1 and node.input[place] in rows
    }
    one = {"quant_type": QuantType.QInt8, "symmetric": True, "reduce_range": reduced}
    return {name: [dict(one)] for name in sorted(shared)}
