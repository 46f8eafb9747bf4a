"""The numbers that a program computes with, whatever it is given."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind


@dataclass(frozen=True, eq=False)
class Numbers:
    """A tensor that meets a program's inputs.

    Attributes:
        name: Of the parameter or buffer; with an operator where something was made of that.
        tensor: It.
        derived: Whether it was worked out of what is stored.
    """

    name: str
    tensor: Tensor
    derived: bool


@torch.no_grad()
def program_numbers(program: ExportedProgram) -> list[Numbers]:
    """The tensors that meet a program's inputs.

    Parameters and buffers that are used as they are, and in place of others what is made of them
    alone, such as a weight from its length and its direction.
    """
    known: dict[fx.Node, Any] = {}
    names: dict[fx.Node, str] = {}
    places = {one.arg.name: one for one in program.graph_signature.input_specs}
    for node in program.graph.nodes:
        if node.op == "placeholder":
            place = places[node.name]
            if place.kind != InputKind.USER_INPUT:
                known[node] = _stored(program, str(place.target))
                names[node] = str(place.target).removeprefix("network.")
        elif node.op == "call_function" and _constant(node, known):
            args, kwargs = fx.node.map_arg((node.args, node.kwargs), known.__getitem__)
            known[node] = node.target(*args, **kwargs)
            names[node] = f"{names[node.all_input_nodes[0]]} ({node.name})"
    met = (node for node in known if any(user not in known for user in node.users))
    return [
        Numbers(names[node], known[node], node.op != "placeholder")
        for node in met
        if isinstance(known[node], Tensor)
    ]


def _constant(node: fx.Node, known: dict[fx.Node, Any]) -> bool:
    """Whether a node is worked out of what is known alone; one without inputs draws or fills."""
    inputs = node.all_input_nodes
    return bool(inputs) and all(one in known for one in inputs)


def _stored(program: ExportedProgram, name: str) -> Tensor:
    found: Tensor = {**program.constants, **program.state_dict}[name]
    return found
