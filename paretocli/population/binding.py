"""A network with other tensors in it that it keeps, also while gradients are worked out."""

from collections.abc import Mapping

from torch import Tensor, nn


def bound(network: nn.Module, tensors: Mapping[str, Tensor]) -> nn.Module:
    """A network of the same modules with other parameters and buffers.

    `torch.func.functional_call` takes the tensors back when the forward pass is over. What is
    computed again in the backward pass (`torch.utils.checkpoint`) would compute with the network's
    own ones then.

    Args:
        network: Stays as it is; all but tensors and modules is shared with it.
        tensors: By the names that the network's parameters and buffers have.
    """
    own = dict((*network.named_parameters(), *network.named_buffers()))
    given = {id(tensor): tensors[name] for name, tensor in own.items() if name in tensors}
    return _bound(network, given, {})


def _bound(
    module: nn.Module, given: Mapping[int, Tensor], known: dict[int, nn.Module]
) -> nn.Module:
    """A module with tensors in place of its own; one that is there twice stays one."""
    if id(module) in known:
        return known[id(module)]
    found: nn.Module = object.__new__(type(module))
    known[id(module)] = found
    state = dict(vars(module))
    for kind in ("_parameters", "_buffers"):
        state[kind] = {n: given.get(id(tensor), tensor) for n, tensor in state[kind].items()}
    state["_modules"] = {
        name: None if part is None else _bound(part, given, known)
        for name, part in state["_modules"].items()
    }
    vars(found).update(state)
    if isinstance(found, nn.RNNBase):  # keeps its weights in a list besides
        names = found._flat_weights_names
        vars(found)["_flat_weights"] = [state["_parameters"].get(name) for name in names]
    return found
