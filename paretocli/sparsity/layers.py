"""The layers of a network: which there are, which ones sparsity counts, and their rows.

A row is what belongs to one input neuron or channel: column r of a matrix (out, in), the slice
`weight[:, r]` of a convolution's kernel (out, in, …).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any, Literal

import torch
from torch import Tensor, nn

from paretocli.errors import InputError
from paretocli.problems.inputs import Inputs, call, sample_count

Role = Literal["input", "hidden", "head"]

WITH_ROWS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
WITHOUT_ROWS = (
    nn.Embedding,
    nn.EmbeddingBag,
    nn.RNNBase,
    nn.RNNCellBase,
    nn.MultiheadAttention,
)


@dataclass(frozen=True)
class Layer:
    """The weight of a matrix or convolution.

    Attributes:
        name: Name of the parameter, as in `network.named_parameters()`.
        shape: (out, in, …).
        role: `input` where no other layer comes before it, else `head` where an output of the
            network comes straight from it, else `hidden`.
        positions: How often it is applied to one sample: 1, or the pixels of a convolution's
            output.
        trained: Whether it is, and not frozen.
    """

    name: str
    shape: tuple[int, ...]
    role: Role
    positions: int
    trained: bool = True

    @property
    def rows(self) -> int:
        """Number of rows R: input neurons or channels."""
        return self.shape[1]

    @property
    def row_size(self) -> int:
        """Entries of a row."""
        size = self.shape[0]
        for side in self.shape[2:]:
            size *= side
        return size

    @property
    def parameters(self) -> int:
        """Entries of the weight."""
        return self.rows * self.row_size


def rows_first(weights: Tensor) -> Tensor:
    """A view (K, in, out, …) of stacked weights (K, out, in, …), whose rows are `[:, r]`."""
    return weights.transpose(1, 2)


def row_norms(weights: Tensor) -> Tensor:
    """Euclidean norms (K, R) of the rows of stacked weights (K, out, R, …)."""
    others = [axis for axis in range(1, weights.dim()) if axis != 2]
    norms: Tensor = torch.linalg.vector_norm(weights, dim=others)
    return norms


def over_rows(values: Tensor, weights: Tensor) -> Tensor:
    """Numbers a row (K, R), shaped to multiply stacked weights (K, out, R, …)."""
    size, rows = values.shape
    return values.reshape([size, 1, rows, *[1] * (weights.dim() - 3)])


def per_member(values: Tensor, like: Tensor) -> Tensor:
    """Numbers (K,), shaped to multiply (K, …)."""
    return values.reshape([len(values), *[1] * (like.dim() - 1)])


def find_layers(network: nn.Module, inputs: Inputs) -> tuple[Layer, ...]:
    """All matrices and convolutions that the outputs depend on, in the order of the forward pass.

    What comes before and after a layer is read from the graph that the forward pass leaves for
    the backward one. Embeddings, recurrent layers and attention come before and after others, but
    are not found themselves: none of their matrices has a row for each number that they are given.
    Convolutions in groups are left out too, for their kernels have no row an input channel, and
    weights that are computed from other parameters.

    Args:
        network: Returns a sequence of outputs.
        inputs: A small prepared batch, one tensor or several.
    """
    calls, outputs = _traced(network, inputs)
    nodes = {call.node: call for call in calls}
    heads = {id(nodes[node].weight) for output in outputs for node in _next_layers(output, nodes)}
    used = _used(outputs, nodes)
    layers = []
    for name, weight in network.named_parameters():
        own = [call for call in used if call.weight is weight]
        if not own or not all(call.has_rows for call in own):
            continue
        fed = any(_next_layers(source, nodes) for call in own for source in call.sources)
        layer = Layer(
            name=name,
            shape=tuple(weight.shape),
            role="input" if not fed else "head" if id(weight) in heads else "hidden",
            positions=sum(call.positions for call in own),
            trained=weight.requires_grad,
        )
        layers.append((min(calls.index(call) for call in own), layer))
    return tuple(layer for _, layer in sorted(layers, key=lambda pair: pair[0]))


def counted_layers(layers: Sequence[Layer], patterns: Sequence[str] = ()) -> tuple[Layer, ...]:
    """The layers whose rows are to become zero.

    Args:
        layers: All layers.
        patterns: Names of layers, `*` and `?` standing for any characters; `.weight` at the end
            may be left out. Without any, all but input layers and task heads. Frozen layers never
            count.

    Raises:
        InputError: A pattern matches no layer.
    """
    layers = [layer for layer in layers if layer.trained]
    if not patterns:
        return tuple(layer for layer in layers if layer.role == "hidden")
    for pattern in patterns:
        if not any(_matches(layer, pattern) for layer in layers):
            known = ", ".join(layer.name.removesuffix(".weight") for layer in layers) or "none"
            raise InputError(
                f"--sparse-layers {pattern} matches no layer; the network's matrices and "
                f"convolutions are {known}."
            )
    return tuple(layer for layer in layers if any(_matches(layer, p) for p in patterns))


def _matches(layer: Layer, pattern: str) -> bool:
    return fnmatch(layer.name, pattern) or fnmatch(layer.name.removesuffix(".weight"), pattern)


@dataclass(frozen=True, eq=False)
class _Call:
    """One application of a layer: its node in autograd's graph and the ones that feed it.

    The weight is that of a matrix or convolution, None of any other layer.
    """

    weight: Tensor | None
    has_rows: bool
    node: Any
    sources: tuple[Any, ...]
    positions: int


def _traced(network: nn.Module, inputs: Inputs) -> tuple[list[_Call], list[Any]]:
    """The applications of all matrices and convolutions, and the nodes of the outputs."""
    calls: list[_Call] = []
    count = sample_count(inputs)

    def record(module: Any, given: tuple[Any, ...], named: dict[str, Any], output: Any) -> None:
        sources = tuple(t.grad_fn for t in _tensors([*given, *named.values()]))
        if isinstance(module, WITH_ROWS):
            positions = output.numel() // (count * module.weight.shape[0])
            has_rows = getattr(module, "groups", 1) == 1
            calls.append(_Call(module.weight, has_rows, output.grad_fn, sources, positions))
        else:
            calls.extend(_Call(None, False, t.grad_fn, sources, 0) for t in _tensors([output]))

    handles = [
        module.register_forward_hook(record, with_kwargs=True)
        for module in network.modules()
        if isinstance(module, WITH_ROWS + WITHOUT_ROWS)
    ]
    modes = {module: module.training for module in network.modules()}
    frozen = [parameter for parameter in network.parameters() if not parameter.requires_grad]
    network.eval()
    for parameter in frozen:  # or they would not show in the graph
        parameter.requires_grad_()
    try:
        with torch.enable_grad():
            return calls, [output.grad_fn for output in call(network, inputs)]
    finally:
        for parameter in frozen:
            parameter.requires_grad_(False)
        for module, mode in modes.items():
            module.training = mode
        for handle in handles:
            handle.remove()


def _used(outputs: list[Any], nodes: dict[Any, _Call]) -> list[_Call]:
    """The calls that some output depends on."""
    used: dict[Any, _Call] = {}
    waiting = list(outputs)
    while waiting:
        for node in _next_layers(waiting.pop(), nodes):
            if node not in used:
                used[node] = nodes[node]
                waiting.extend(nodes[node].sources)
    return list(used.values())


def _tensors(values: Iterable[Any]) -> Iterator[Tensor]:
    """The tensors among some values and the tuples in them."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, tuple | list):
            yield from _tensors(value)


def _next_layers(start: Any, nodes: dict[Any, _Call]) -> list[Any]:
    """The first layers met on each path back through autograd's graph, the start included."""
    found, seen, waiting = [], set(), [start]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if node in nodes:
            found.append(node)
        else:
            waiting.extend(function for function, _ in node.next_functions)
    return found
