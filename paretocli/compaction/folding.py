"""Batch norm as part of the matrix or convolution before it."""

import torch
from torch import fx

from paretocli.compaction.rules.channelwise import is_batch_norm, normalisation
from paretocli.compaction.rules.matrices import is_matrix, matrix_tensors
from paretocli.compaction.trace import add_tensor


@torch.no_grad()
def fold_batch_norms(module: fx.GraphModule) -> None:
    """Give a matrix or convolution that only batch norm reads weights that make it superfluous.

        γ (W x + b − mean) / √(variance + ε) + β  =  (s W) x + s (b − mean) + β,   s = γ / √(…)

    Args:
        module: A graph, as `paretocli.compaction.trace.traced` gives it; it is changed.
    """
    graph = module.graph
    for node in list(graph.nodes):
        if not is_batch_norm(node):
            continue
        source, tensors, eps = normalisation(node)
        if not is_matrix(source) or len(source.users) > 1:
            continue
        found = [None if tensor is None else getattr(module, tensor.target) for tensor in tensors]
        gain, shift = found[:2]
        mean, variance = (tensor for tensor in found[2:] if tensor is not None)
        scale = (variance + eps).rsqrt() * (1.0 if gain is None else gain)
        given, weight, bias = matrix_tensors(source)
        kernel = getattr(module, str(weight.target))
        offset = -mean if bias is None else getattr(module, bias.target) - mean
        moved = scale * offset + (0.0 if shift is None else shift)
        with graph.inserting_before(source):
            new_weight = add_tensor(
                module, str(weight.target), kernel * scale.reshape(-1, *[1] * (kernel.dim() - 1))
            )
            new_bias = add_tensor(module, f"{weight.target}_bias".replace("_weight", ""), moved)
        source.args = (given, new_weight, new_bias, *source.args[3:])
        node.replace_all_uses_with(source)
    graph.eliminate_dead_code()
    module.recompile()
