"""The biases by which the layers that read a network's inputs could read something else beside."""

from collections.abc import Collection

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.conv import _ConvNd
from torch.utils._pytree import tree_leaves

from paretocli.core.generators import generators_kept
from paretocli.core.inputs import Inputs, arguments_of, call, mapped

MATRICES = (nn.Linear, _ConvNd)
NORMS = (_NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)
LOOKED_UP = (nn.Embedding, nn.EmbeddingBag)
SEEN = 1e-4  # by how much outputs change at least, relative to their largest number


def input_biases(network: nn.Module, inputs: Inputs) -> tuple[str, ...]:
    """The biases of a network by which the layers that read its inputs read the weights too.

    Those of the matrices and convolutions that come first, and of norms with no other matrix before
    them: batch norm takes away what is added before it. Embeddings come before all of them.

    Args:
        network: In whichever mode; all of it is left as it is.
        inputs: Some samples (B, …), prepared.

    Returns:
        Their names among the trained parameters; none where nothing that is trained, or nothing
        that the outputs follow, reads the inputs.
    """
    named = {id(p): name for name, p in network.named_parameters() if p.requires_grad}
    device = next(network.parameters()).device
    there = mapped(lambda tensor: tensor.to(device), inputs)
    first = _readers(network, there, MATRICES, (*NORMS, *LOOKED_UP), ())
    norms = _readers(network, there, NORMS, (*NORMS, *LOOKED_UP), first)
    biases = [getattr(module, "bias", None) for module in (*first, *norms)]
    found = [named[id(bias)] for bias in biases if id(bias) in named]
    names = tuple(name for name in named.values() if name in found)
    return names if names and _are_seen(network, there, names) else ()


def _readers(
    network: nn.Module,
    inputs: Inputs,
    kinds: tuple[type[nn.Module], ...],
    passed: tuple[type[nn.Module], ...],
    others: Collection[nn.Module],
) -> list[nn.Module]:
    """The modules of some kinds that read inputs through nothing but modules that are passed.

    Args:
        network: The network.
        inputs: Some samples.
        kinds: Of the modules.
        passed: Kinds of those that count as a part of the inputs.
        others: Further ones that do.
    """
    modules, found = list(network.modules()), []
    passing = [m for m in modules if isinstance(m, passed) or m in others]
    before = [(p, p.requires_grad) for p in network.parameters()]
    kept = {id(p) for module in passing for p in module.parameters(recurse=False)}
    mode = {module: module.training for module in modules}

    def look(module: nn.Module, given: tuple[object, ...], named: dict[str, object]) -> None:
        # What no parameter has a part in has no gradient.
        tensors = [t for t in (*given, *named.values()) if isinstance(t, Tensor)]
        if tensors and not any(t.requires_grad for t in tensors) and module not in found:
            found.append(module)

    hooks = [
        m.register_forward_pre_hook(look, with_kwargs=True) for m in modules if isinstance(m, kinds)
    ]
    try:
        for parameter, _ in before:
            parameter.requires_grad_(id(parameter) not in kept)
        with torch.enable_grad(), generators_kept(next(network.parameters()).device):
            call(network.eval(), inputs)
    finally:
        for hook in hooks:
            hook.remove()
        for parameter, trained in before:
            parameter.requires_grad_(trained)
        for module, training in mode.items():
            module.training = training
    return found


@torch.no_grad()
def _are_seen(network: nn.Module, inputs: Inputs, names: Collection[str]) -> bool:
    """Whether outputs in training change with some biases."""
    device, mode = next(network.parameters()).device, network.training
    positional, by_name = arguments_of(inputs)
    own = {name: tensor.detach() for name, tensor in network.named_parameters()}
    shifted = {n: own[n] + torch.linspace(-1, 1, len(own[n])).to(own[n]) for n in names}
    found = []
    for given in (own, own | shifted):
        buffers = {name: tensor.clone() for name, tensor in network.named_buffers()}
        with generators_kept(device):  # dropout leaves out the same
            returned = functional_call(network.train(), given | buffers, positional, by_name)
        found.append([leaf for leaf in tree_leaves(returned) if isinstance(leaf, Tensor)])
    network.train(mode)
    return any(_differ(*pair) for pair in zip(*found, strict=True))


def _differ(one: Tensor, other: Tensor) -> bool:
    largest = one.abs().nan_to_num(0.0, 0.0).max()
    return bool((one - other).abs().nan_to_num(torch.inf).max() > SEEN * largest)
