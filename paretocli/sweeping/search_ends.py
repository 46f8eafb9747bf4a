"""What networks are brought to where their search ends: a size, and widths that are multiples."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from paretocli.compaction.program import first_line
from paretocli.compaction.quiet import quiet
from paretocli.compaction.widths import Widths, widths_of
from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.options.config import SweepConfig
from paretocli.options.declared import why_idle
from paretocli.sparsity.layers import Layer
from paretocli.sweeping.sizes import TracedNetwork
from paretocli.sweeping.subproblems import Subproblems
from paretocli.sweeping.sweep_network import fresh_network, stored_names
from paretocli.training.rounded_widths import RoundedWidths
from paretocli.training.size_limit import SizeLimit


def size_limit(subproblems: Subproblems) -> SizeLimit | None:
    """What the exported networks are to be no larger than, if anything."""
    config, limits = subproblems.config, subproblems.limits
    if not limits:
        return None
    traced = _traced(config, subproblems.problem)
    names = stored_names(traced.network)

    def excess(tensors: Mapping[str, Tensor]) -> float:
        return traced.excess({name: tensors[own].cpu() for name, own in names.items()}, limits)

    return SizeLimit(excess)


def rounded_widths(config: SweepConfig, problem: Problem) -> RoundedWidths | None:
    """What makes the widths of networks multiples, if they are to be."""
    if config.round_to == 1 or not config.sparsity:
        return None

    def find() -> Widths:
        with quiet():
            return _widths(config.sparse_layers, _traced(config, problem))

    return RoundedWidths(config.round_to, find)


def notes_on_widths(
    chosen: Mapping[str, Any], layers: Sequence[Layer], traced: TracedNetwork
) -> list[str]:
    """Which widths are too narrow to be multiples.

    Args:
        chosen: The values of options, by name.
        layers: The layers that count.
        traced: The network.

    Raises:
        InputError: Widths are to be multiples, and nobody knows them.
    """
    multiple = chosen["round_to"]
    if multiple == 1 or not layers or why_idle("round_to", chosen):
        return []
    try:
        with quiet():
            found = _widths([layer.name for layer in layers], traced)
    except Exception as error:
        raise InputError(
            f"--round-to {multiple} needs the graph of the network, which is not to be had "
            f"({first_line(error).removesuffix('.')}); leave it out."
        ) from error
    narrow = [one for one in found.widths if one.largest < multiple and one.made_by]
    if not narrow:
        return []
    named = [f"the {one.largest} of {_shown(one.made_by)}" for one in narrow]
    return [f"Fewer channels than --round-to {multiple} stay as they come out: {', '.join(named)}."]


def _widths(names: Sequence[str], traced: TracedNetwork) -> Widths:
    return widths_of(traced.tracing, {name: traced.network.get_parameter(name) for name in names})


def _traced(config: SweepConfig, problem: Problem) -> TracedNetwork:
    network = fresh_network(config.network, "default", problem, config.seed)
    return TracedNetwork(network, problem)


def _shown(name: str) -> str:
    return name.removeprefix("network.").removesuffix(".weight")
