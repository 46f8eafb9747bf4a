"""The networks by name that fit any inputs of one tensor.

Nothing here brings torch: the command's help knows all of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from paretocli.registries import Registry, described

if TYPE_CHECKING:
    from torch import nn

Shape = Sequence[int]


@dataclass(frozen=True)
class NetworkKind:
    """A network for any problem whose inputs are one tensor.

    Attributes:
        make: Makes one for inputs (B, *shape) and heads of so many outputs, a task each; torch is
            imported there. It returns one output (B, …) a task, as a tuple or list.
        summary: A few words for the help, where its name does not say it.
    """

    make: "Callable[[Shape, Sequence[int]], nn.Module]"
    summary: str = ""


def _hps(shape: Shape, outputs: Sequence[int]) -> "nn.Module":
    from paretocli.networks.generic import generic_hps

    return generic_hps(shape, outputs)


def _mdmtn(shape: Shape, outputs: Sequence[int]) -> "nn.Module":
    from paretocli.networks.generic import generic_mdmtn

    return generic_mdmtn(shape, outputs)


def _mtan(shape: Shape, outputs: Sequence[int]) -> "nn.Module":
    from paretocli.networks.generic import generic_mtan

    return generic_mtan(shape, outputs)


def _mmoe(shape: Shape, outputs: Sequence[int]) -> "nn.Module":
    from paretocli.networks.generic import generic_mmoe

    return generic_mmoe(shape, outputs)


def _ple(shape: Shape, outputs: Sequence[int]) -> "nn.Module":
    from paretocli.networks.generic import generic_ple

    return generic_ple(shape, outputs)


def _tabular_resnet(shape: Shape, outputs: Sequence[int]) -> "nn.Module":
    from paretocli.networks.generic import generic_tabular_resnet

    return generic_tabular_resnet(shape, outputs)


NETWORKS = Registry(
    {
        "hps": NetworkKind(_hps),
        "mdmtn": NetworkKind(_mdmtn),
        "mtan": NetworkKind(_mtan),
        "mmoe": NetworkKind(_mmoe, "gated experts"),
        "ple": NetworkKind(_ple, "gated experts, shared and of each task"),
        "tabular_resnet": NetworkKind(_tabular_resnet, "with batch norm, for tables"),
    },
    "network",
    NetworkKind,
)


def network_help() -> str:
    """All networks, as the help says them."""
    kinds = {name: kind.summary for name, kind in NETWORKS.sound.items()}
    return f"{', '.join(described(kinds))}, or one of the problem's own."
