import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from paretocli.core.problem import Samples, Task
from paretocli.networks.building import build_network
from paretocli.population.population import Population
from paretocli.training.certificate import stationarity
from paretocli.training.evaluation import evaluate
from tests.toys import CPU, make_trainer, pictures, quadratics


@pytest.fixture
def population():
    problem = pictures()
    made = Population(build_network("noisy", problem, 0), problem.tasks, 3, device=CPU)
    with torch.no_grad():
        for parameter in made.parameters.values():
            noise = torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1))
            parameter.add_(0.1 * noise)
    made.train(False)
    return made


@pytest.mark.parametrize("batch", [1, 7, 23, 1000])
def test_a_split_in_batches_is_the_split_at_once(population, batch):
    problem = pictures()
    whole = population.measure(problem.val.inputs, problem.val.targets)
    found = evaluate(population, problem.val, problem.prepare, batch)
    for a, b in zip(found, whole, strict=True):
        torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-5)
    assert not found[0].requires_grad


class Recording(Samples):
    """Notes how many samples are taken at once."""

    def rows(self, rows):
        taken = super().rows(rows)
        taken_at_once.append(len(taken))
        return taken

    def to(self, device):
        return self


taken_at_once: list[int] = []


def test_a_problem_says_how_many_samples_are_measured_at_once():
    problem = pictures()
    recorded = {name: Recording(s.inputs, s.targets) for name, s in problem.splits().items()}
    problem = dataclasses.replace(problem, **recorded, evaluation_batch=7)
    trainer = make_trainer(problem, [[0.5, 0.5]], batch_size=6, epochs=1)
    taken_at_once.clear()
    trainer.run_epoch()
    trainer.finish()
    assert max(taken_at_once) == 7


def test_every_batch_is_prepared(population):
    problem = pictures()
    halved = Samples(problem.val.inputs / 2, problem.val.targets)
    found = evaluate(population, halved, lambda inputs: 2 * inputs)
    expected = evaluate(population, problem.val, problem.prepare)
    torch.testing.assert_close(found[0], expected[0])


def at(place, centres, coefficients):
    """Stationarity at a place of the plane, with quadratics around the centres."""
    problem = quadratics(centres, place)
    trainer = make_trainer(problem, [[1 / len(centres)] * len(centres)])
    found = stationarity(
        trainer.population, problem.train, problem.prepare, torch.tensor([coefficients])
    )
    return found.item()


@pytest.mark.parametrize(
    ("place", "coefficients", "expected"),
    [
        ((1.0, 0.0), (0.5, 0.5), 0.0),  # gradients (2, 0) and (−2, 0)
        ((1.0, 0.0), (0.75, 0.25), 0.5),
        ((0.5, 0.0), (0.75, 0.25), 0.0),  # (1, 0) and (−3, 0)
        ((3.0, 0.0), (0.3, 0.7), 1.0),  # both pull the same way
        ((0.0, 0.0), (1.0, 0.0), 0.0),  # the minimum of the only one that counts
        ((1.0, 1.0), (0.5, 0.5), np.sqrt(0.5)),  # (2, 2) and (−2, 2)
    ],
)
def test_stationarity_by_hand(place, coefficients, expected):
    assert at(place, [[0.0, 0.0], [2.0, 0.0]], coefficients) == pytest.approx(expected, abs=1e-6)


def test_stationarity_is_zero_where_all_gradients_vanish():
    assert at((1.0, 1.0), [[1.0, 1.0], [1.0, 1.0]], (0.5, 0.5)) == 0


def test_stationarity_knows_no_units():
    one = at((1.0, 1.0), [[0.0, 0.0], [2.0, 0.0]], (0.2, 0.3))
    assert at((1.0, 1.0), [[0.0, 0.0], [2.0, 0.0]], (20.0, 30.0)) == pytest.approx(one)


@pytest.mark.parametrize("batch", [7, 1000])
def test_stationarity_over_a_whole_split(population, batch):
    problem = pictures()
    coefficients = torch.tensor([[0.2, 0.8], [1.0, 0.0], [2.0, 3.0]])
    found = stationarity(population, problem.train, problem.prepare, coefficients, batch_size=batch)
    losses, _ = population.measure(problem.train.inputs, problem.train.targets)
    parameters = list(population.parameters.values())
    for k in range(3):
        rows = []
        for j in range(2):
            gradients = torch.autograd.grad(
                losses[k, j], parameters, retain_graph=True, materialize_grads=True
            )
            rows.append(torch.cat([gradient[k].flatten() for gradient in gradients]))
        c = coefficients[k]
        expected = (c[0] * rows[0] + c[1] * rows[1]).norm() / (
            c[0] * rows[0].norm() + c[1] * rows[1].norm()
        )
        torch.testing.assert_close(found[k], expected, atol=1e-5, rtol=1e-4)


def test_parameters_that_an_objective_does_not_use():
    class Apart(nn.Module):
        def __init__(self):
            super().__init__()
            self.weights = nn.ParameterList(nn.Parameter(torch.tensor([2.0])) for _ in range(2))

        def forward(self, inputs):
            return [weight.expand(len(inputs)) for weight in self.weights]

    samples = Samples(torch.zeros(3, 1), (torch.zeros(3),) * 2)
    tasks = [Task(name, lambda output, target: (output - target).mean()) for name in "ab"]
    made = Population(Apart(), tasks, 2, device=CPU)
    found = stationarity(made, samples, lambda x: x, torch.tensor([[1.0, 1.0], [3.0, 4.0]]))
    # Gradients (1, 0) and (0, 1): √(c_1² + c_2²) / (c_1 + c_2).
    np.testing.assert_allclose(found, [np.sqrt(0.5), 5 / 7], rtol=1e-6)
