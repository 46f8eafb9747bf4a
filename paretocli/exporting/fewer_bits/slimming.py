"""An ONNX model without what no runtime needs.

That is long names, notes, nodes and attributes that change nothing, and numbers that are wider than
they have to be. What comes out is the same, bit for bit.
"""

from collections.abc import Iterator
from itertools import count, product
from string import ascii_lowercase

import onnx

from paretocli.exporting.fewer_bits.slim_nodes import flatten, pass_on_bits, without_defaults
from paretocli.exporting.fewer_bits.slim_numbers import (
    narrow_places,
    store_once,
    without_steps_of_biases,
    without_zeros_of_biases,
)
from paretocli.exporting.fewer_bits.stored_numbers import stored_numbers
from paretocli.exporting.onnx_notes import without_notes


def slim(model: onnx.ModelProto) -> onnx.ModelProto:
    """Take from a model what no runtime needs.

    The inputs and outputs of the whole keep their names, and so do nodes that read stored numbers:
    by these the layers are found in the file.
    """
    without_notes(model)
    # What lies in branches and loops reads tensors of the whole by their names.
    if not any(
        attribute.HasField("g") for node in model.graph.node for attribute in node.attribute
    ):
        store_once(model)
        pass_on_bits(model)
        flatten(model)
        narrow_places(model)
        without_zeros_of_biases(model)
        without_steps_of_biases(model)
        without_defaults(model)
        _shorten(model)
    return model


def _shorten(model: onnx.ModelProto) -> None:
    """Short names for tensors, and none for nodes that read nothing that is stored."""
    graph = model.graph
    ends = {one.name for one in (*graph.input, *graph.output)}
    names = _names(ends)
    short: dict[str, str] = {end: end for end in ends}
    short[""] = ""  # of an input that is left out

    def shortened(name: str) -> str:
        if name not in short:
            short[name] = next(names)
        return short[name]

    named = {node for node, _ in stored_numbers(model)}
    for one in graph.initializer:
        one.name = shortened(one.name)
    for node in graph.node:
        if node.name not in named:
            node.ClearField("name")
        node.input[:] = [shortened(name) for name in node.input]
        node.output[:] = [shortened(name) for name in node.output]


def _names(taken: set[str]) -> Iterator[str]:
    """Give a, b, … z, aa, ab, … but what is taken."""
    for length in count(1):
        for letters in product(ascii_lowercase, repeat=length):
            name = "".join(letters)
            if name not in taken:
                yield name
