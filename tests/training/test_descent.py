"""One step of training after another, within a pattern."""

import pytest
import torch
from torch import nn

from paretocli.core.problem import Task
from paretocli.population.optimizers import optimizer_hook
from paretocli.population.population import Population
from paretocli.sparsity.pattern import Pattern
from paretocli.training.descent import Descent
from paretocli.training.settings import TrainingSettings
from tests.toys import CPU, mean_output

# Of two networks with five rows each: rows 0, 2 and 3 are tied in the first, 1 and 2 in the second.
ROWS = torch.tensor([[0, 1, 0, 0, -1], [0, 1, 1, 3, -1]])
STEPS, LR = 25, 0.05


class OneLayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(5, 3, bias=False)

    def forward(self, inputs):
        return [self.layer(inputs)]


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd"])
def test_tied_rows_move_as_one_parameter_would(optimizer):
    """The optimiser's moments are those of the cluster's mean gradient, not of each row's own.

    The rows' gradients differ in size by far, so that moments of their own would give each row a
    step of the same length, whose mean is another one.
    """
    torch.manual_seed(0)
    population = Population(OneLayer(), [Task("a", mean_output)], 2, device=CPU)
    settings = TrainingSettings(
        epochs=1,
        batch_size=1,
        optimizer=optimizer,
        lr=LR,
        weight_decay=0.0,
        schedule="constant",
        seed=0,
        device=CPU,
    )
    descent = Descent(population, settings, Pattern({"layer.weight": ROWS}))
    (weight,) = population.parameters.values()
    clusters = [sorted(set(rows.tolist()) - {-1}) for rows in ROWS]
    shared = [
        torch.stack([weight[k, :, row] for row in own]).detach().clone().requires_grad_()
        for k, own in enumerate(clusters)
    ]
    reduced = optimizer_hook(optimizer)(shared, lr=LR, weight_decay=0.0)
    sizes = torch.tensor([1.0, 3.0, 30.0, -300.0, 7.0])
    for _ in range(STEPS):
        gradient = sizes * (torch.randn(2, 3, 5) + torch.tensor([0.5, -0.2, 1.0])[:, None])
        weight.grad = gradient.clone()
        for k, own in enumerate(clusters):
            shared[k].grad = torch.stack(
                [gradient[k][:, ROWS[k] == row].mean(dim=1) for row in own]
            )
        descent.step(LR)
        reduced.step()
    for k, own in enumerate(clusters):
        assert torch.equal(weight[k, :, 4], torch.zeros(3))
        for place, row in enumerate(own):
            for column in torch.nonzero(ROWS[k] == row).flatten():
                torch.testing.assert_close(
                    weight[k, :, column], shared[k][place], rtol=1e-4, atol=1e-5
                )
