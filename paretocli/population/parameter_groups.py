"""Parameters by name: at which share of the learning rate they learn, and whether they decay."""

from collections.abc import Sequence
from fnmatch import fnmatch
from typing import TypeVar

from torch import nn

from paretocli.errors import InputError
from paretocli.lists import some_of

NORMS, BIASES = "norms", "biases"

Number = TypeVar("Number", int, float)
Factors = Sequence[tuple[str, float]]


def factors_by_name(network: nn.Module, factors: Factors) -> dict[str, float]:
    """The factor of each trained parameter that a pattern matches; of several, that of the last.

    Args:
        network: Whose parameters.
        factors: Patterns of names, and their factors.

    Raises:
        InputError: A pattern matches none.
    """
    return _by_name(network, factors, "--lr-of")


def freeze(network: nn.Module, factors: Factors) -> dict[str, float]:
    """Freeze the parameters whose factor of the learning rate is 0.

    Frozen is what cannot move: its rows are none that sparsity counts, nor is its gradient one of
    those that a certificate or the norm of a step is about.

    Returns:
        The factors of the others.

    Raises:
        InputError: A pattern matches none, or nothing would be left to train.
    """
    found = factors_by_name(network, factors)
    for name, parameter in network.named_parameters():
        if found.get(name) == 0:
            parameter.requires_grad_(False)
    if 0 in found.values() and not any(p.requires_grad for p in network.parameters()):
        raise InputError(
            "--lr-of freezes all parameters of the network; give some of them a factor above 0."
        )
    return {name: factor for name, factor in found.items() if factor > 0}


def thaw_epochs(network: nn.Module, thaw: Sequence[tuple[str, int]], epochs: int) -> dict[str, int]:
    """For how many epochs each parameter is frozen that a pattern matches; of several, the last.

    Args:
        network: Whose parameters; those frozen for good are none of them.
        thaw: Patterns of names, and their epochs.
        epochs: Those of the search.

    Raises:
        InputError: A pattern matches none or has too many epochs, or nothing would be trained.
    """
    found = _by_name(network, thaw, "--thaw")
    for pattern, count in thaw:
        if count >= epochs:
            raise InputError(
                f"--thaw {pattern}={count} should be below the epochs of the search, {epochs}, so "
                "that all is trained in the end; --lr-of freezes for good."
            )
    if found and all(name in found for name in _trained(network)):
        raise InputError(
            "--thaw freezes all parameters of the network at first; leave some of them out."
        )
    return found


def _by_name(
    network: nn.Module, patterns: Sequence[tuple[str, Number]], flag: str
) -> dict[str, Number]:
    """What is said of each trained parameter that a pattern matches; of several, by the last.

    Raises:
        InputError: A pattern matches none.
    """
    names = _trained(network)
    found: dict[str, Number] = {}
    for pattern, value in patterns:
        own = [name for name in names if fnmatch(name, pattern)]
        if not own:
            raise InputError(
                f"{flag} {pattern}={value:g} matches no parameter of the network that is "
                f"trained; there are {some_of(names)}."
            )
        found |= dict.fromkeys(own, value)
    return found


def _trained(network: nn.Module) -> list[str]:
    return [name for name, p in network.named_parameters() if p.requires_grad]


def undecayed_names(network: nn.Module, kinds: Sequence[str]) -> frozenset[str]:
    """The names of the parameters that weight decay leaves alone.

    Args:
        network: Whose parameters.
        kinds: `norms` for those of normalisation layers, `biases` for those with bias in their own
            name, or patterns of names.

    Raises:
        InputError: One of them names none.
    """
    names = [name for name, _ in network.named_parameters()]
    found: set[str] = set()
    for kind in kinds:
        if kind == NORMS:
            own = _of_norms(network)
        elif kind == BIASES:
            own = {name for name in names if "bias" in name.rpartition(".")[2]}
        else:
            own = {name for name in names if fnmatch(name, kind)}
        if not own:
            raise InputError(
                f"--no-decay {kind} matches no parameter of the network; there are "
                f"{some_of(names)}."
            )
        found |= own
    return frozenset(found)


def _of_norms(network: nn.Module) -> set[str]:
    """The parameters of layers that are named as norms are, torch's own or others'."""
    return {
        f"{prefix}.{name}".removeprefix(".")
        for prefix, module in network.named_modules()
        if "Norm" in type(module).__name__
        for name, _ in module.named_parameters(recurse=False)
    }
