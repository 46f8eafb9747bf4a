"""Points of one network that reads the weights."""

import pytest
import torch
from torch import nn

from paretocli.core.problem import Defaults, Problem, Samples, Task
from paretocli.probing.input_biases import input_biases
from paretocli.training import manifold
from tests.toys import pictures, solve
from tests.training.test_manifold import FEW, LINE, Twice, mixtures
from tests.training.test_trainer import assert_same, saved_and_loaded


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Points are measured on few samples: these trainings are short."""
    monkeypatch.setattr(manifold, "MEASURED", 16)


def lines(slopes, heights):
    """f_i = mean of (W x + b − A x − h_i)², with one slope A for all: the best is b = Σ c_i h_i."""
    inputs = torch.randn(160, 2, generator=torch.Generator().manual_seed(0))
    targets = tuple(inputs @ torch.tensor(slopes).T + torch.tensor(h) for h in heights)
    samples = Samples(inputs, targets)

    def loss(output, target):
        return (output - target).square().sum(dim=1).mean()

    return Problem(
        name="lines",
        tasks=[Task(f"f{i}", loss, lower_bound=0.0) for i in range(len(heights))],
        train=samples,
        val=samples,
        test=samples,
        networks={"line": lambda: Twice(nn.Linear(2, len(slopes)))},
        generic=False,
        defaults=Defaults(network="line", epochs=8, batch_size=8, lr=0.1, scale="none"),
    )


HEIGHTS = [[1.0, -1.0], [3.0, 0.0]]


@pytest.mark.parametrize("concentration", [0.5, 1.0])
def test_what_the_weights_ask_for_is_found_exactly(concentration):
    problem = lines([[1.0, 2.0], [0.0, -1.0]], HEIGHTS)
    known = {"biases": ["matrix.bias"], "concentration": concentration}
    outcome = solve(mixtures(problem, LINE, "linear", **known))
    wanted = torch.tensor(LINE) @ torch.tensor(HEIGHTS)
    assert (outcome.tensors["matrix.bias"] - wanted).abs().max() < 0.02
    weights = outcome.tensors["matrix.weight"]
    assert torch.equal(weights, weights[:1].expand_as(weights))
    assert outcome.stationarity[1:-1].max() < 0.03


def test_a_pull_bends_towards_the_ray():
    """A weighted sum has its losses at c_2² : c_1² (here 16), their ray is c_2 : c_1 (4)."""
    problem, found = lines([[1.0, 2.0], [0.0, -1.0]], HEIGHTS), {}
    for pull in (0.0, 100.0):
        known = {"biases": ["matrix.bias"], "pull": pull}
        trainer = mixtures(problem, [[0.2, 0.8], [0.5, 0.5]], "linear", **known)
        losses = solve(trainer).figures["test"][0]
        found[pull] = losses[:, 0] / losses[:, 1]
    assert found[0.0].tolist() == pytest.approx([16.0, 1.0], rel=0.1)
    assert found[100.0].tolist() == pytest.approx([5.0, 1.0], rel=0.3)


MAKERS = {
    "one network": lambda: mixtures(pictures(), epochs=4, biases=["body.1.bias"], pull=0.5),
    "then alone": lambda: mixtures(
        pictures(), epochs=4, until=3, ema=0.9, biases=["body.1.bias"], concentration=0.5
    ),
}


@pytest.mark.parametrize("name", MAKERS)
def test_four_epochs_at_once_and_in_two_parts(name):
    straight, first, resumed = (MAKERS[name]() for _ in range(3))
    reports = [straight.run_epoch() for _ in range(4)]
    first.run_epoch(), first.run_epoch()
    resumed.load_state_dict(saved_and_loaded(first.state_dict()))
    for one in reports[2:]:
        assert_same(one, resumed.run_epoch())
    assert_same(straight.finish(), resumed.finish())


def test_gradients_are_those_of_a_network_whose_inputs_hold_the_weights():
    """The first layer's matrix with columns for the weights, and the mean over two draws."""
    torch.manual_seed(0)
    trainer = mixtures(pictures(dropout=0.0), biases=["body.1.bias"])
    ends, draws = trainer.mixing.ends, trainer.mixing.draws
    shares = torch.tensor([[0.3, 0.7], [0.9, 0.1]])
    gradients = torch.randn_like(draws.parameters["body.1.bias"])
    draws.parameters["body.1.bias"].grad = gradients
    ends.take_gradient_(draws, shares)
    shift = ends.copies.parameters["body.1.bias@weights"]
    whole = torch.stack([torch.outer(g, c) for g, c in zip(gradients, shares, strict=True)])
    torch.testing.assert_close(shift.grad[0], whole.mean(dim=0))
    torch.testing.assert_close(ends.copies.parameters["body.1.bias"].grad[0], gradients.mean(dim=0))
    assert len(FEW) == trainer.population.size


# Which biases these are

N = nn.Sequential


class Branches(nn.Module):
    def __init__(self, *branches):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, inputs):
        return [branch(inputs) for branch in self.branches]


def frozen(network, name):
    network.get_parameter(name).requires_grad_(False)
    return network


VECTOR, IMAGE = torch.randn(2, 4), torch.randn(2, 3, 5, 5)


@pytest.mark.parametrize(
    ("make", "inputs", "wanted"),
    [
        (lambda: N(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 1)), VECTOR, ["0.bias"]),
        (lambda: N(nn.Flatten(), nn.Linear(75, 3), nn.Dropout(0.5)), IMAGE, ["1.bias"]),
        (lambda: Branches(nn.Linear(4, 2), N(nn.ReLU(), nn.Linear(4, 2))), VECTOR,
         ["branches.0.bias", "branches.1.1.bias"]),
        # Batch norm takes away what a bias before it adds.
        (lambda: N(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.Conv2d(4, 2, 3)), IMAGE,
         ["1.bias"]),
        (lambda: N(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()), IMAGE, ["0.bias", "1.bias"]),
        (lambda: N(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, affine=False)), IMAGE, []),
        (lambda: N(nn.Linear(4, 3, bias=False), nn.ReLU(), nn.Linear(3, 1)), VECTOR, []),
        (lambda: frozen(N(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 1)), "0.bias"), VECTOR, []),
        (lambda: N(nn.Embedding(5, 3), nn.LayerNorm(3), nn.Linear(3, 2)),
         torch.tensor([[1, 2], [0, 4]]), ["1.bias", "2.bias"]),
        (lambda: N(nn.ReLU(), nn.PReLU(), nn.Linear(4, 2)), VECTOR, []),
    ],
)  # fmt: skip
def test_the_biases_of_what_reads_the_inputs(make, inputs, wanted):
    network = make()
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    trained = [parameter.requires_grad for parameter in network.parameters()]
    draws = torch.get_rng_state()
    assert list(input_biases(network, inputs)) == wanted
    assert all(torch.equal(tensor, state[name]) for name, tensor in network.state_dict().items())
    assert [parameter.requires_grad for parameter in network.parameters()] == trained
    assert network.training
    assert torch.equal(torch.get_rng_state(), draws)
