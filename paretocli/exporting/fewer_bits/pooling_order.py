"""Activations before pooling instead of after it, in an ONNX model."""

import onnx


def activations_first(model: onnx.ModelProto) -> onnx.ModelProto:
    """Put ReLU before the largest of a window, where it comes after: the outputs are the same.

    What is between a layer and its ReLU is then nothing, so that the layer rounds to eight bits
    what is positive alone, and pooling passes these on as they are.
    """
    graph = model.graph
    made = {output: node for node in graph.node for output in node.output}
    read = [name for node in graph.node for name in node.input]
    ends = {one.name for one in graph.output}
    for relu in graph.node:
        pool = made.get(relu.input[0]) if relu.op_type == "Relu" else None
        if pool is None or pool.op_type != "MaxPool" or len(pool.output) > 1:
            continue
        between = pool.output[0]
        if read.count(between) > 1 or between in ends:
            continue
        first, second = onnx.NodeProto(), onnx.NodeProto()
        first.CopyFrom(relu)
        second.CopyFrom(pool)
        first.input[0], first.output[0] = pool.input[0], between
        second.input[0], second.output[0] = between, relu.output[0]
        pool.CopyFrom(first)
        relu.CopyFrom(second)
        # Its shape was that after pooling.
        for value in [one for one in graph.value_info if one.name == between]:
            graph.value_info.remove(value)
    return model
