"""What of a network does not count for sparsity, how much that is, and why."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from torch import nn

from paretocli.core.inputs import Inputs
from paretocli.sparsity.applications import applications
from paretocli.sparsity.layers import layers_of
from paretocli.sparsity.owners import owners

CHOSEN = "it is not among the layers that were chosen"
COMPUTED = "zero rows of it are no zero rows of the weight that is computed from it"
GROUPS = "a convolution in groups has no row for each input channel"
ROLES = {
    "input": "an input layer",
    "head": "the head of a task",
    "hidden": CHOSEN,
    "adapter": "export makes it part of the frozen matrix beside it",
}
UNREAD = "no matrix or convolution that an output depends on has it as its weight"

# Of parameters that no matrix or convolution has, by the module that owns them.
_MODULES: tuple[tuple[tuple[type[nn.Module], ...], str], ...] = (
    ((nn.Embedding, nn.EmbeddingBag), "a table of embeddings, which has no inputs"),
    (
        (nn.RNNBase, nn.RNNCellBase),
        "its rows are states, which the layer gives to others as well as to itself",
    ),
    (
        (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d),
        "a transposed convolution, whose rows lie along another axis",
    ),
)


@dataclass(frozen=True)
class LeftOut:
    """A parameter with two dimensions or more that does not count.

    Attributes:
        name: As in `network.named_parameters()`.
        shape: Its shape.
        share: Its numbers among all that the network's parameters have, from 0 to 1.
        reason: Why, as words that follow a name.
    """

    name: str
    shape: tuple[int, ...]
    share: float
    reason: str


def left_out(
    network: nn.Module,
    inputs: Inputs,
    counted: Collection[str],
    tasks: Sequence[str] | None = None,
) -> tuple[LeftOut, ...]:
    """The parameters with two dimensions or more that sparsity does not count.

    Args:
        network: The network; it is left as it was.
        inputs: A small prepared batch, one tensor or several.
        counted: Names of the parameters that count.
        tasks: As for `applications`.
    """
    found, outputs = applications(network, inputs, tasks)
    owned, refused = owners(network, inputs, found)
    layers = {one.name: one for one in layers_of(network, inputs, found, outputs, owned)}
    total = sum(parameter.numel() for parameter in network.parameters())
    modules = dict(network.named_modules())
    left = []
    for name, parameter in network.named_parameters():
        if parameter.dim() < 2 or name in counted:
            continue
        if not parameter.requires_grad:
            reason = "it is frozen"
        elif name in layers:
            reason = ROLES[layers[name].role]
        elif name in refused:
            reason = COMPUTED
        elif any(not one.has_rows for one in found if owned.get(one) == name):
            reason = GROUPS
        else:
            reason = _reason_of_module(modules[name.rpartition(".")[0]])
        left.append(LeftOut(name, tuple(parameter.shape), parameter.numel() / total, reason))
    return tuple(left)


def _reason_of_module(module: nn.Module) -> str:
    return next((reason for kinds, reason in _MODULES if isinstance(module, kinds)), UNREAD)
