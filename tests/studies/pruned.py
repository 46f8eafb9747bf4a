"""What the package torch-pruning makes of a network with zero rows, where it is installed."""

import copy
import importlib.util
from typing import Any

import torch
from torch import Tensor, nn

ALLOWED = 1e-4  # of the largest output


def pruned_parameters(network: nn.Module, inputs: tuple[Tensor, ...]) -> str:
    """How many parameters are left, and whether the outputs are the same, as a text.

    Or why that is not known.

    A channel leaves where all layers of its group that read it hold zero rows for it, so that the
    outputs stay as they are but for what a bias of the layer before would have added.
    """
    if importlib.util.find_spec("torch_pruning") is None:
        return "not installed"
    import torch_pruning as tp

    small = copy.deepcopy(network)
    try:
        graph = tp.DependencyGraph().build_dependency(small, example_inputs=inputs)
        for module in list(small.modules()):
            known = module in graph.module2node  # a part of torch's attention is not
            if isinstance(module, nn.Linear | nn.Conv2d) and known:
                _prune_zero_rows(tp, graph, module)
    except Exception as error:  # it is another's, and does what it does
        return f"fails: {type(error).__name__}"
    left = f"{sum(parameter.numel() for parameter in small.parameters()):,}"
    apart = _difference(network, small, inputs)
    return left if apart <= ALLOWED else f"{left}, outputs differ by {apart:.0e}"


@torch.no_grad()
def _difference(network: nn.Module, small: nn.Module, inputs: tuple[Tensor, ...]) -> float:
    """The largest difference of an output, over the largest output of its task."""
    pairs = zip(network(*inputs), small(*inputs), strict=True)
    return max(float((one - two).abs().max() / one.abs().max()) for one, two in pairs)


def _prune_zero_rows(tp: Any, graph: Any, module: nn.Module) -> None:
    grouped = isinstance(module, nn.Conv2d) and module.groups > 1
    if grouped:  # what it reads and what it gives are one
        return
    kind = tp.prune_linear_in_channels
    if isinstance(module, nn.Conv2d):
        kind = tp.prune_conv_in_channels
    row = 0
    while row < module.weight.shape[1] and module.weight.shape[1] > 1:
        if module.weight[:, row].any():
            row += 1
            continue
        group = graph.get_pruning_group(module, kind, [row])
        if graph.check_pruning_group(group) and all(_reads_zero(tp, part) for part in group):
            group.prune()
        else:
            row += 1


@torch.no_grad()
def _reads_zero(tp: Any, part: Any) -> bool:
    """Whether a part of a group, if it reads, holds zero rows."""
    layer = part.dep.target.module
    reads = part.dep.handler in {tp.prune_linear_in_channels, tp.prune_conv_in_channels}
    if not reads or (isinstance(layer, nn.Conv2d) and layer.groups > 1):
        return True
    return not layer.weight[:, list(part.idxs)].any()
