"""What exporters note in an ONNX model of how they made it, which no runtime needs."""

import onnx


def without_notes(model: onnx.ModelProto) -> onnx.ModelProto:
    """Take the notes from a model: where code lay, shapes in between, operators it has none of.

    They may be more than the numbers of a small network, and hold paths of the machine.
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
    for part in (model, graph, *graph.node, *graph.initializer, *graph.input, *graph.output):
        part.ClearField("doc_string")
        if "metadata_props" in part.DESCRIPTOR.fields_by_name:
            part.ClearField("metadata_props")
    return model
