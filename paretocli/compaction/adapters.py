"""Adapters (LoRA) as part of the matrix or convolution that they stand beside."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx

from paretocli.compaction.rules.matrices import LINEAR, is_matrix, matrix_tensors
from paretocli.compaction.trace import add_tensor

ATEN = torch.ops.aten

_SUMS = (ATEN.add.Tensor, ATEN.add_.Tensor)
_FACTORS = (ATEN.mul.Tensor, ATEN.mul.Scalar)
_PLAIN = {"stride": 1, "padding": 0, "dilation": 1}


@dataclass(frozen=True)
class _Linear:
    """What is added to a matrix: B A x + b, times a number.

    Attributes:
        inner: The node that applies A.
        outer: The node that applies B.
        factor: The number.
    """

    inner: fx.Node
    outer: fx.Node
    factor: float


@torch.no_grad()
def merge_adapters(module: fx.GraphModule) -> None:
    """Make one matrix of each sum of a matrix and an adapter for the same inputs.

        (W x + b) + s (B A x + c)  =  (W + s B A) x + (b + s c)

    So with convolutions, where B is of size 1.

    Args:
        module: A graph, as `paretocli.compaction.trace.traced` gives it; it is changed, and
            has to be recompiled before it is called.
    """
    graph, found = module.graph, False
    for node in list(graph.nodes):
        if node.target not in _SUMS or node.kwargs.get("alpha", 1) != 1 or len(node.args) != 2:
            continue
        for base, other in (node.args, node.args[::-1]):
            added = _adapter(module, other)
            if added is not None and _is_base(base, added.inner):
                with graph.inserting_before(node):
                    new = _merged(module, base, added)
                new.meta = dict(node.meta)
                node.replace_all_uses_with(new)
                found = True
                break
    if found:
        graph.eliminate_dead_code()


def _adapter(module: fx.GraphModule, node: Any) -> _Linear | None:
    """Two matrices after each other, perhaps times a number, that nobody else reads."""
    factor = 1.0
    while isinstance(node, fx.Node) and node.target in _FACTORS and len(node.users) == 1:
        source, number = node.args[:2]
        value = _number(module, number)
        if value is None:
            return None
        node, factor = source, factor * value
    if not _is_alone(node):
        return None
    inner = matrix_tensors(node)[0]
    if not _is_alone(inner) or inner.target != node.target or matrix_tensors(inner)[2] is not None:
        return None
    return _Linear(inner, node, factor) if _is_pointwise(module, node) else None


def _is_alone(node: Any) -> bool:
    """Whether it applies a matrix or convolution, and one operation reads it."""
    return isinstance(node, fx.Node) and is_matrix(node) and len(node.users) == 1


def _is_base(node: Any, inner: fx.Node) -> bool:
    """Whether a node applies another matrix to the same inputs in the same way as an adapter's."""
    return (
        isinstance(node, fx.Node)
        and is_matrix(node)
        and len(node.users) == 1
        and node.target == inner.target
        and node.args[0] is inner.args[0]
        and _settings(node) == _settings(inner)
    )


def _is_pointwise(module: fx.GraphModule, node: fx.Node) -> bool:
    """Whether a matrix is applied to each place by itself, as it is."""
    if node.target == LINEAR:
        return True
    kernel = _tensor(module, matrix_tensors(node)[1])
    plain = all(
        value in (usual, [usual] * (kernel.dim() - 2), (usual,) * (kernel.dim() - 2))
        for value, usual in zip(_settings(node), _PLAIN.values(), strict=True)
    )
    return plain and all(side == 1 for side in kernel.shape[2:])


def _settings(node: fx.Node) -> list[Any]:
    """Stride, padding and dilation of a convolution, in whatever form they were given."""
    if node.target == LINEAR:
        return []
    rest = list(node.args[3:6])
    usual = list(_PLAIN.values())
    return [list(v) if isinstance(v, list | tuple) else v for v in rest + usual[len(rest) :]]


def _merged(module: fx.GraphModule, base: fx.Node, added: _Linear) -> fx.Node:
    """The node that applies the sum of both."""
    given, weight, bias = matrix_tensors(base)
    inner = _tensor(module, matrix_tensors(added.inner)[1])
    _, outer_weight, outer_bias = matrix_tensors(added.outer)
    outer = _tensor(module, outer_weight)
    product = torch.einsum("or,r...->o...", outer.flatten(1), inner)
    new = add_tensor(
        module, str(weight.target), _tensor(module, weight) + added.factor * product, trained=True
    )
    if outer_bias is not None:
        shift = added.factor * _tensor(module, outer_bias)
        if bias is not None:
            shift = shift + _tensor(module, bias)
        name = f"{weight.target}_bias".replace("_weight", "")
        bias = add_tensor(module, name, shift, trained=True)
    arguments = (given, new, bias, *base.args[3:])
    return module.graph.create_node("call_function", base.target, arguments, name=base.name)


def _number(module: fx.GraphModule, given: Any) -> float | None:
    """A number, or the only one of a tensor of the graph."""
    if isinstance(given, int | float):
        return float(given)
    if isinstance(given, fx.Node) and given.op == "get_attr":
        tensor = _tensor(module, given)
        return float(tensor) if tensor.numel() == 1 else None
    return None


def _tensor(module: fx.GraphModule, node: fx.Node) -> Tensor:
    tensor: Tensor = getattr(module, str(node.target))
    return tensor
