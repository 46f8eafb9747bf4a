"""An ONNX model without what only its makers need: names of tensors, shapes in between, notes."""

from collections.abc import Iterator
from itertools import count, product
from string import ascii_lowercase

import onnx

from paretocli.exporting.fewer_bits.stored_numbers import stored_numbers


def slim(model: onnx.ModelProto) -> onnx.ModelProto:
    """Take from a model what no runtime needs.

    The inputs and outputs of the whole keep their names, and so do nodes that read stored numbers:
    by these the layers are found in the file.
    """
    graph = model.graph
    kept = [(one.domain, one.version) for one in model.opset_import]
    used = {node.domain for node in graph.node}
    del model.opset_import[:]
    model.opset_import.extend(
        onnx.helper.make_opsetid(domain, version)
        for domain, version in kept
        if domain in used or not domain
    )
    del graph.value_info[:]
    parts = [model, graph, *graph.node, *graph.initializer, *graph.input, *graph.output]
    for part in parts:
        part.ClearField("doc_string")
        if "metadata_props" in part.DESCRIPTOR.fields_by_name:
            part.ClearField("metadata_props")
    # What lies in branches and loops reads tensors of the whole by their names.
    if not any(attribute.HasField("g") for node in graph.node for attribute in node.attribute):
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
