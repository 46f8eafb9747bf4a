"""Which of some tensors fit a network, by name and shape, and taking them over."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from paretocli.errors import InputError
from paretocli.lists import some_of

# What wrappers of networks put before all names: those of data-parallel and of compiled ones.
WRAPPERS = ("module.", "_orig_mod.")


@dataclass(frozen=True)
class Fit:
    """What some tensors have in common with a network.

    Attributes:
        tensors: Those that fit, by the network's own names and of its types.
        missing: What the network, or the module asked for, has and is not among them.
        unexpected: What is among them and the network has not, by their own names.
        other_shape: Names that both have with shapes or types that differ, with what differs.
        parameters: Entries of the network's parameters that are taken over.
        of: Entries of all its parameters.
    """

    tensors: Mapping[str, Tensor]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    other_shape: Mapping[str, str]
    parameters: int
    of: int

    @property
    def whole(self) -> bool:
        """Whether nothing is missing, left over or of another shape."""
        return not (self.missing or self.unexpected or self.other_shape)

    @property
    def differences(self) -> list[str]:
        """What does not fit, in words, such as "missing: head.weight"."""
        shapes = [f"{name} {what}" for name, what in self.other_shape.items()]
        found = {
            "missing": self.missing,
            "unexpected": self.unexpected,
            "of another shape or type": shapes,
        }
        return [f"{what}: {some_of(names)}" for what, names in found.items() if names]


def fit_of(network: nn.Module, given: Mapping[str, Tensor], module: str = "") -> Fit:
    """Compare tensors with those of a network, or of one of its modules.

    Tied parameters have several names and are there under any of them. A batch norm's count of
    batches, which older files lack, is not missed.

    Args:
        network: The network.
        given: Tensors by name, as `state_dict` gives them.
        module: The name of the module that they are for, empty for the network itself.

    Raises:
        InputError: There is no such module, or one of its parameters is given twice and differs.
    """
    prefix = f"{module}." if module else ""
    own = {f"{prefix}{name}": t for name, t in _module(network, module).items()}
    found = {f"{prefix}{name}": t for name, t in _unwrapped(given, own, prefix).items()}
    differing = {n: _difference(found[n], own[n]) for n in own if n in found}
    other_shape = {name: what for name, what in differing.items() if what}
    fitting = {n: found[n].detach().to(own[n].dtype) for n in differing if n not in other_shape}
    there: dict[int, str] = {}
    for name, tensor in fitting.items():
        first = there.setdefault(id(own[name]), name)
        if first != name and not torch.equal(fitting[first], tensor):
            raise InputError(
                f"The network has one tensor for {first} and {name}, which differ among the "
                "pretrained weights; leave one of them out of the file."
            )
    missing = (n for n in own if n not in found and id(own[n]) not in there)
    parameters = list(network.parameters())
    return Fit(
        tensors=fitting,
        missing=tuple(n for n in missing if not _is_count(n, found)),
        unexpected=tuple(n.removeprefix(prefix) for n in found if n not in own),
        other_shape=other_shape,
        parameters=sum(p.numel() for p in parameters if id(p) in there),
        of=sum(p.numel() for p in parameters),
    )


def take_over(network: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Copy tensors that fit into a network; what they do not name stays as it is."""
    network.load_state_dict(dict(tensors), strict=False)


def _module(network: nn.Module, name: str) -> dict[str, Tensor]:
    """What a module has by name; tied parameters are one object."""
    try:
        state = network.get_submodule(name).state_dict(keep_vars=True)
    except AttributeError:
        known = some_of([child for child, _ in network.named_modules() if child])
        raise InputError(
            f"--start-at {name} names no module of the network; there are {known}."
        ) from None
    return {name: tensor for name, tensor in state.items() if not is_extra(name)}


def is_extra(name: str) -> bool:
    """Whether a name in a `state_dict` is of what a module adds to it beside its tensors."""
    return name.rpartition(".")[2] == "_extra_state"


def _unwrapped(
    given: Mapping[str, Tensor], own: Mapping[str, Tensor], prefix: str
) -> Mapping[str, Tensor]:
    """The tensors without what a wrapper put before all their names, if it did."""
    for wrapper in WRAPPERS:
        known = any(f"{prefix}{name}" in own for name in given)
        if not known and all(name.startswith(wrapper) for name in given):
            rest = {name.removeprefix(wrapper): tensor for name, tensor in given.items()}
            return _unwrapped(rest, own, prefix)
    return given


def _difference(found: Tensor, own: Tensor) -> str:
    """What keeps one tensor from being taken over into another, empty where nothing does."""
    if found.shape != own.shape:
        return f"{tuple(found.shape)}, here {tuple(own.shape)}"
    plain = found.layout == torch.strided and not (found.is_quantized or found.is_meta)
    alike = found.is_floating_point() == own.is_floating_point()
    if plain and alike and found.is_complex() == own.is_complex():
        return ""
    return f"{found.dtype}, here {own.dtype}" if plain else "without plain numbers"


def _is_count(name: str, found: Mapping[str, Tensor]) -> bool:
    """Whether it is the count of batches of a batch norm that is there otherwise."""
    norm, _, last = name.rpartition(".")
    return last == "num_batches_tracked" and f"{norm}.running_mean" in found
