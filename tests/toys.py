"""Small problems with known answers, and the shortest way to train on them."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor, nn

from paretocli.core.problem import Defaults, Problem, Samples, Task
from paretocli.execution.company import ALONE, Company
from paretocli.networks.building import build_network
from paretocli.options.declared import defaults as option_defaults
from paretocli.population.population import Population
from paretocli.population.transfer import Transfer
from paretocli.problems.analytic import Variable
from paretocli.problems.classification import classification
from paretocli.solvers.base import Solver
from paretocli.solvers.chebyshev import Scalarization
from paretocli.solvers.registry import SOLVERS
from paretocli.sparsity.layers import counted_layers, find_layers
from paretocli.sparsity.objective import SparsityObjective, SparsitySettings
from paretocli.sparsity.pattern import Pattern
from paretocli.training.settings import TrainingSettings
from paretocli.training.trainer import Trainer

CPU = torch.device("cpu")


def mean_output(output: Tensor, target: Tensor) -> Tensor:
    return output.mean()


def quadratics(
    centres: Sequence[Sequence[float]],
    start: Sequence[float],
    *,
    factors: Sequence[float] | None = None,
    steps: int = 30,
) -> Problem:
    """f_i(x) = factor_i · ‖x − c_i‖², with as many steps an epoch as asked for."""
    places = torch.tensor(centres)
    scale = torch.tensor(factors) if factors is not None else torch.ones(len(places))

    def function(point: Tensor) -> Tensor:
        there = places.to(point.device)
        return scale.to(point.device) * ((point - there) ** 2).sum(dim=1)

    samples = Samples(torch.empty(steps, 0), tuple(torch.empty(steps, 0) for _ in places))
    return Problem(
        name="quadratics",
        tasks=[Task(f"f{i + 1}", loss=mean_output, lower_bound=0.0) for i in range(len(places))],
        train=samples,
        val=samples,
        test=samples,
        networks={"variable": lambda: Variable(function, torch.tensor(start))},
        generic=False,
        defaults=Defaults(
            network="variable",
            points=5,
            epochs=20,
            batch_size=1,
            lr=0.05,
            scale="none",
            penalty=10.0,
            averaging=1,
        ),
    )


class Noisy(nn.Module):
    """Convolution, batch norm and dropout in one small network with two heads."""

    def __init__(self, dropout: float = 0.3) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(2, 4, 3),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.Conv2d(4, 3, 2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Dropout(dropout),
        )
        self.heads = nn.ModuleList(nn.Linear(27, 3) for _ in range(2))

    def forward(self, inputs: Tensor) -> list[Tensor]:
        features = self.body(inputs)
        return [head(features) for head in self.heads]


def pictures(
    seed: int = 0, *, dropout: float = 0.3, sizes: Sequence[int] = (40, 23, 17)
) -> Problem:
    """Two classification tasks on 6 × 6 images of 2 channels with random labels."""
    generator = torch.Generator().manual_seed(seed)

    def split(count: int) -> Samples:
        images = torch.randn(count, 2, 6, 6, generator=generator)
        labels = (torch.randint(0, 3, (count,), generator=generator) for _ in range(2))
        return Samples(images, tuple(labels))

    train, val, test = (split(count) for count in sizes)
    return Problem(
        name="pictures",
        tasks=[classification("a", 3), classification("b", 3)],
        train=train,
        val=val,
        test=test,
        networks={"noisy": lambda: Noisy(dropout)},
        defaults=Defaults(network="noisy", epochs=3, batch_size=8, lr=0.01),
    )


class Wide(nn.Module):
    """A hidden layer with 40 rows between batch norm and dropout, and two heads."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(6, 40, bias=False),
            nn.BatchNorm1d(40),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.Linear(40, 3),
            nn.ReLU(),
        )
        self.heads = nn.ModuleList(nn.Linear(3, 3) for _ in range(2))

    def forward(self, inputs: Tensor) -> list[Tensor]:
        features = self.body(inputs)
        return [head(features) for head in self.heads]


HIDDEN = "body.4.weight"  # of `Wide`


def vectors(seed: int = 0, *, sizes: Sequence[int] = (64, 24, 16)) -> Problem:
    """Two classification tasks on 6 numbers: which of the first, and of the last, 3 is largest."""
    generator = torch.Generator().manual_seed(seed)

    def split(count: int) -> Samples:
        inputs = torch.randn(count, 6, generator=generator)
        return Samples(inputs, (inputs[:, :3].argmax(dim=1), inputs[:, 3:].argmax(dim=1)))

    train, val, test = (split(count) for count in sizes)
    return Problem(
        name="vectors",
        tasks=[classification("a", 3), classification("b", 3)],
        train=train,
        val=val,
        test=test,
        networks={"wide": Wide},
        defaults=Defaults(network="wide", epochs=3, batch_size=8, lr=0.02),
    )


def growl_of(problem: Problem, device: torch.device = CPU, **settings: Any) -> SparsityObjective:
    """Sparsity of the hidden layers of a problem's network."""
    network = build_network(problem.defaults.network or "", problem, 0)
    few = problem.prepare(problem.train.inputs[:2])
    layers = find_layers(network, few, problem.objectives)
    return SparsityObjective(counted_layers(layers), SparsitySettings(**settings), device)


def make_trainer(
    problem: Problem,
    weights: Any,
    solver: str | Callable[[Scalarization], Solver] = "chebyshev",
    *,
    epsilon: float = 1e-4,
    seed: int = 0,
    sparsity: SparsityObjective | None = None,
    pattern: Pattern | None = None,
    transfer: Callable[[Solver], Transfer] | None = None,
    device: torch.device = CPU,
    autocast: torch.dtype | None = None,
    company: Company = ALONE,
    **settings: Any,
) -> Trainer:
    """A trainer for weights (K, m) with the problem's defaults, but for the settings named.

    With sparsity there is no second phase unless `retrain_epochs` is among the settings. A rule of
    transfer is made from the solver, and all parameters take part.
    """
    defaults = problem.defaults
    rows = torch.as_tensor(weights, dtype=torch.float32, device=device)
    count = rows.shape[1]
    ideal = torch.zeros(count) if problem.front is None else torch.tensor(problem.front.ideal)
    scalarization = Scalarization(rows, ideal.to(device), torch.ones(count, device=device), epsilon)
    if isinstance(solver, str):
        made = SOLVERS[solver].made(scalarization, option_defaults() | asdict(defaults))
    else:
        made = solver(scalarization)
    chosen = {
        name: settings.pop(name, getattr(defaults, name))
        for name in ("epochs", "batch_size", "optimizer", "lr", "weight_decay", "schedule")
    }
    chosen |= settings
    network = build_network(defaults.network, problem, seed)
    population = Population(
        network, problem.trained, len(rows), device=device, autocast=autocast, company=company
    )
    return Trainer(
        problem,
        population,
        made,
        TrainingSettings(**chosen, seed=seed, device=device),
        sparsity=sparsity,
        pattern=pattern,
        transfer=None if transfer is None else transfer(made),
        transferred=[name for name, t in population.state_dict().items() if t.is_floating_point()],
    )


def solve(trainer: Trainer):
    """Train to the end; returns the outcome."""
    while not trainer.finished:
        trainer.run_epoch()
    return trainer.finish()
