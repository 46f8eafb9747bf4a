"""How long a training step takes."""

import statistics
import time

import torch
from torch import nn

from paretocli.core.accelerators import wait_for
from paretocli.core.auxiliary import targets_of
from paretocli.core.generators import generators_kept
from paretocli.core.placing import placed_function
from paretocli.core.problem import Problem
from paretocli.population.in_turn import InTurn
from paretocli.population.optimizers import optimizer_hook
from paretocli.population.population import Population
from paretocli.probing.rehearsal import CPU

MOST_STEPS = 10
SECONDS = 2.0


def step_seconds(
    problem: Problem, network: nn.Module, device: torch.device, batch_size: int
) -> float:
    """The median time of a step of one point: preparation, both passes, and the optimiser.

    Args:
        problem: The problem.
        network: Its network, on the CPU, which stays what it is but for its mode.
        device: Where to train.
        batch_size: Samples of a step.
    """
    population = Population(network, problem.trained, 1, device=device)
    population.train()
    defaults = problem.defaults
    hook = problem.optimizer or optimizer_hook(defaults.optimizer)
    optimizer = InTurn(
        lambda own: hook(list(own.items()), lr=defaults.lr, weight_decay=defaults.weight_decay),
        population.parameters,
    )
    samples = problem.train.rows(torch.arange(batch_size)).to(device)
    targets = targets_of(samples.targets, len(problem.trained))
    prepare, augment = (
        placed_function(function, device) for function in (problem.prepare, problem.augment)
    )
    times: list[float] = []
    started = time.perf_counter()
    with generators_kept(device):
        # The first one takes longer, but is all there is where even that takes too long.
        while not times or (len(times) <= MOST_STEPS and time.perf_counter() < started + SECONDS):
            before = time.perf_counter()
            optimizer.zero_grad()
            inputs = prepare(samples.inputs)
            if augment is not None:
                inputs = augment(inputs)
            torch.autograd.backward(population.measure(inputs, targets)[0].sum())
            optimizer.step()
            wait_for(device)
            times.append(time.perf_counter() - before)
    network.to(CPU)
    return statistics.median(times[1:] or times)
