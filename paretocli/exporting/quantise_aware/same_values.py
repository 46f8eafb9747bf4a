"""Which node of a graph has the values of a tensor in an ONNX file, found by running both."""

from collections.abc import Mapping, Sequence
from typing import Any

import onnx
import torch
from torch import Tensor, fx

from paretocli.errors import InputError
from paretocli.timing.onnx_session import onnx_session

CLOSE = 1e-4  # relative to the largest value: kernels add up in another order


def values_in(
    model: onnx.ModelProto, names: Sequence[str], inputs: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """The values that tensors of a model have for some inputs.

    Args:
        model: It, which is left as it is.
        names: Of the tensors.
        inputs: By the names of its arguments.
    """
    shown = onnx.ModelProto()
    shown.CopyFrom(model)
    there = {one.name for one in shown.graph.output}
    given = {one.name for one in shown.graph.input}
    shown.graph.output.extend(
        onnx.ValueInfoProto(name=name)
        for name in dict.fromkeys(names)
        if name not in there and name not in given
    )
    arrays = {name: tensor.numpy() for name, tensor in inputs.items()}
    session = onnx_session(shown.SerializeToString(), 0)
    wanted = [one.name for one in session.get_outputs()]
    found = dict(zip(wanted, session.run(wanted, arrays), strict=True)) | arrays
    return {name: torch.from_numpy(found[name]) for name in names}


@torch.no_grad()
def nodes_of(
    module: fx.GraphModule, inputs: Sequence[Tensor], values: Mapping[str, Tensor]
) -> dict[str, fx.Node]:
    """By name, the first node of a graph that has the values.

    Args:
        module: The graph.
        inputs: What it is given.
        values: What other tensors hold then, by name.

    Raises:
        InputError: There is none.
    """
    recorder = _Recorder(module)
    recorder.run(*inputs)
    found = {}
    for name, value in values.items():
        close = CLOSE * float(value.abs().max()) if value.numel() else 0.0
        same = (
            node
            for node, own in recorder.found.items()
            if own.shape == value.shape and bool(((own - value).abs() <= close).all())
        )
        node = next(same, None)
        if node is None:
            raise InputError(
                "This network cannot be trained with its numbers rounded: no step of its own gives "
                f"what the ONNX file rounds as {name}; leave out --quantise-aware."
            )
        found[name] = node
    return found


class _Recorder(fx.Interpreter):
    """Runs a graph, and keeps the numbers that each node gives."""

    def __init__(self, module: fx.GraphModule) -> None:
        super().__init__(module, garbage_collect_values=False)
        self.found: dict[fx.Node, Tensor] = {}

    def run_node(self, n: fx.Node) -> Any:
        result = super().run_node(n)
        if isinstance(result, Tensor) and result.is_floating_point() and n.op != "get_attr":
            self.found[n] = result.float()
        return result
