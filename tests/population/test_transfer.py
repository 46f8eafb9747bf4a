"""What subproblems pass to each other: the rules, and the theory on convex quadratics."""

import math

import numpy as np
import pytest
import torch

from paretocli.population.mixing import mix_
from paretocli.population.transfer import Adaptive, Neighbours
from paretocli.population.transfer_options import KERNELS
from paretocli.solvers.chebyshev import Scalarization
from paretocli.solvers.registry import SOLVERS

COUNT = 9
FIRST = torch.linspace(0.05, 0.95, COUNT)
WEIGHTS = torch.stack([FIRST, 1 - FIRST], dim=1)
HEALTHY = torch.ones(COUNT, dtype=torch.bool)


def neighbours(**changes):
    settings = {"kernel": "gaussian", "reach": 1.0, "strength": 0.5, "until": 0.7}
    return Neighbours(WEIGHTS, **(settings | changes))


# Theory: two quadratics ‖x − a‖² and ‖x − b‖² in the weighted sum w ‖x − a‖² + (1 − w) ‖x − b‖²,
# whose minimisers are the points w a + (1 − w) b.

A, B = torch.zeros(5), torch.ones(5)
EXACT = WEIGHTS[:, :1] * A + WEIGHTS[:, 1:] * B


def descend(transfer, *, steps, rate=0.1, noise=0.0, seed=0):
    """The distances (T, K) to the exact points during Θ ← M Θ − η (∇ + noise)."""
    generator = torch.Generator().manual_seed(seed)
    points = torch.full((COUNT, 5), 4.0)
    distances = []
    for step in range(steps):
        gradient = 2 * (points - EXACT)
        gradient += noise * torch.randn(points.shape, generator=generator)
        matrix = None if transfer is None else transfer.matrix(step / steps)
        if matrix is not None:
            mix_({"x": points}, matrix, HEALTHY)
        points = points - rate * gradient
        distances.append((points - EXACT).norm(dim=1))
    return torch.stack(distances)


@pytest.mark.parametrize("seed", range(5))
def test_with_noise_transfer_reaches_an_accuracy_in_fewer_steps(seed):
    def steps_to(transfer, accuracy):
        mean = descend(transfer, steps=200, noise=2.0, seed=seed).mean(dim=1)
        reached = (mean <= accuracy).nonzero()
        return int(reached[0]) if len(reached) else 200

    with_transfer, without = steps_to(neighbours(), 0.5), steps_to(None, 0.5)
    assert with_transfer < 0.5 * without


def test_the_annealed_rule_ends_on_the_exact_points_and_a_constant_one_is_biased():
    annealed = descend(neighbours(), steps=400)[-1]
    constant = descend(neighbours(until=math.inf), steps=400)[-1]
    assert annealed.max() < 1e-5
    # Inside, the neighbours on both sides balance each other; at the ends they pull inwards.
    assert constant.max() > 0.1
    assert constant[COUNT // 2] < 1e-4


# Neighbours


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("progress", [0.0, 0.3, 0.69])
def test_the_rows_are_shares(kernel, progress):
    matrix = neighbours(kernel=kernel).matrix(progress)
    torch.testing.assert_close(matrix.sum(dim=1), torch.ones(COUNT))
    assert (matrix >= 0).all()
    assert (matrix.diagonal() >= matrix.amax(dim=1) - 1e-6).all()


@pytest.mark.parametrize("progress", [0.7, 0.9, 1.0])
def test_it_is_over_before_training_ends(progress):
    assert neighbours().matrix(progress) is None


def test_it_fades_faster_than_the_learning_rate():
    def away(progress):
        return (neighbours(until=1.0).matrix(progress) - torch.eye(COUNT)).abs().max()

    for progress in (0.2, 0.5, 0.8, 0.95):
        cosine = 0.5 * (1 + math.cos(math.pi * progress))
        assert away(progress) / away(0) < cosine + 1e-6


def test_the_closer_the_weights_the_larger_the_share():
    row = neighbours().matrix(0.0)[4]
    assert row[4] > row[3] > row[2] > row[1] > 0
    # By hand: distances 0, 1, 2, … in units of the reach.
    shares = np.exp(-(np.arange(-4, 5) ** 2) / 2)
    expected = 0.5 * shares / shares.sum()
    expected[4] += 0.5
    np.testing.assert_allclose(row, expected, rtol=1e-4)


def test_a_longer_reach_and_a_kernel_that_ends():
    near, far = neighbours(reach=0.5).matrix(0.0), neighbours(reach=3.0).matrix(0.0)
    assert far[0, 8] > 1000 * near[0, 8]
    triangle = neighbours(kernel="triangle").matrix(0.0)
    assert triangle[4, 3] > 0
    assert triangle[4, 2] == triangle[4, 6] == 0
    uniform = neighbours(kernel="uniform", strength=1.0).matrix(0.0)
    torch.testing.assert_close(uniform, torch.full((COUNT, COUNT), 1 / COUNT))


# Adaptive


OPTIONS = {"penalty": 2.0, "averaging": 1, "smoothing": 0.1}


def adaptive(weights, strength=0.5, solver="chebyshev"):
    ones = torch.ones(weights.shape[1])
    scalarization = Scalarization(weights, 0 * ones, ones, 0.0)
    made = SOLVERS[solver].made(scalarization, OPTIONS)
    return Adaptive(made.value, strength=strength, until=0.7)


@pytest.mark.parametrize("solver", [name for name, kind in SOLVERS.items() if not kind.joins])
def test_who_is_solved_better_by_another_network_drifts_to_it(solver):
    weights = torch.tensor([[0.8, 0.2], [0.2, 0.8], [0.5, 0.5]])
    rule = adaptive(weights, solver=solver)
    assert rule.matrix(0.0) is None
    # Network 2 is best at both objectives; 0 and 1 are good at one.
    rule.observe(torch.tensor([[0.5, 3.0], [3.0, 0.5], [0.3, 0.3]]))
    expected = torch.tensor([[0.5, 0.0, 0.5], [0.0, 0.5, 0.5], [0.0, 0.0, 1.0]])
    torch.testing.assert_close(rule.matrix(0.0), expected)
    assert rule.matrix(0.7) is None


def test_harmful_transfer_stops():
    weights = torch.tensor([[0.8, 0.2], [0.2, 0.8]])
    rule = adaptive(weights)
    rule.observe(torch.tensor([[0.1, 1.0], [1.0, 0.1]]))
    # Each is the best for its own weights.
    torch.testing.assert_close(rule.matrix(0.0), torch.eye(2))


def test_a_gain_within_the_noise_moves_nothing():
    weights = torch.tensor([[0.5, 0.5], [0.5, 0.5]])
    rule = adaptive(weights)
    rule.observe(torch.tensor([[1.0, 1.0], [0.995, 0.995]]))
    torch.testing.assert_close(rule.matrix(0.0), torch.eye(2))
    for _ in range(50):
        rule.observe(torch.tensor([[1.0, 1.0], [0.9, 0.9]]))
    torch.testing.assert_close(rule.matrix(0.0), torch.tensor([[0.5, 0.5], [0.0, 1.0]]))


def test_nobody_takes_from_a_network_that_diverged():
    weights = torch.tensor([[0.5, 0.5]] * 3)
    rule = adaptive(weights)
    rule.observe(torch.tensor([[1.0, 1.0], [torch.nan, torch.nan], [0.5, 0.5]]))
    assert rule.matrix(0.0)[0].tolist() == [0.5, 0.0, 0.5]
    assert rule.matrix(0.0)[2].tolist() == [0.0, 0.0, 1.0]


def test_what_it_has_seen_is_its_state():
    rule, other = adaptive(WEIGHTS), adaptive(WEIGHTS)
    generator = torch.Generator().manual_seed(0)
    for _ in range(5):
        rule.observe(torch.rand(COUNT, 2, generator=generator))
    other.load_state_dict(rule.state_dict())
    assert torch.equal(rule.matrix(0.1), other.matrix(0.1))
    more = torch.rand(COUNT, 2, generator=generator)
    rule.observe(more)
    assert not torch.equal(rule._mean, other._mean)
    other.observe(more)
    assert torch.equal(rule.matrix(0.1), other.matrix(0.1))


# Mixing


def test_mixing_is_the_product():
    tensors = {"a": torch.randn(COUNT, 3, 4), "b": torch.randn(COUNT), "c": torch.randn(9, 2, 3, 1)}
    before = {name: tensor.clone() for name, tensor in tensors.items()}
    matrix = neighbours().matrix(0.1)
    mix_(tensors, matrix, HEALTHY)
    for name, tensor in tensors.items():
        expected = torch.einsum("ij,j...->i...", matrix, before[name])
        torch.testing.assert_close(tensor, expected)


def test_kernels_keep_their_layout():
    kernel = torch.randn(COUNT, 2, 3, 5, 5).permute(0, 1, 4, 2, 3)
    expected = torch.einsum("ij,j...->i...", neighbours().matrix(0.0), kernel)
    strides = kernel.stride()
    mix_({"kernel": kernel}, neighbours().matrix(0.0), HEALTHY)
    assert kernel.stride() == strides
    torch.testing.assert_close(kernel, expected)


def test_a_network_that_diverged_neither_gives_nor_takes():
    tensor = torch.randn(COUNT, 3)
    tensor[2] = torch.nan
    before = tensor.clone()
    healthy = HEALTHY.clone()
    healthy[2] = False
    matrix = neighbours().matrix(0.0)
    mix_({"a": tensor}, matrix, healthy)
    assert tensor[2].isnan().all()
    rest = [k for k in range(COUNT) if k != 2]
    share = matrix[rest][:, rest]
    expected = (share / share.sum(dim=1, keepdim=True)) @ before[rest]
    torch.testing.assert_close(tensor[rest], expected)
