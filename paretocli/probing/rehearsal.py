"""A first look at a problem's code, before anything is written: a small batch through it.

What training will do later is done here once: its own mode, the evaluation of all splits, and the
gradients of the certificate. So none of it fails only after the start.
"""

from contextlib import suppress

import torch
from torch import Tensor, nn

from paretocli.core.auxiliary import targets_of
from paretocli.core.generators import generators_kept
from paretocli.core.inputs import Inputs, call, refuse_other_forms, tensors_of
from paretocli.core.names import SPARSITY
from paretocli.core.outputs import Outputs
from paretocli.core.placing import placed_function
from paretocli.core.problem import SPLITS, Problem, Samples, Split, as_float
from paretocli.errors import InputError
from paretocli.population.population import Population
from paretocli.probing.chance import refuse_chance, refuse_random_network
from paretocli.probing.double_precision import refuse_double
from paretocli.probing.given_parameters import refuse_own_parameters
from paretocli.probing.label_faults import label_faults
from paretocli.probing.own_leaves import refuse_gradient
from paretocli.probing.returned import checked_outputs
from paretocli.probing.task_faults import device_failure, failure, task_faults
from paretocli.probing.whole_losses import refuse_no_value

ROWS = 2
FIRST = "on its first batch"
CPU = torch.device("cpu")


def rehearse(
    problem: Problem, network: nn.Module, device: torch.device, *, batch_size: int
) -> None:
    """Refuse a problem for the first of its faults.

    Raises:
        InputError: The problem's code raises, gives something else than one output a task and one
            number a loss, or no gradient reaches the network.
    """
    for fault in faults(problem, network, device, batch_size=batch_size):
        raise fault


def faults(
    problem: Problem, network: nn.Module, device: torch.device, *, batch_size: int
) -> list[InputError]:
    """What is wrong with a problem and its network, as far as a small batch tells.

    The network's parameters and buffers are left as they were, and so are torch's generators.

    Args:
        problem: The problem.
        network: Its network, on the CPU.
        device: Where it is to be trained.
        batch_size: Samples of a training step: of a single one batch norm has no statistics.
    """
    found: dict[str, InputError] = {}
    try:
        _refuse_clash(problem)
        _ = problem.labelled  # refuses a split without any
        for split, data in problem.splits().items():
            where = FIRST if split == "train" else f"on the first batch of its {split} split"
            samples = data.rows(problem.some_rows(split, min(ROWS, len(data))))
            outputs = outputs_of(problem, network, samples, where)
            # One fault a task, not the same one for each split.
            found = task_faults(problem, data, outputs, samples.targets, where) | found
            if not found:
                refuse_no_value(problem, outputs, data, split)
        for name, fault in label_faults(problem, outputs, batch_size).items():
            found.setdefault(name, fault)
        if not found:
            _refuse_training(problem, network, device, batch_size)
            refuse_chance(problem)
            refuse_random_network(problem, network)
    except InputError as fault:
        return [*found.values(), fault]
    return list(found.values())


def _refuse_clash(problem: Problem) -> None:
    if SPARSITY in problem.objectives:
        raise InputError(
            f"Problem {problem.name} has a task named {SPARSITY}, which is the name of the "
            "objective that counts zero rows; rename the task."
        )


def outputs_of(
    problem: Problem, network: nn.Module, samples: Samples, where: str = FIRST
) -> Outputs:
    """One output a task for some samples, in evaluation mode, on the CPU.

    Args:
        problem: The problem.
        network: Its network.
        samples: Some samples.
        where: What they are, in a sentence.

    Raises:
        InputError: The problem's code raises, or its network gives something else.
    """
    network.eval()
    try:
        inputs = problem.prepare(samples.inputs)
        refuse_other_forms(inputs, f"What prepare of problem {problem.name} returns")
        refuse_gradient(inputs, f"What prepare of problem {problem.name} returns")
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            returned = call(network, inputs)
    except InputError:
        raise
    except Exception as error:
        advice = _advice(problem, samples.inputs, error)
        raise failure(problem, error, where, advice) from error
    return checked_outputs(problem, returned, len(samples))


def take_through(
    population: Population, problem: Problem, *, batch_size: int, apart: bool = False
) -> Tensor:
    """Take networks through all that training asks of them; whatever goes wrong is raised.

    Args:
        population: The K networks; their parameters stay as they are.
        problem: What they are for.
        batch_size: Samples of a training step.
        apart: Whether each has a batch of its own in training.

    Returns:
        All losses (K, t + a) on the first training samples, in evaluation mode.
    """
    population.train()
    rows = min(ROWS, batch_size) * (population.size if apart else 1)
    inputs, targets = first_batch(problem, "train", rows, population.device)
    if problem.augment is not None:
        inputs = placed_function(problem.augment, population.device)(inputs)
        refuse_gradient(inputs, f"What augment of problem {problem.name} returns")
    losses, statistics = population.measure(inputs, targets, apart=apart)
    population.metrics(statistics)
    _refuse_gradients(problem, population, losses)
    population.train(False)
    for split in SPLITS:
        with torch.no_grad():
            population.measure(*first_batch(problem, split, ROWS, population.device))
    # The certificate has gradients in evaluation mode.
    losses, _ = population.measure(*first_batch(problem, "train", ROWS, population.device))
    _refuse_gradients(problem, population, losses)
    return losses.detach()


def first_batch(
    problem: Problem, split: Split, rows: int, device: torch.device
) -> tuple[Inputs, Outputs]:
    """Prepared inputs and targets of the first samples of a split, again and again if too few.

    A target for each of what is trained: `Problem.trained`.

    Or of others that have labels, at least one a task, where labels may be missing.
    """
    samples = problem.splits()[split].rows(problem.some_rows(split, rows)).to(device)
    targets = targets_of(samples.targets, len(problem.trained))
    return placed_function(problem.prepare, device)(samples.inputs), targets


def _refuse_training(
    problem: Problem, network: nn.Module, device: torch.device, batch_size: int
) -> None:
    """Refuse what fails in training, on the CPU first: a GPU says less of it, and may be lost."""
    with generators_kept(device):
        _refuse_steps(problem, network, CPU, batch_size)
        # There gradients are not rounded to fewer digits either.
        refuse_own_parameters(problem, network, *first_batch(problem, "train", ROWS, CPU))
        if device.type == "cpu":
            return
        refuse_double(problem, device)
        try:
            _refuse_steps(problem, network, device, batch_size)
        finally:
            with suppress(RuntimeError):  # of a device that is lost
                network.to(CPU)


def _refuse_steps(
    problem: Problem, network: nn.Module, device: torch.device, batch_size: int
) -> None:
    population = Population(network, problem.trained, 1, device=device)
    try:
        take_through(population, problem, batch_size=batch_size)
    except InputError:
        raise
    except Exception as error:
        mode = ", in training mode" if network.training else ""
        raise device_failure(problem, error, f"{FIRST}{mode}", device) from error


def _advice(problem: Problem, raw: Inputs, error: Exception) -> str:
    """What to do about a network that does not take its inputs."""
    kinds = {tensor.dtype for tensor in tensors_of(raw).values()}
    if problem.prepare is as_float and kinds & {torch.int64, torch.int32}:
        return "whole numbers became floats: to keep them, give the problem prepare=lambda x: x"
    if isinstance(error, TypeError) and not isinstance(raw, Tensor):
        return "mend its forward: a tuple becomes its arguments, a dictionary its keyword arguments"
    return "mend it"


def _refuse_gradients(problem: Problem, population: Population, losses: Tensor) -> None:
    """Refuse losses without a gradient, and gradients that no optimiser here takes."""
    if not losses.requires_grad:
        raise InputError(
            f"The losses of problem {problem.name} do not depend on the network's parameters; "
            "compute them from its outputs, without detach or no_grad."
        )
    found = torch.autograd.grad(
        losses.sum(), list(population.parameters.values()), allow_unused=True
    )
    for name, gradient in zip(population.parameters, found, strict=True):
        if gradient is not None and gradient.layout != torch.strided:
            raise InputError(
                f"The gradient of {name} is sparse, with which the optimisers here cannot work; "
                "leave out sparse=True of its layer."
            )
