"""Which parameters the gradient of which loss reaches."""

from collections.abc import Collection

import torch
from torch import Tensor, nn
from torch.func import functional_call

from paretocli.core.generators import generators_kept
from paretocli.core.inputs import arguments_of
from paretocli.core.outputs import as_floats, outputs_by_task
from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.probing.rehearsal import CPU, ROWS, first_batch

NAMED = 4  # parameters that a sentence names


def reached_by(problem: Problem, network: nn.Module, batch_size: int) -> dict[str, tuple[str, ...]]:
    """The losses that have a gradient for each trained parameter, by its name.

    Of the tasks and auxiliary ones, by their names.

    In training or in evaluation, on one batch. What the gradient is does not matter: it may be 0.

    Args:
        problem: The problem.
        network: Its network, which stays what it is but for its mode.
        batch_size: Samples of the batch.
    """
    own = {name: p for name, p in network.named_parameters() if p.requires_grad}
    order = [task.name for task in problem.trained]
    reached: dict[str, set[str]] = {name: set() for name in own}
    inputs, targets = first_batch(problem, "train", batch_size, CPU)
    for training in (True, False):
        network.train(training)
        # Batch norm takes its statistics into these.
        buffers = {name: buffer.clone() for name, buffer in network.named_buffers()}
        with generators_kept(CPU):
            returned = functional_call(network, buffers, *arguments_of(inputs))
        outputs = map(as_floats, outputs_by_task(returned, order))
        for task, output, target in zip(problem.trained, outputs, targets, strict=True):
            for name, gradient in _gradients(task.scores(output, target)[0], own).items():
                if gradient is not None:
                    reached[name].add(task.name)
    return {name: tuple(task for task in order if task in by) for name, by in reached.items()}


def reach_faults(problem: Problem, reached: dict[str, tuple[str, ...]]) -> list[InputError]:
    """Parameters that no loss reaches, and tasks whose loss reaches none."""
    found = []
    idle = [name for name, tasks in reached.items() if not tasks]
    if idle:
        more = f" and {len(idle) - NAMED} more" if len(idle) > NAMED else ""
        found.append(
            InputError(
                f"No loss reaches {', '.join(idle[:NAMED])}{more}, which training would leave as "
                "it starts; use it in forward, remove it, or freeze it (requires_grad=False)."
            )
        )
    return [*found, *_unreaching(problem, reached)]


def refuse_unreaching(
    problem: Problem, network: nn.Module, batch_size: int, frozen: Collection[str] = ()
) -> None:
    """Refuse a problem with a task whose loss reaches no parameter: nothing would train it.

    Args:
        problem: The problem, which passed its rehearsal.
        network: Its network, on the CPU.
        batch_size: Samples of a training step.
        frozen: Names of the parameters that are frozen at first, for some epochs.

    Raises:
        InputError: There is such a task, then or at all.
    """
    reached = reached_by(problem, network, min(ROWS, batch_size))
    for fault in _unreaching(problem, reached):
        raise fault
    at_first = {name: tasks for name, tasks in reached.items() if name not in frozen}
    for task in problem.tasks:
        if not any(task.name in tasks for tasks in at_first.values()):
            raise InputError(
                f"--thaw freezes all parameters at first that the loss of task {task.name} "
                "reaches; leave it some of them."
            )


def _unreaching(problem: Problem, reached: dict[str, tuple[str, ...]]) -> list[InputError]:
    advice = dict.fromkeys(problem.objectives, "compute it from the network's outputs")
    return [
        InputError(
            f"The {'loss of task' if name in advice else 'auxiliary loss'} {name} reaches no "
            f"parameter; {advice.get(name, 'compute it in forward')}, without detach or no_grad."
        )
        for name in (*problem.objectives, *problem.auxiliary)
        if not any(name in losses for losses in reached.values())
    ]


def parameters_by_tasks(
    network: nn.Module, reached: dict[str, tuple[str, ...]]
) -> dict[tuple[str, ...], int]:
    """How many parameters there are for each set of tasks, the largest set first."""
    counts: dict[tuple[str, ...], int] = {}
    own = dict(network.named_parameters())
    for name, tasks in reached.items():
        counts[tasks] = counts.get(tasks, 0) + own[name].numel()
    return dict(sorted(counts.items(), key=lambda pair: -len(pair[0])))


def _gradients(loss: Tensor, own: dict[str, nn.Parameter]) -> dict[str, Tensor | None]:
    if not loss.requires_grad:
        return dict.fromkeys(own)
    found = torch.autograd.grad(loss, list(own.values()), retain_graph=True, allow_unused=True)
    return dict(zip(own, found, strict=True))
