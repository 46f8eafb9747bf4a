"""Networks in whole numbers: weights of four, seven or eight bits, and eight between the layers."""

import copy
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import onnx

from paretocli.compaction.quiet import quiet
from paretocli.exporting.fewer_bits.calibration import METHODS, ranges
from paretocli.exporting.fewer_bits.four_bits import (
    FOUR,
    ChannelSteps,
    four_bit_steps,
    four_bits_known,
    in_four_bits,
    widened,
)
from paretocli.exporting.fewer_bits.onnx_layers import (
    WEIGHT,
    named_layers,
    shared_with_embeddings,
)
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

# In sums of two products of eight bits by eight, x86 processors without VNNI saturate; with weights
# of seven bits nothing does.
SEVEN, EIGHT = 7, 8


@dataclass(frozen=True, eq=False)
class Quantised:
    """A way to store a network in whole numbers.

    Attributes:
        exact: The network.
        method: How its ranges were found.
        ranges: Of its tensors, as onnxruntime's quantiser takes them.
        bits: Of its weights.
    """

    exact: Exact
    method: str
    ranges: Any
    bits: int

    def variant(self) -> Variant:
        """What can be tried."""
        model, nodes = _named(self.exact)
        layers = [*in_four_bits(model, nodes)] if self.bits == FOUR else [*nodes]
        since = " (which onnxruntime reads from 1.23 on)" if self.bits == FOUR else ""
        return Variant(
            words=f"weights of {self.bits} bits per channel{since}, activations of 8 bits, "
            f"{self.method}",
            rank=self.bits,
            layers=tuple(layers),
            make=lambda back: slim(widened(self.quantised(back))),
            back=EIGHT if self.bits == FOUR else 32,
            quantised=self,
        )

    def model(self) -> onnx.ModelProto:
        """The network in single precision, as it is quantised: its layers are named."""
        return _named(self.exact)[0]

    def quantised(self, back: Collection[str]) -> onnx.ModelProto:
        """The network with so many layers given back, with the names of its tensors."""
        return _quantised(self.exact, self.ranges, back, self.bits)

    def again(
        self, exact: Exact, method: str, known: Mapping[str, tuple[float, float]]
    ) -> "Quantised":
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
        return Quantised(ordered(exact), method, ranges, self.bits)


def int8_variants(exact: Exact) -> list[Variant]:
    """Each way to find ranges, with weights of seven and of eight bits.

    Weights are symmetric, per channel. Activations are uint8 with a zero point. As int8 they would
    be the same numbers less 128, for which onnxruntime has fewer kernels on x86.
    """
    return _variants(exact, (SEVEN, EIGHT))


def int4_variants(exact: Exact) -> list[Variant]:
    """Each way to find ranges, with weights of four bits; what needs more of them has eight.

    All but the weights is as in eight bits, and so is the work: they are eight bits wide again once
    the file is loaded.
    """
    return _variants(exact, (FOUR,))


def _variants(exact: Exact, bits: Sequence[int]) -> list[Variant]:
    exact = ordered(exact)
    with quiet():
        found = _ranges(exact)
    return [
        Quantised(exact, f"ranges by {method}", values, each).variant()
        for each in bits
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


def _quantised(exact: Exact, values: Any, back: Collection[str], bits: int) -> onnx.ModelProto:
    from onnxruntime.quantization import QuantType
    from onnxruntime.quantization.qdq_quantizer import QDQQuantizer

    model, nodes = _named(exact)
    if bits == FOUR:
        model = four_bits_known(model)
    narrow = {*in_four_bits(model, nodes)} - {*back} if bits == FOUR else set()
    quantised = {
        node for layer in nodes if bits == FOUR or layer not in back for node in nodes[layer]
    }
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
    reduced = bits != EIGHT
    steps = four_bit_steps(model, [node for layer in narrow for node in nodes[layer]])
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
                "TensorQuantOverrides": _one_step(model, reduced)
                | {name: _given_steps(found) for name, found in steps.items()},
            },
        )
        quantiser.quantize_model()
        quantiser.model.topological_sort()
    found: onnx.ModelProto = quantiser.model.model
    return found


def _given_steps(steps: ChannelSteps) -> list[dict[str, Any]]:
    """What the quantiser is told of a tensor whose steps are chosen here."""
    from onnxruntime.quantization import QuantType

    zero = {"quant_type": QuantType.QInt4, "axis": steps.axis, "zero_point": 0}
    return [zero | {"scale": step} for step in steps.steps]


def _one_step(model: onnx.ModelProto, reduced: bool) -> dict[str, Any]:
    """For weights that an embedding shares with a layer: one step for all, as embeddings need."""
    from onnxruntime.quantization import QuantType

    one = {"quant_type": QuantType.QInt8, "symmetric": True, "reduce_range": reduced}
    return {name: [dict(one)] for name in sorted(shared_with_embeddings(model))}
