"""The solved points of a sweep whose networks are made of a few, all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.exporting.point import made_problem, read_solved_record
from paretocli.exporting.problem_code import Consent
from paretocli.population.transfer import TRANSFERS
from paretocli.run_directory.points import network_path, read_records
from paretocli.run_directory.sweep_file import SweepFile, read_sweep_file
from paretocli.sweeping.point_files import load_point
from paretocli.sweeping.sweep_network import fresh_network

State = Mapping[str, Tensor]


@dataclass(frozen=True, eq=False)
class SolvedFront:
    """Points that are done, of one sweep.

    Attributes:
        directory: The run directory.
        problem: Their problem, with the data.
        objectives: What the weights are of.
        points: Their numbers.
        weights: Theirs (K, m), in double precision.
        network: What computes, in evaluation mode; its own numbers are of no use.
        states: The parameters and buffers of each, by name.
        left_out: Points of the sweep that are none of these, with the reason.
    """

    directory: Path
    problem: Problem
    objectives: tuple[str, ...]
    points: tuple[int, ...]
    weights: Tensor
    network: nn.Module
    states: tuple[State, ...]
    left_out: Mapping[int, str]

    @torch.no_grad()
    def network_of(self, place: int) -> nn.Module:
        """The network with the parameters and buffers of a point."""
        own = dict((*self.network.named_parameters(), *self.network.named_buffers()))
        for name, tensor in self.states[place].items():
            own[name].copy_(tensor)
        return self.network


def read_solved_front(
    path: Path, data_dir: Path, *, problem: Problem | str | None, consent: Consent
) -> SolvedFront:
    """Read the points that were made of a few networks together, and make their problem again.

    Args:
        path: The run directory.
        data_dir: Where data sets lie.
        problem: Its problem, as for `paretocli.exporting.point.read_solved_point`.
        consent: The same.

    Raises:
        InputError: As for `paretocli.exporting.point.read_solved_point`, or its points are networks
            by themselves, or too few are done.
    """
    sweep = read_sweep_file(path)
    _refuse_apart(sweep)
    left_out = _left_out(sweep)
    points = [point for point in range(sweep.points) if point not in left_out]
    objectives = tuple(sweep.config["objectives"])
    weights = torch.tensor([sweep.weights[point] for point in points], dtype=torch.float64)
    weights = weights.reshape(len(points), len(objectives))
    if int(torch.linalg.matrix_rank(weights)) < len(objectives):
        raise InputError(
            f"{path} has {len(points)} points from which a front could be made, and it takes "
            f"{len(objectives)} at least whose weights are linearly independent; finish the sweep, "
            "or make one with more --points."
        )
    made = made_problem(sweep, data_dir, problem=problem, consent=consent)
    network = fresh_network(sweep.setting("network"), "default", made, sweep.config["seed"])
    states = []
    for point in points:
        read_solved_record(sweep, point)
        load_point(network_path(path, point), network)
        named = (*network.named_parameters(), *network.named_buffers())
        states.append({name: tensor.detach().clone() for name, tensor in named})
    return SolvedFront(
        path,
        made,
        objectives,
        tuple(points),
        weights,
        network.eval().requires_grad_(requires_grad=False),
        tuple(states),
        left_out,
    )


def _refuse_apart(sweep: SweepFile) -> None:
    """Refuse a sweep whose points are networks by themselves."""
    name = str(sweep.setting("transfer"))
    rule = TRANSFERS.sound.get(name)
    if rule is None or not rule.mixes or len(sweep.config["weights"]) == 1:
        mixing = [known for known, one in TRANSFERS.sound.items() if one.mixes]
        raise InputError(
            f"The points of {sweep.path} are networks by themselves, which no weights go between; "
            f"export one of them by its number, or make a sweep with --transfer "
            f"{' or '.join(mixing)}."
        )
    if sweep.setting("manifold_until") != 1:
        raise InputError(
            f"The points of {sweep.path} went on by themselves (--manifold-until "
            f"{sweep.setting('manifold_until')}), so no weights go between them; export one of "
            "them by its number, or make a sweep without it."
        )


def _left_out(sweep: SweepFile) -> dict[int, str]:
    """The points that are no part of the front, with the reason."""
    records, found = read_records(sweep), {}
    for point in range(sweep.points):
        record = records.found.get(point)
        if point in sweep.kept:
            found[point] = "an epoch of another point"
        elif sweep.round_of(point):
            found[point] = "added later"
        elif record is None:
            found[point] = "not finished"
        elif record["status"] != "done":
            found[point] = "failed"
    return found


def names_of(found: Sequence[int]) -> str:
    """Some points in words."""
    return f"point {found[0]}" if len(found) == 1 else f"points {', '.join(map(str, found))}"
