"""From a network to its graph: operations, and the tensors that they need."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from keyword import iskeyword
from typing import Any

import torch
from torch import Tensor, fx, nn

from paretocli.compaction.program import exported, first_line, refusing
from paretocli.errors import InputError

ATEN = torch.ops.aten

# Notes of the tracer, and what does nothing where nothing is trained.
_IDLE = (ATEN._assert_tensor_metadata.default, ATEN._assert_scalar.default)
_PASSING = (ATEN.dropout.default, ATEN.clone.default, ATEN.alias.default, ATEN.detach.default)
# What writing into a part of a tensor becomes.
_WRITING = (
    *(ATEN.select_scatter.default, ATEN.slice_scatter.default, ATEN.as_strided_scatter.default),
    *(ATEN.index_put.default, ATEN.diagonal_scatter.default),
)
# Changes of shape that count on how numbers lie in memory.
_VIEWS = (ATEN.view.default, ATEN._unsafe_view.default)
MADE_OF = "made of"


@dataclass(frozen=True, eq=False)
class Tracing:
    """What a network does, whatever numbers it holds.

    Attributes:
        network: The network.
        program: What torch found.
        arguments: Names of its inputs.
    """

    network: nn.Module
    program: torch.export.ExportedProgram
    arguments: tuple[str, ...]

    def graph(self) -> fx.GraphModule:
        """The graph, with the parameters and buffers that the network holds now, as a module.

        What is said of `uncompiled` holds for it.
        """
        module = self.uncompiled()
        module.recompile()
        return module

    @torch.no_grad()
    def uncompiled(self) -> fx.GraphModule:
        """The same for who reads and changes the graph, but does not call it: it is made sooner.

        Every value (B, …) knows the shape of a sample (`sample_shape`). Parameters and buffers
        stay what they are, their names flat: `shared.0.weight` becomes `shared_0_weight`. What is
        computed of a parameter without any input is one too.
        """
        given = self.program.graph_signature
        names = {
            **given.inputs_to_parameters,
            **given.inputs_to_buffers,
            **given.inputs_to_lifted_tensor_constants,
        }
        tensors = {
            **self.program.state_dict,
            **self.program.constants,
            **dict(self.network.named_buffers(remove_duplicate=False)),
            **dict(self.network.named_parameters(remove_duplicate=False)),
        }
        return _as_module(
            self.program.graph,
            {node: (name, tensors[name]) for node, name in names.items()},
            set(given.inputs_to_parameters),
            self.arguments,
        )


def traced(network: nn.Module, inputs: Mapping[str, Tensor], name: str) -> fx.GraphModule:
    """The graph of a network; arguments and errors are those of `trace`."""
    return trace(network, inputs, name).graph()


def trace(network: nn.Module, inputs: Mapping[str, Tensor], name: str) -> Tracing:
    """What a network does in evaluation mode, with batches of any size.

    Args:
        network: Gives a tuple of outputs (B, …).
        inputs: Its arguments in order, with names for them; batches of at least two samples.
        name: Of the network, for the message.

    Raises:
        InputError: torch.export makes no graph of the network, or one that is no good for other
            batches, or in which buffers change.
    """
    with refusing(name):
        program = exported(network.eval(), tuple(inputs.values()))
        # Without a table, operations that write in place become such that do not; others stay.
        program = program.run_decompositions({})
    given = program.graph_signature
    if given.buffers_to_mutate:
        changed = ", ".join(sorted(given.buffers_to_mutate.values()))
        raise InputError(
            f"The network {name} changes its buffers while it is used ({changed}); it should leave "
            "them alone in evaluation mode."
        )
    tracing = Tracing(network, program, tuple(inputs))
    _refuse_fixed_batch(tracing.graph(), network, tuple(inputs.values()), name)
    return tracing


def sample_shape(node: fx.Node) -> tuple[int, ...] | None:
    """The shape of one sample of a node's value (B, …); None for what is no batch of samples."""
    shape: tuple[int, ...] | None = node.meta.get("sample")
    return shape


def made_of(node: fx.Node) -> frozenset[str]:
    """The network's parameters, by name, of which a tensor of the graph is made."""
    found: frozenset[str] = node.meta.get(MADE_OF, frozenset())
    return found


def unknown_sample(node: fx.Node) -> Tensor | None:
    """A batch of one sample (1, …) of which no number is known, for a node with such a value.

    Its numbers are NaN, of the value's type, or of float32 where that has none.
    """
    shape = sample_shape(node)
    if shape is None:
        return None
    kind: torch.dtype = node.meta["dtype"]
    return torch.full(
        (1, *shape), torch.nan, dtype=kind if kind.is_floating_point else torch.float32
    )


def add_tensor(module: fx.GraphModule, name: str, tensor: Tensor, *, trained: bool) -> fx.Node:
    """A node at the end of the graph that gives a tensor, under a free name like the one given.

    Args:
        module: Gets the tensor.
        name: What it is called, if that is free.
        tensor: Its numbers, which are copied.
        trained: Whether it becomes a parameter, if it holds floats, or else a buffer.
    """
    plain = name.replace(".", "_").removeprefix("network_")
    # Modules may have any name without a dot, such as a task's.
    flat = "".join(letter if f"_{letter}".isidentifier() else "_" for letter in plain)
    flat = flat if flat.isidentifier() and not iskeyword(flat) else f"layer_{flat}"
    free, number = flat, 0
    while hasattr(module, free):
        number += 1
        free = f"{flat}_{number}"
    own = tensor.detach().contiguous().clone()
    if trained and own.is_floating_point():
        module.register_parameter(free, nn.Parameter(own, requires_grad=False))
    else:
        module.register_buffer(free, own)
    return module.graph.get_attr(free)


@torch.no_grad()
def _refuse_fixed_batch(
    module: fx.GraphModule, network: nn.Module, inputs: Sequence[Tensor], name: str
) -> None:
    """Refuse a graph that fails with batches of other sizes than the one it was made with.

    Raises:
        InputError: It does, or the network itself does.
    """
    for size in (1, len(inputs[0]) + 1):
        rows = torch.arange(size) % len(inputs[0])
        batch = [given[rows] for given in inputs]
        samples = "one sample" if size == 1 else f"{size} samples"
        try:
            expected = [output.shape for output in network(*batch)]
        except Exception as error:
            raise InputError(
                f"The network {name} fails with a batch of {samples}: {first_line(error)}."
            ) from error
        try:
            found = [output.shape for output in module(*batch)]
            words = f"its outputs have the shapes {_shapes(found)} in place of {_shapes(expected)}"
        except Exception as error:
            found, words = [], first_line(error)
        if found != expected:
            raise InputError(
                f"The graph that torch.export makes of the network {name} is no good for a batch "
                f"of {samples} ({words})" + _writing(module)
            )


def _shapes(shapes: Sequence[torch.Size]) -> str:
    return ", ".join(str(tuple(shape)) for shape in shapes)


def _writing(module: fx.GraphModule) -> str:
    """The end of a sentence about a graph, with advice where it writes into parts of tensors."""
    if not any(node.target in _WRITING for node in module.graph.nodes):
        return "."
    return (
        "; it writes into parts of tensors, as x[:, 0] -= 1 does: a tensor made anew in their "
        "place may help."
    )


def _as_module(
    traced_graph: fx.Graph,
    tensors: Mapping[str, tuple[str, Tensor]],
    parameters: Collection[str],
    arguments: Sequence[str],
) -> fx.GraphModule:
    """The graph of an exported program as a module that holds its parameters and buffers.

    Args:
        traced_graph: The graph, in which tensors are inputs too.
        tensors: What they are called and their numbers, by the names of their nodes.
        parameters: The names of those nodes that are parameters.
        arguments: Names of the other inputs.
    """
    module = fx.GraphModule(nn.Module(), fx.Graph())
    graph, new = module.graph, dict[fx.Node, fx.Node]()
    inputs = [n for n in traced_graph.find_nodes(op="placeholder") if n.name not in tensors]
    batch = {str(node.meta["val"].shape[0]) for node in inputs}  # symbols that stand for its size
    fixed = dict[fx.Node, Any]()  # what no input has a part in
    origins = dict[fx.Node, frozenset[str]]()  # the parameters that it is made of

    def own(node: fx.Node) -> fx.Node:
        if node not in new:
            name = tensors[node.name][0] if node.name in tensors else node.name
            new[node] = add_tensor(module, name, fixed[node], trained=bool(origins[node]))
            new[node].meta[MADE_OF] = origins[node]
        return new[node]

    for node in traced_graph.nodes:
        if node.target in _IDLE:
            continue
        if node.name in tensors and node.op == "placeholder":
            name, fixed[node] = tensors[node.name]
            origins[node] = frozenset({name} if node.name in parameters else ())
        if node.op == "call_function" and all(n in fixed for n in node.all_input_nodes):
            given, options = fx.node.map_arg((node.args, node.kwargs), fixed.__getitem__)
            fixed[node] = node.target(*given, **options)
            origins[node] = frozenset[str]().union(*(origins[n] for n in node.all_input_nodes))
        if node in fixed:
            continue
        if node.target in _PASSING:
            new[node] = own(node.args[0])
            continue
        if node in inputs:
            new[node] = graph.placeholder(arguments[inputs.index(node)])
        elif node.target == ATEN.sym_size.int and str(node.meta["val"]) in batch:
            # Asked of an input, it keeps no value alive.
            new[node] = graph.call_function(node.target, (new[inputs[0]], 0))
        else:
            new[node] = graph.node_copy(node, own)
        if node.target in _VIEWS:
            new[node] = _reshape(new[node])
        value = node.meta.get("val")
        new[node].meta = {"sample": _sample(value, batch), "dtype": getattr(value, "dtype", None)}
    graph.eliminate_dead_code()
    return module


def _reshape(view: fx.Node) -> fx.Node:
    """The same change of shape, where the copy that made a view possible is gone."""
    source, sizes = view.args
    assert isinstance(sizes, Sequence)
    rest = list(sizes[1:])
    if isinstance(sizes[0], fx.Node) and all(isinstance(s, int) and s >= 0 for s in rest):
        sizes = [-1, *rest]  # the batch is what is left
    target, graph = ATEN.reshape.default, view.graph
    new = graph.create_node("call_function", target, (source, sizes), name="reshape")
    graph.erase_node(view)
    return new


def _sample(value: Any, batch: Collection[str]) -> tuple[int, ...] | None:
    if not isinstance(value, Tensor) or value.dim() < 2 or str(value.shape[0]) not in batch:
        return None
    sides = tuple(value.shape[1:])
    return sides if all(isinstance(side, int) for side in sides) else None
