"""The short training of a network whose numbers are rounded."""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from paretocli.core.inputs import Several
from paretocli.core.outputs import Outputs, grouped
from paretocli.core.placing import placed_function
from paretocli.core.problem import Problem
from paretocli.core.shared_outputs import one_a_task
from paretocli.errors import InputError
from paretocli.exporting.quantise_aware.course import Course
from paretocli.exporting.quantise_aware.fake_quantised import STRETCH
from paretocli.exporting.quantise_aware.recipe import Recipe
from paretocli.population.population import Population
from paretocli.training.batches import batches, mixed_seed
from paretocli.training.evaluation import evaluate
from paretocli.training.losses import TrainingLosses
from paretocli.training.settings import TrainingSettings

RANGE_RATE = 1e-2  # of Adam, for the logarithms of ranges


class ByTask(nn.Module):
    """A graph from tensors to tensors as a network of a problem, from inputs to outputs.

    Args:
        graph: It.
        problem: Whose tasks.
        form: Some outputs, one a task that has its own.
    """

    def __init__(self, graph: nn.Module, problem: Problem, form: Sequence[Several]) -> None:
        super().__init__()
        self.graph = graph
        self._tasks = tuple(problem.tasks)
        self._form = tuple(form)

    def forward(self, *tensors: Tensor, **named: Tensor) -> Outputs:
        """The outputs, one a task, of prepared inputs (B, …)."""
        found = self.graph(*tensors, *named.values())
        return one_a_task(grouped(found, self._form), self._tasks)


def train(graph: nn.Module, form: Sequence[Several], recipe: Recipe, epochs: int) -> Course:
    """Train a fake-quantised graph, and leave it as it was at its best epoch.

    Args:
        graph: It; its parameters are changed.
        form: Some outputs, one a task that has its own.
        recipe: How, and on which data; losses are those of the tasks alone.
        epochs: Passes over the training data.

    Raises:
        InputError: The losses say nothing of how the network is to change.
    """
    problem = recipe.problem.with_auxiliary({})
    for parameter in graph.parameters():
        parameter.requires_grad_(parameter.is_floating_point())
    cpu = torch.device("cpu")
    population = Population(ByTask(graph, problem, form), problem.tasks, 1, device=cpu)
    losses = TrainingLosses(problem, population, apart=False, teachers=None)
    settings = _settings(recipe, epochs)
    optimiser = _adam(population, recipe.rate)
    counted = torch.tensor(recipe.coefficients)
    prepare = placed_function(problem.prepare, cpu)
    data = problem.splits()

    def validated() -> Tensor:
        population.train(False)
        return evaluate(population, data["val"], prepare, problem.evaluation_batch)[0][0]

    first = validated()
    there = first.isfinite()  # a split may have no label of a task
    if not bool(there.any()):
        raise InputError(
            f"--quantise-aware chooses by the losses of the validation data, and none of problem "
            f"{problem.name} is a finite number there; leave it out."
        )
    values = [float(first[there] @ counted[there])]
    best, kept = 0, _copies(population)
    steps = epochs * (len(data["train"]) // min(settings.batch_size, len(data["train"])))
    step = 0
    for epoch in range(epochs):
        population.train()
        torch.manual_seed(mixed_seed(recipe.seed, epoch, 1))  # augmentation draws from it
        for batch, _, _ in batches(data["train"], settings, epoch):
            _decay(optimiser, step / steps)
            optimiser.zero_grad()
            for part in losses.parts(batch, recipe.micro_batch):
                found = part.share * (losses.of(part)[0][0] * counted).sum()
                _backward(found, problem.name)
            optimiser.step()
            step += 1
        values.append(float(validated()[there] @ counted[there]))
        if values[-1] < min(values[:-1]):
            best, kept = epoch + 1, _copies(population)
    _take_up(graph, kept)
    names = [task.name for task in problem.tasks]
    return Course(
        epochs=epochs,
        best_epoch=best,
        values=tuple(values),
        coefficients=dict(zip(names, recipe.coefficients, strict=True)),
        rate=recipe.rate,
        range_rate=RANGE_RATE,
        batch_size=settings.batch_size,
        samples=len(problem.train),
    )


def _settings(recipe: Recipe, epochs: int) -> TrainingSettings:
    return TrainingSettings(
        epochs=epochs,
        batch_size=recipe.batch_size,
        optimizer="adam",
        lr=recipe.rate,
        weight_decay=0.0,
        schedule="cosine",
        seed=recipe.seed,
        device=torch.device("cpu"),
        micro_batch=recipe.micro_batch,
    )


def _adam(population: Population, rate: float) -> torch.optim.Adam:
    own: list[Tensor] = []
    ranges: list[Tensor] = []
    for name, parameter in population.parameters.items():
        (ranges if STRETCH in name else own).append(parameter)
    groups = [{"params": own, "rate": rate}, {"params": ranges, "rate": RANGE_RATE}]
    return torch.optim.Adam(groups, lr=rate)


def _decay(optimiser: torch.optim.Adam, place: float) -> None:
    """Set the learning rates at a place of the training, from 0 to 1."""
    for group in optimiser.param_groups:
        group["lr"] = group["rate"] * (1 + math.cos(math.pi * place)) / 2


def _backward(loss: Tensor, problem: str) -> None:
    if not loss.requires_grad:
        raise InputError(
            f"--quantise-aware trains by gradients, and the losses of problem {problem} have none "
            "in its network's parameters; leave it out."
        )
    loss.backward()  # type: ignore[no-untyped-call]  # torch has no types here


def _copies(population: Population) -> dict[str, Tensor]:
    return {name: tensor[0].clone() for name, tensor in population.state_dict().items()}


@torch.no_grad()
def _take_up(graph: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    own = dict(graph.named_parameters()) | dict(graph.named_buffers())
    for name, tensor in own.items():
        tensor.copy_(tensors[f"graph.{name}"])
