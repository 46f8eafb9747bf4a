"""A first look at a problem's code, before anything is written: one small batch through it."""

import warnings

import torch
from torch import Tensor, nn

from paretocli.errors import InputError
from paretocli.population.population import Population
from paretocli.problems.problem import SPLITS, Problem

ROWS = 2


def rehearse(problem: Problem, network: nn.Module) -> None:
    """Measure a small batch of each split.

    Raises:
        InputError: The problem's code raises, gives something else than one output a task and one
            number a loss, or no gradient reaches the network.
    """
    _refuse_misfit(problem, network)
    population = Population(network, problem.tasks, 1, device=torch.device("cpu"))
    # Evaluation mode: batch norm and the like would refuse a batch so small.
    population.train(False)
    for split in SPLITS:
        losses = _measured(population, problem, split)
        if losses.shape != (1, len(problem.tasks)):
            raise InputError(
                f"The losses of problem {problem.name} have the shape {tuple(losses.shape[2:])} "
                "each; a loss should be a single number, the mean over the batch."
            )
    if not losses.requires_grad:
        raise InputError(
            f"The losses of problem {problem.name} do not depend on the network's parameters; "
            "compute them from its outputs, without detach or no_grad."
        )


def better_stacked(problem: Problem, network: nn.Module, device: torch.device) -> bool:
    """Whether copies of a network had better compute all at once.

    Not convolutions on a CPU, which are faster one after another, and not a network that `vmap`
    cannot take, such as one with control flow that depends on its data.
    """
    convolutions = any(isinstance(m, nn.Conv1d | nn.Conv2d | nn.Conv3d) for m in network.modules())
    if convolutions and device.type == "cpu":
        return False
    population = Population(network, problem.tasks, 2, device=torch.device("cpu"))
    population.train(False)
    try:
        _measured(population, problem, "train")
    except InputError:
        return False
    return True


def _refuse_misfit(problem: Problem, network: nn.Module) -> None:
    network.eval()
    try:
        with torch.no_grad():
            outputs = network(problem.prepare(problem.train.rows(slice(ROWS)).inputs))
    except Exception as error:
        raise _failure(problem, error) from error
    found = len(outputs) if isinstance(outputs, tuple | list) else type(outputs).__name__
    if found != len(problem.tasks):
        raise InputError(
            f"The network of problem {problem.name} returned {found} where a tuple or list of "
            f"{len(problem.tasks)} outputs was expected, one for each task; mend its forward."
        )


def _measured(population: Population, problem: Problem, split: str) -> Tensor:
    try:
        samples = getattr(problem, split).rows(slice(ROWS))
        with warnings.catch_warnings():
            # A loss that broadcasts outputs (B, 1) against targets (B,) trains the wrong thing.
            warnings.filterwarnings("error", message="Using a target size")
            inputs = problem.prepare(samples.inputs)
            if split == "train" and problem.augment is not None:
                with torch.random.fork_rng(devices=[]):
                    inputs = problem.augment(inputs)
            losses, statistics = population.measure(inputs, samples.targets)
            population.metrics(statistics)
    except Exception as error:
        raise _failure(problem, error) from error
    return losses


def _failure(problem: Problem, error: Exception) -> InputError:
    message = (str(error).strip().splitlines() or ["(no message)"])[0]
    return InputError(
        f"The problem {problem.name} raised {type(error).__name__} on its first batch: {message}; "
        "mend it, or set PARETOCLI_DEBUG=1 to see where."
    )
