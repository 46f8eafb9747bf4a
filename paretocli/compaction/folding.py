"""Batch norm as part of the matrix or convolution before it."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import fx

from paretocli.compaction.rules.channelwise import is_batch_norm, normalisation
from paretocli.compaction.rules.matrices import LINEAR, is_grouped, is_matrix, matrix_tensors
from paretocli.compaction.trace import add_tensor, sample_shape


@torch.no_grad()
def fold_batch_norms(module: fx.GraphModule) -> None:
    """Give a matrix or convolution that only batch norm reads weights that make it superfluous.

        γ (W x + b − mean) / √(variance + ε) + β  =  (s W) x + s (b − mean) + β,   s = γ / √(…)

    Args:
        module: A graph, as `paretocli.compaction.trace.traced` gives it; it is changed, and
            has to be recompiled before it is called.
    """
    graph = module.graph
    made: dict[tuple[Any, ...], tuple[str, str]] = {}  # names of new weights and biases
    for node in list(graph.nodes):
        if not is_batch_norm(node):
            continue
        source, norm, eps = normalisation(node)
        if not _makes_channels(source) or len(source.users) > 1:
            continue
        given, *tensors = matrix_tensors(source)
        key = (*tensors, *norm, eps)
        with graph.inserting_before(source):
            if key in made:  # by another use of the same layers
                new = [graph.get_attr(name) for name in made[key]]
            else:
                new = _folded(module, tensors, norm, eps)
                made[key] = (str(new[0].target), str(new[1].target))
        source.args = (given, *new, *source.args[3:])
        node.replace_all_uses_with(source)
    if made:
        graph.eliminate_dead_code()


def _makes_channels(node: fx.Node) -> bool:
    """Whether what a matrix or convolution makes lies along the axis of batch norm's channels."""
    if is_grouped(node):
        return True
    return is_matrix(node) and (node.target != LINEAR or len(sample_shape(node) or ()) == 1)


def _folded(
    module: fx.GraphModule, tensors: Sequence[Any], norm: Sequence[Any], eps: float
) -> list[fx.Node]:
    """The new weight and bias, from the weight and bias or None, and batch norm's tensors."""
    numbers: list[Any] = [
        None if tensor is None else getattr(module, tensor.target) for tensor in (*tensors, *norm)
    ]
    kernel, bias, gain, shift, mean, variance = numbers
    weight = str(tensors[0].target)
    scale = (variance + eps).rsqrt() * (1.0 if gain is None else gain)
    offset = -mean if bias is None else bias - mean
    moved = scale * offset + (0.0 if shift is None else shift)
    scaled = kernel * scale.reshape(-1, *[1] * (kernel.dim() - 1))
    return [
        add_tensor(module, weight, scaled, trained=True),
        add_tensor(module, f"{weight}_bias".replace("_weight", ""), moved, trained=True),
    ]
