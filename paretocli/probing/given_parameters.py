"""Whether a network computes with the parameters that it is given, and not with some it has kept.

A population hands each subproblem's parameters to one and the same network. A network that keeps a
parameter in a list or in a function of its own would train on the wrong ones without a word. So
would one that computes a part of its forward pass again during the backward one
(`torch.utils.checkpoint`), when the parameters have been taken back: it has to keep them.
"""

import sys
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from paretocli.core.inputs import Inputs, Several
from paretocli.core.outputs import as_floats, call_by_task
from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.population.kernels import differentiable_kernels
from paretocli.population.population import Population

NOISE = 0.1  # by which the given parameters differ from the network's own, relative
SMALLEST = 0.01  # what a parameter of zeros counts as
TOLERANCE = 0.003  # of gradients, relative to their norm
CHECKPOINT = "torch.utils.checkpoint"
NAMED = 3  # parameters that are named

Gradients = dict[str, Tensor | None]


def refuse_own_parameters(
    problem: Problem, network: nn.Module, inputs: Inputs, targets: Sequence[Several]
) -> None:
    """Compare gradients at given parameters with those of a network that owns them.

    Args:
        problem: The problem.
        network: Its network, on the CPU; afterwards it is what it was before.
        inputs: A small prepared batch.
        targets: One (B, …) for each of what is trained.

    Raises:
        InputError: They differ.
    """
    wrong, given = _wrong(problem, network, inputs, targets)
    if wrong:
        wrong, given = _wrong(problem, network, inputs, targets, recomputes=True)
    if wrong:
        # Those without any gradient are the ones that it keeps; others are wrong for their sake.
        kept = [name for name in wrong if given[name] is None] or wrong
        more = f" and {len(kept) - NAMED} more" if len(kept) > NAMED else ""
        raise InputError(
            f"The network of problem {problem.name} does not compute with the parameters that "
            f"training gives it, but keeps some elsewhere (see {', '.join(kept[:NAMED])}{more}); "
            "take parameters from self.… in forward."
        )


def recomputes(
    problem: Problem, network: nn.Module, inputs: Inputs, targets: Sequence[Several]
) -> bool:
    """Whether a network computes with what it is given only if it keeps that for the backward pass.

    Args:
        problem: The problem.
        network: Its network, on the CPU, which stays as it is.
        inputs: A small prepared batch.
        targets: One (B, …) a task.
    """
    # Who has not imported it does without.
    if CHECKPOINT not in sys.modules:
        return False
    mode = network.training
    try:
        return bool(_wrong(problem, network, inputs, targets)[0])
    finally:
        network.train(mode)


def _wrong(
    problem: Problem,
    network: nn.Module,
    inputs: Inputs,
    targets: Sequence[Several],
    *,
    recomputes: bool = False,
) -> tuple[list[str], Gradients]:
    """The parameters whose gradients differ, and the gradients at the given ones."""
    own = {name: p for name, p in network.named_parameters() if p.requires_grad}
    population = Population(
        network, problem.trained, 1, device=torch.device("cpu"), recomputes=recomputes
    )
    population.train(False)
    _disturb(population)
    torch.default_generator.manual_seed(0)
    losses, _ = population.measure(inputs, targets)
    given = _gradients(losses, population.parameters)
    before = {name: parameter.detach().clone() for name, parameter in own.items()}
    _set(own, {name: p.detach()[0] for name, p in population.parameters.items()})
    try:
        torch.default_generator.manual_seed(0)
        with differentiable_kernels(recurrent=True):
            outputs = call_by_task(network, inputs, [task.name for task in problem.trained])
            expected = [
                task.scores(as_floats(output), target)[0]
                for task, output, target in zip(problem.trained, outputs, targets, strict=True)
            ]
        owned = _gradients(torch.stack(expected), own)
    finally:
        _set(own, before)
    return _differing(given, owned), given


def _disturb(population: Population) -> None:
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in population.parameters.values():
            size = parameter.abs().mean().clamp(min=SMALLEST)
            noise = torch.randn(parameter.shape, generator=generator).to(parameter)
            parameter.add_(NOISE * size * noise)


@torch.no_grad()
def _set(own: dict[str, nn.Parameter], values: dict[str, Tensor]) -> None:
    for name, parameter in own.items():
        parameter.copy_(values[name])


def _gradients(losses: Tensor, parameters: Mapping[str, Tensor]) -> Gradients:
    found = torch.autograd.grad(losses.sum(), list(parameters.values()), allow_unused=True)
    return dict(zip(parameters, found, strict=True))


def _differing(given: Gradients, owned: Gradients) -> list[str]:
    """The parameters whose gradients (1, …) differ from those (…) that a network of its own has."""
    sizes = [gradient.norm() for gradient in owned.values() if gradient is not None]
    floor = TOLERANCE * torch.stack(sizes).norm() if sizes else 0.0
    wrong = []
    for name, expected in owned.items():
        found = given[name]
        if expected is None:
            continue
        difference = (0.0 if found is None else found[0]) - expected
        if difference.norm() > TOLERANCE * (expected.norm() + floor):
            wrong.append(name)
    return wrong
