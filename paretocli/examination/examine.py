"""Trying a problem, from its data to a training step."""

import math
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from paretocli.core.as_used import has_inputs
from paretocli.core.inputs import Several, tensors_of
from paretocli.core.outputs import Outputs
from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.examination.behaviour import mixing_notes
from paretocli.examination.data import input_faults, target_faults
from paretocli.examination.default_sweep import default_sweep
from paretocli.examination.directions import direction_notes
from paretocli.examination.report import Examination, TaskReport, TensorReport
from paretocli.examination.steps import step_seconds
from paretocli.exporting.possible import export_trial
from paretocli.networks.building import build_network, default_network
from paretocli.population.population import Population
from paretocli.probing.beside import auxiliary_at_start, unasked_note
from paretocli.probing.bounds import Bound, lower_bounds, unknown_bounds_note
from paretocli.probing.chance import chance_notes
from paretocli.probing.no_means import no_mean_notes
from paretocli.probing.reach import parameters_by_tasks, reach_faults, reached_by
from paretocli.probing.rehearsal import CPU, ROWS, faults, outputs_of
from paretocli.probing.stacking import why_in_turn
from paretocli.sparsity.layers import Layer, counted_layers
from paretocli.sparsity.left_out import left_out
from paretocli.sweeping.grouped_rows import STREAMS, grouped_rows, heads_of
from paretocli.sweeping.memory import expected_memory
from paretocli.sweeping.normalisation import scale_faults
from paretocli.sweeping.own_optimizer import (
    default_optimizer,
    refuse_with_sparsity,
    try_own_optimizer,
)
from paretocli.sweeping.pretrained import started
from paretocli.sweeping.sizes import TracedNetwork
from paretocli.sweeping.sweep_network import TRACED_SAMPLES, network_layers
from paretocli.training.evaluation import evaluate


def examine(
    problem: Problem,
    device: torch.device,
    network_name: str | None = None,
    *,
    start_from: Path | None = None,
    start_at: str = "",
    start_partly: bool = False,
) -> Examination:
    """Try a problem and one of its networks with their defaults.

    What the sweep would refuse is looked for first, by the same functions; where that finds
    nothing, the data is looked through and the network is looked at more closely.

    Args:
        problem: The problem.
        device: Where it would be trained.
        network_name: The network, or else the problem's default.
        start_from: The weights that it starts from, new ones without.
        start_at: The module that they are for.
        start_partly: Whether it will do that some of them fit.

    Raises:
        InputError: There is no such network, it cannot be built, or weights do not fit it.
    """
    name = network_name or default_network(problem)
    network = build_network(name, problem, seed=0)
    start = None
    if start_from is not None:
        start = started(network, start_from, start_at, partly=start_partly)
    batch_size = min(problem.defaults.batch_size, len(problem.train))
    found = Examination(
        problem=problem.name,
        network=name,
        device=device,
        batch_size=batch_size,
        samples={split: len(data) for split, data in problem.splits().items()},
        parameters=sum(p.numel() for p in network.parameters()),
        start=start,
    )
    found.failures += faults(problem, network, device, batch_size=batch_size)
    if found.failures:
        return found
    rows = problem.some_rows("train", min(ROWS, len(problem.train)))
    outputs = outputs_of(problem, network, problem.an_epoch.rows(rows))
    found.inputs = _inputs(problem)
    found.failures += [*input_faults(problem), *target_faults(problem, outputs)]
    sparse = _sparse_too(found, problem, network)
    if found.failures:
        return found
    try:
        found.notes += mixing_notes(problem, network)
    except InputError as fault:  # the rest does without batches of one sample
        found.failures.append(fault)
    found.notes += [*problem.all_notes, *chance_notes(problem), *direction_notes(problem)]
    found.notes += unasked_note(problem, network, ROWS)
    bounds = lower_bounds(problem, network)
    found.tasks = _tasks(problem, network, outputs, bounds)
    found.auxiliary = auxiliary_at_start(problem, network, batch_size)
    found.notes += no_mean_notes(problem, network)
    found.failures += _start_faults(found.tasks)
    found.failures += _scale_faults(problem, found.tasks)
    if unknown := [task.name for task in found.tasks if task.lower_bound is None]:
        found.notes.append(unknown_bounds_note(unknown))
    reached = reached_by(problem, network, min(batch_size, problem.evaluation_batch))
    found.reached = parameters_by_tasks(network, reached)
    found.failures += reach_faults(problem, reached)
    found.layers = network_layers(network, problem)
    few = problem.prepare(problem.train.rows(slice(TRACED_SAMPLES)).inputs)
    counted = counted_layers(found.layers)
    names = {layer.name for layer in counted}
    found.uncounted = left_out(network, few, names, problem.objectives)
    found.in_turn = why_in_turn(problem, network, device, batch_size=batch_size)
    if has_inputs(problem) and not found.failures:
        _export(found, problem, network, counted)
    sweep = default_sweep(problem, name, found.layers, device, sparse=sparse)
    found.memory = expected_memory(sweep, problem, 1)
    found.step_seconds = step_seconds(problem, network, device, batch_size)
    return found


def _export(
    found: Examination, problem: Problem, network: nn.Module, counted: Sequence[Layer]
) -> None:
    """Try to export the network, and find the groups of its rows."""
    found.export = export_trial(problem, network)
    if found.export.why_not:
        found.notes.append(f"Points of a sweep could not be exported. {found.export.why_not}")
    elif found.export.tried != "nothing":  # what has a graph in reasonable time
        again = TracedNetwork(build_network(found.network, problem, seed=0), problem)
        found.grouping, _ = grouped_rows(STREAMS, counted, again, heads_of(found.layers))


def _sparse_too(found: Examination, problem: Problem, network: nn.Module) -> bool:
    """Note what is wrong with the problem's own optimiser; whether it does with sparsity."""
    chosen = vars(problem.defaults) | {"optimizer": default_optimizer(problem)}
    try:
        recipe = try_own_optimizer(chosen, problem, network)
    except InputError as fault:
        found.failures.append(fault)
        return False
    try:
        refuse_with_sparsity(recipe)
    except InputError as fault:  # the rest does without sparsity
        if counted_layers(network_layers(network, problem)):
            found.notes.append(str(fault))
        return False
    return True


def _inputs(problem: Problem) -> list[TensorReport]:
    prepared = problem.prepare(problem.train.rows(slice(1)).inputs)
    return [_tensor(name, tensor) for name, tensor in tensors_of(prepared).items()]


def _tensor(name: str, batch: Tensor) -> TensorReport:
    return TensorReport(name, tuple(batch.shape[1:]), str(batch.dtype).removeprefix("torch."))


def _target(name: str, target: Several) -> TensorReport | list[TensorReport]:
    if isinstance(target, Tensor):
        return _tensor(name, target)
    return [_tensor(part, tensor) for part, tensor in tensors_of(target).items()]


def _shape(output: Several) -> tuple[int, ...] | dict[str, tuple[int, ...]]:
    if isinstance(output, Tensor):
        return tuple(output.shape[1:])
    return {part: tuple(tensor.shape[1:]) for part, tensor in tensors_of(output).items()}


def _tasks(
    problem: Problem, network: nn.Module, outputs: Outputs, bounds: Sequence[Bound]
) -> list[TaskReport]:
    """The tasks, with losses and metrics over as many training samples as are measured at once.

    They come from all over the split, which may be sorted; or, where labels may be missing, they
    are such as have some.
    """
    population = Population(network, problem.tasks, 1, device=CPU)
    population.train(False)
    count = min(problem.evaluation_batch, len(problem.an_epoch))
    rows = torch.arange(count) * len(problem.an_epoch) // count
    if any(task.counts_labels for task in problem.tasks):
        rows = problem.some_rows("train", count)
    samples = problem.an_epoch.rows(rows)
    losses, metrics = evaluate(population, samples, problem.prepare)
    values = iter(metrics[0].tolist())
    return [
        TaskReport(
            name=task.name,
            target=_target(task.name, target),
            output=_shape(output),
            loss=loss,
            metrics={name: next(values) for name in task.metrics},
            lower_bound=bound.value,
            bound_from=bound.origin,
        )
        for task, target, output, loss, bound in zip(
            problem.tasks, samples.targets, outputs, losses[0].tolist(), bounds, strict=True
        )
    ]


def _start_faults(tasks: Sequence[TaskReport]) -> list[InputError]:
    """Losses that are not finite although every sample is in order."""
    return [
        InputError(
            f"The loss of task {task.name} is {task.loss} before training; let the network start "
            "with smaller numbers, or the loss take larger ones."
        )
        for task in tasks
        if not math.isfinite(task.loss)
    ]


def _scale_faults(problem: Problem, tasks: Sequence[TaskReport]) -> list[InputError]:
    """Losses that the sweep would refuse, for want of a scale, with the problem's defaults."""
    if problem.defaults.scale != "initial":
        return []
    there = [task for task in tasks if math.isfinite(task.loss)]
    return scale_faults(
        [task.name for task in there],
        [task.lower_bound for task in there],
        [task.loss for task in there],
    )
