"""How much the tasks of a sweep are alike at a solved point, by their gradients."""

from collections.abc import Sequence

import torch
from torch import Tensor

from paretocli.core.placing import placed_function
from paretocli.core.problem import Problem
from paretocli.options.config import SweepConfig
from paretocli.planning.preferences import Weights
from paretocli.population.population import Population
from paretocli.probing.stacking import recomputing
from paretocli.run_directory.points import network_path
from paretocli.sweeping.point_files import load_point
from paretocli.sweeping.sweep_network import fresh_network
from paretocli.training.certificate import task_gradient


def task_similarities(config: SweepConfig, problem: Problem, point: int) -> Weights:
    """Cosines (t, t) of the gradients of the tasks' training losses at a point's network.

    Of the parameters that all tasks share, for heads of their own tell nothing of others, and of
    those that are not 0, for zero rows stay what they are. A task without a gradient is like no
    other one.

    Gradients are held at once, one a task.

    Args:
        config: The sweep's configuration, with its directory.
        problem: Its problem.
        point: The number of the point.

    Raises:
        InputError: The network of the point cannot be read.
    """
    device = torch.device(config.device)
    network = fresh_network(config.network, "default", problem, config.seed)
    again = recomputing(problem, network)
    load_point(network_path(config.out, point), network)
    population = Population(network, problem.tasks, 1, device=device, recomputes=again)
    population.train(False)
    prepare = placed_function(problem.prepare, device)
    samples = problem.train.to(device)
    kept = {name: tensor.detach() != 0 for name, tensor in population.parameters.items()}
    gradients = [
        {
            name: (gradient * kept[name]).flatten().double().cpu()
            for name, gradient in task_gradient(
                population, samples, prepare, task, problem.evaluation_batch
            ).items()
        }
        for task in range(len(problem.tasks))
    ]
    shared = [name for name in kept if all(bool(one[name].any()) for one in gradients)]
    found: Weights = cosines([[one[name] for name in shared] for one in gradients]).numpy()
    return found


def cosines(gradients: Sequence[Sequence[Tensor]]) -> Tensor:
    """The cosines (t, t) of t gradients, each in the same parts; 0 where one of two vanishes."""
    products = torch.zeros(len(gradients), len(gradients), dtype=torch.float64)
    for parts in zip(*gradients, strict=True):
        rows = torch.stack(list(parts))
        products += rows @ rows.T
    norms = products.diagonal().sqrt()
    apart = torch.outer(norms, norms)
    return torch.where(apart > 0, products / apart.clamp(min=torch.finfo().tiny), 0.0)
