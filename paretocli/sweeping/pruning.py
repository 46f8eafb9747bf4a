"""Points that are pruned: what they start from, with as few zero rows as their size asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from safetensors.torch import load, save
from torch import Tensor

from paretocli.errors import RunError
from paretocli.run_directory.point_record import RecordPart
from paretocli.run_directory.rounds import Round, SizeLimits
from paretocli.sparsity.fewest import with_fewest_zero
from paretocli.sparsity.magnitude import smallest_first
from paretocli.sparsity.pattern import Pattern, zero_rows
from paretocli.sweeping.sizes import TracedNetwork
from paretocli.sweeping.starts import Start
from paretocli.sweeping.subproblems import Subproblems
from paretocli.sweeping.sweep_network import fresh_network, sparsity_objective, stored_names


def pruned_starts(
    subproblems: Subproblems, points: Sequence[int], starts: Sequence[Start | None]
) -> tuple[list[Start], Pattern]:
    """The networks that points start from, pruned, and their zero rows, which are to stay.

    All is computed on the CPU, so that the same rows go wherever the points are trained.

    Args:
        subproblems: The sweep, as the points of their round are trained.
        points: Their numbers.
        starts: The network of each before it is pruned.

    Raises:
        RunError: There is no such network, or it cannot be as small as it is to be.
    """
    config = replace(subproblems.config, device="cpu")
    network = fresh_network(config.network, "default", subproblems.problem, config.seed)
    sparsity = sparsity_objective(config, network, subproblems.problem)
    assert sparsity is not None
    names, traced = stored_names(network), TracedNetwork(network, subproblems.problem)
    found, kept = [], []
    for point, start in zip(points, starts, strict=True):
        if start is None:
            raise RunError(
                f"Point {point} has no network that it could be pruned from; --retry-failed solves "
                "those that failed again."
            )
        state, limits = load(start.network), _limits(subproblems, point)
        tensors = {names[name]: tensor for name, tensor in state.items() if name in names}

        def excess(tensors: Mapping[str, Tensor], limits: SizeLimits = limits) -> float:
            return traced.excess({name: tensors[own] for name, own in names.items()}, limits)

        blocks = sparsity.joined({name: tensors[name].unsqueeze(0) for name in sparsity.names})
        rows = smallest_first({name: b[0] for name, b in blocks.items()}, sparsity.least)
        smaller = with_fewest_zero(tensors, sparsity, rows, excess)
        if smaller is None:
            raise RunError(
                f"The network of point {start.point} cannot be pruned to "
                f"{limits['compact_parameters']:,} parameters, as point {point} asks for."
            )
        own = {name: smaller.get(names.get(name, ""), tensor) for name, tensor in state.items()}
        plain = {n: t.clone(memory_format=torch.contiguous_format) for n, t in own.items()}
        found.append(replace(start, network=save(plain), search=b""))
        kept.append(smaller)
    stacked = {name: torch.stack([one[name] for one in kept]) for name in sparsity.names}
    device = subproblems.config.device
    return found, Pattern({name: _own(weights).to(device) for name, weights in stacked.items()})


def pruned_part(one: Round, point: int) -> RecordPart:
    """What the record of a point says of its pruning; nothing where it was not pruned."""
    if not one.pruned_to:
        return {}
    place = one.points.index(point)
    return {"pruned_to": one.pruned_to[place], "partner": one.partners[place]}


def _limits(subproblems: Subproblems, point: int) -> SizeLimits:
    return {"compact_parameters": subproblems.pruned_to[point]}


def _own(weights: Tensor) -> Tensor:
    """For each row (K, R) of stacked weights itself, and −1 where it is zero."""
    zero = zero_rows(weights)
    return torch.where(zero, -1, torch.arange(zero.shape[1]))
