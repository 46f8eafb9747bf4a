"""Which parameter's rows are those of a weight that is applied."""

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from paretocli.core.inputs import Inputs
from paretocli.sparsity.applications import Application, applications

Owners = dict[Application, str]


def owners(
    network: nn.Module, inputs: Inputs, found: Sequence[Application]
) -> tuple[Owners, frozenset[str]]:
    """The names of the parameters whose rows are those of the weights that are applied.

    A weight may be computed: by weight norm, spectral norm and other parametrizations, or as a part
    of a larger one. A parameter stands for it where zero rows of the parameter are zero rows of the
    weight, which is tried with every second row and then with the others.

    Args:
        network: The network; it is left as it was.
        inputs: As for `applications`.
        found: What `applications` gives for them.

    Returns:
        For each application the name, if there is one; and the parameters of which weights are
        computed that have other zero rows, or that are not finite then.
    """
    parameters = dict(network.named_parameters())
    names = {id(parameter): name for name, parameter in parameters.items()}
    owned: Owners = {}
    candidates: dict[int, str] = {}
    for place, one in enumerate(found):
        if one.weight is None:
            continue
        if id(one.weight) in names:
            owned[one] = names[id(one.weight)]
            continue
        alike = [n for n in _made_of(one.weight, names) if _fits(parameters[n], one.weight)]
        if len(alike) == 1:
            candidates[place] = alike[0]
    refused = _refused(network, inputs, len(found), candidates) if candidates else frozenset()
    for place, name in candidates.items():
        if name not in refused:
            owned[found[place]] = name
    return owned, refused


def _made_of(weight: Tensor, names: Mapping[int, str]) -> list[str]:
    """The parameters that a weight is computed of."""
    made, seen, waiting = [], set(), [weight.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        name = names.get(id(getattr(node, "variable", None)))
        if name is not None:
            made.append(name)
        waiting.extend(function for function, _ in node.next_functions)
    return made


def _fits(parameter: Tensor, weight: Tensor) -> bool:
    """Whether a parameter has the rows of a weight, which may be a part of it."""
    if parameter.dim() < 2 or parameter.shape[1] < 2 or len(parameter) < len(weight):
        return False
    return parameter.shape[1:] == weight.shape[1:]


def _refused(
    network: nn.Module, inputs: Inputs, count: int, candidates: Mapping[int, str]
) -> frozenset[str]:
    """The candidates, by the place of their application, whose zero rows are not the weight's."""
    tensors = {name: network.get_parameter(name) for name in candidates.values()}
    kept = {name: tensor.data for name, tensor in tensors.items()}
    refused: set[str] = set()
    for first in range(2):
        try:
            for name, tensor in tensors.items():
                tensor.data = kept[name].clone()
                tensor.data[:, first::2] = 0
            found, _ = applications(network, inputs)
        except Exception:  # with such numbers the network may do whatever it likes
            found = []
        finally:
            for name, tensor in tensors.items():
                tensor.data = kept[name]
        for place, name in candidates.items():
            weight = found[place].weight if len(found) == count else None
            if weight is None or not weight.isfinite().all() or bool(weight[:, first::2].any()):
                refused.add(name)
    return frozenset(refused)
