"""How a point's compact network is trained further: on which data, and for what."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx, nn

from paretocli.compaction.shipping import compact_network
from paretocli.compaction.trace import trace
from paretocli.core.inputs import Inputs, of_form, tensors_of
from paretocli.core.outputs import call_by_task, flat
from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.exporting.point import SolvedPoint
from paretocli.exporting.source import identifier
from paretocli.run_directory.box import read_normalisation
from paretocli.run_directory.files import DamagedError
from paretocli.solvers.chebyshev import Scalarization
from paretocli.sweeping.cut import cut

SLOWER = 4  # than the point itself was trained, whose weights are to be kept by and large
MOST = 2e-3  # of a learning rate; other optimisers than Adam have larger ones
SAMPLES = 8  # of the training data, on which the graph is made and compared


@dataclass(frozen=True, eq=False)
class Recipe:
    """What training further needs to know of a point.

    Attributes:
        problem: Whose training data, and whose tasks.
        graph: The compact network from prepared inputs to the outputs' tensors.
        prepared: Prepared inputs of some training samples.
        raw: The same as the data holds them.
        coefficients: How much the loss of each task counts (m,); they sum to 1.
        rate: The learning rate at first, of Adam.
        batch_size: Samples a step.
        micro_batch: Samples whose graph is there at once; 0 for all.
        seed: Of the batches' order, and of what is drawn.
    """

    problem: Problem
    graph: fx.GraphModule
    prepared: Inputs
    raw: Inputs
    coefficients: tuple[float, ...]
    rate: float
    batch_size: int
    micro_batch: int
    seed: int


def training_problem(solved: SolvedPoint) -> Problem:
    """A point's problem with the very training samples that the point was trained on.

    Raises:
        InputError: They are not there.
    """
    if solved.sweep is None:
        return solved.problem
    settings: Mapping[str, Any] = solved.sweep.config
    count = settings.get("train_samples", len(solved.problem.train))
    known = solved.sweep.checksums.get("train")
    fits = 1 <= count <= len(solved.problem.train)
    problem = cut(solved.problem, count) if fits else solved.problem
    if not fits or (known is not None and problem.checksums()["train"] != known):
        raise InputError(
            "--quantise-aware trains further on the training split, which is another one than "
            f"{solved.directory} was made with; give the same with --data-dir, or leave it out."
        )
    return problem


def recipe_of(solved: SolvedPoint) -> Recipe:
    """The recipe of a point.

    Raises:
        InputError: Its training data is not there, or torch.export makes no graph of the network
            that follows what prepares inputs.
    """
    problem = training_problem(solved)
    rows = torch.arange(min(SAMPLES, len(problem.train)))
    raw = problem.train.rows(rows).inputs
    with torch.no_grad():
        prepared = problem.prepare(raw)
    few = {identifier(n, "inputs"): t[:2] for n, t in tensors_of(prepared).items()}
    network = _AfterPreparing(problem, solved.network, prepared).eval()
    settings: Mapping[str, Any] = {} if solved.sweep is None else solved.sweep.config
    return Recipe(
        problem=problem,
        graph=compact_network(trace(network, few, f"of problem {problem.name}")),
        prepared=prepared,
        raw=raw,
        coefficients=task_coefficients(solved),
        rate=min(MOST, settings.get("lr", problem.defaults.lr) / SLOWER),
        batch_size=settings.get("batch_size", problem.defaults.batch_size),
        micro_batch=settings.get("micro_batch", problem.defaults.micro_batch),
        seed=settings.get("seed", 0),
    )


class _AfterPreparing(nn.Module):
    """A network without what comes before it, from tensors to tensors."""

    def __init__(self, problem: Problem, network: nn.Module, form: Inputs) -> None:
        super().__init__()
        self.network = network
        self._form = form
        self._tasks = tuple(problem.tasks)

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        names = [task.name for task in self._tasks]
        found = call_by_task(self.network, of_form(self._form, tensors), names)
        each = zip(self._tasks, found, strict=True)
        return flat([output for task, output in each if task.of is None])


def task_coefficients(solved: SolvedPoint) -> tuple[float, ...]:
    """How much each task's loss counts where its point is at rest (m,); they sum to 1.

        c_j = Σ_i λ_i ∂g_i/∂f_j

    with the multipliers λ of the point's certificate, all 1 where its solver has none: along the
    front, what the weighted sum with these trades is what the point's own solver trades there.
    Sparsity, which the compact network has behind it, is left out. Where none of them counts, all
    count alike.
    """
    tasks = len(solved.problem.tasks)
    found = _certified(solved)[-tasks:]
    total = sum(found)
    if len(found) < tasks or not (math.isfinite(total) and total > 0):
        return (1 / tasks,) * tasks
    return tuple(one / total for one in found)


def _certified(solved: SolvedPoint) -> list[float]:
    """The coefficients of all objectives; none where nobody knows how they were scaled."""
    record: Mapping[str, Any] = solved.record
    try:
        note = None if solved.sweep is None else read_normalisation(solved.sweep)
    except DamagedError:
        note = None
    if solved.sweep is None or note is None or "scale" not in note:
        return []
    settings: Mapping[str, Any] = solved.sweep.config
    weights = torch.tensor([record["weights"]])
    multipliers = record.get("multipliers") or [1.0] * weights.shape[1]
    known = [1.0 if one is None else one for one in multipliers]
    scalarization = Scalarization(
        weights=weights,
        ideal=torch.tensor(note["ideal"]),
        scale=torch.tensor(note["scale"]),
        epsilon=settings.get("epsilon", 0.0),
    )
    found: list[float] = scalarization.coefficients(torch.tensor([known]))[0].tolist()
    return found
