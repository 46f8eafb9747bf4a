"""Few networks for many tasks, on problems whose exact answer is known."""

from itertools import combinations, product

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from scipy.special import logsumexp

from paretocli.solvers.chebyshev import Scalarization
from paretocli.solvers.chebyshev_set import SmoothChebyshevSet
from paretocli.solvers.smooth_chebyshev import SmoothChebyshev

IDEAL, SCALE, EPSILON = torch.tensor([1.0, 0.0, -1.0]), torch.tensor([2.0, 4.0, 1.0]), 0.1
WEIGHTS = torch.tensor([[0.2, 0.3, 0.5]]).repeat(2, 1)
SCALARIZATION = Scalarization(WEIGHTS, IDEAL, SCALE, EPSILON)
F = torch.tensor([[3.0, 2.0, 4.0], [5.0, 8.0, 0.5]])

# Three groups in the plane, of one, two and three tasks.
CENTRES = np.array([[0.0, 0.0], [4.0, 0.5], [5.0, -0.5], [0.0, 6.0], [1.5, 7.0], [-0.5, 7.5]])


def plain(networks=0, weights=None):
    rows = torch.full((networks, 3), 1 / 3) if weights is None else weights
    ones = torch.ones(rows.shape[1], dtype=rows.dtype)
    return Scalarization(rows, 0 * ones, ones, 0.0)


def formula(f, weights, sigma):
    """μ log Σ_i exp(w_i smin_k f_ki / μ), as the paper has it."""
    smallest = -sigma * logsumexp(-f / sigma, axis=0)
    return sigma * logsumexp(weights * smallest / sigma)


def test_by_hand():
    u = (F - IDEAL).numpy() / SCALE.numpy()
    a = u + EPSILON * u.sum(axis=1, keepdims=True)
    w = WEIGHTS[0].numpy()
    hard = (w * a.min(axis=0)).max()
    for smoothing in (0.05, 0.5, 3.0):
        solver = SmoothChebyshevSet(SCALARIZATION, smoothing=smoothing)
        expected = formula(a, w, smoothing * hard)
        np.testing.assert_allclose(solver.value(F), [expected] * 2, rtol=1e-6)
        np.testing.assert_allclose(solver.chebyshev_value(F), [hard] * 2, rtol=1e-6)


@pytest.mark.parametrize("smoothing", [1e-3, 0.1, 1.0])
def test_how_far_it_is_from_the_set_s_largest_term(smoothing):
    solver = SmoothChebyshevSet(SCALARIZATION, smoothing=smoothing)
    hard, smooth = solver.chebyshev_value(F)[0], solver.value(F)[0]
    sigma = smoothing * hard
    assert smooth <= hard + sigma * np.log(3) + 1e-6
    assert smooth >= hard - WEIGHTS.max() * sigma * np.log(2) - 1e-6


def test_one_network_is_the_smooth_chebyshev_scalarization():
    one = Scalarization(WEIGHTS[:1], IDEAL, SCALE, EPSILON)
    alone, plain_one = SmoothChebyshevSet(one, smoothing=0.3), SmoothChebyshev(one, smoothing=0.3)
    f, other = (F[:1].clone().requires_grad_() for _ in range(2))
    torch.testing.assert_close(alone.value(f), plain_one.value(f))
    alone.loss(f).sum().backward()
    plain_one.loss(other).sum().backward()
    torch.testing.assert_close(f.grad, other.grad)


@pytest.mark.parametrize("smoothing", [0.1, 1.0])
def test_its_gradient_is_that_of_its_value(smoothing):
    """With σ held, as the solver leaves σ's own change out."""
    rows = WEIGHTS.double()
    scalarization = Scalarization(rows, IDEAL.double(), SCALE.double(), EPSILON)
    solver = SmoothChebyshevSet(scalarization, smoothing=smoothing)
    f = F.double().requires_grad_()
    solver.loss(f).sum().backward()
    sigma = smoothing * solver.chebyshev_value(f.detach())[0].item()

    def value(numbers):
        u = (numbers.reshape(2, 3) - IDEAL.numpy()) / SCALE.numpy()
        return formula(u + EPSILON * u.sum(axis=1, keepdims=True), rows[0].numpy(), sigma)

    at, step = F.double().numpy().ravel(), 1e-6
    slopes = [(value(at + step * e) - value(at - step * e)) / (2 * step) for e in np.eye(6)]
    np.testing.assert_allclose(f.grad.ravel(), slopes, rtol=1e-5, atol=1e-9)
    solver.end_outer_iteration()
    torch.testing.assert_close(solver.coefficients(), f.grad)


def test_a_network_that_serves_nothing_claims_nothing():
    solver = SmoothChebyshevSet(plain(2), smoothing=1e-3)
    solver.loss(torch.tensor([[1.0, 1.0, 1.0], [9.0, 9.0, 9.0]]))
    solver.end_outer_iteration()
    (found,) = solver.certified()
    assert found[0].isfinite().all()
    assert found[1].isnan().all()


def test_its_state_goes_on():
    solver, other = (SmoothChebyshevSet(SCALARIZATION, smoothing=0.3) for _ in range(2))
    solver.loss(F)
    other.load_state_dict(solver.state_dict())
    for one in (solver, other):
        one.loss(2 * F + 1)
        one.end_outer_iteration()
    assert torch.equal(solver.coefficients(), other.coefficients())


def enclosing(points):
    """The least ‖x − c‖² that some x has for all of a few c: from all pairs and triples."""
    best = np.inf
    for size in (1, 2, 3):
        for chosen in combinations(range(len(points)), min(size, len(points))):
            rows = points[list(chosen)]
            # Equally far from all of them, in their own affine hull.
            edges = rows[1:] - rows[0]
            place = np.linalg.lstsq(2 * edges @ edges.T, (edges**2).sum(axis=1), rcond=None)[0]
            middle = rows[0] + place @ edges
            furthest = ((points - middle) ** 2).sum(axis=1).max()
            best = min(best, furthest)
    return best


def exact(networks):
    """The K-centre problem by trying every way to give tasks to networks."""
    ways = product(range(networks), repeat=len(CENTRES))
    return min(
        max(enclosing(CENTRES[np.array(way) == k]) for k in set(way)) for way in ways if way[0] == 0
    )


def descended(networks, smoothing, *, steps=400, seed=0):
    """Networks x (K, 2) of f_i(x) = ‖x − c_i‖² after descent, and the solver."""
    rows = torch.full((networks, len(CENTRES)), 1 / len(CENTRES), dtype=torch.float64)
    solver = SmoothChebyshevSet(plain(weights=rows), smoothing=smoothing)
    generator = torch.Generator().manual_seed(seed)
    start = 4 * torch.rand(networks, 2, generator=generator, dtype=torch.float64)
    points, centres = start.requires_grad_(), torch.tensor(CENTRES)
    for step in range(steps):
        f = (points.unsqueeze(1) - centres).square().sum(dim=-1)
        (gradient,) = torch.autograd.grad(solver.loss(f).sum(), points)
        with torch.no_grad():
            points -= 0.5 / (1 + 9 * step / steps) ** 1.5 * gradient
    return points.detach(), solver


@pytest.mark.parametrize("networks", [2, 3])
def test_it_finds_the_centres_of_groups_of_tasks(networks):
    """With many tasks for few networks max_i min_k ‖x_k − c_i‖² is the K-centre problem."""
    best = exact(networks)
    values = []
    for seed in range(3):
        points, solver = descended(networks, 0.02, seed=seed)
        f = (points.unsqueeze(1) - torch.tensor(CENTRES)).square().sum(dim=-1)
        values.append(float(solver.chebyshev_value(f)[0]) * len(CENTRES))
    # Not convex: some starts end elsewhere, and none below.
    assert min(values) >= best - 1e-9
    assert min(values) <= 1.02 * best
    one = enclosing(CENTRES)
    assert best < one / 2


def test_a_general_solver_finds_nothing_better_beside_it():
    """Where it ends, with σ held, a quasi-Newton method on the formula stays."""
    points, solver = descended(2, 1.0, steps=600)
    f = (points.unsqueeze(1) - torch.tensor(CENTRES)).square().sum(dim=-1)
    sigma = float(solver.chebyshev_value(f)[0])
    w = np.full(len(CENTRES), 1 / len(CENTRES))

    def value(numbers):
        x = numbers.reshape(2, 1, 2)
        return formula(((x - CENTRES) ** 2).sum(axis=-1), w, sigma)

    at = points.numpy().ravel()
    found = minimize(value, at + 0.05 * np.sin(np.arange(4.0)), method="BFGS", tol=1e-10)
    np.testing.assert_allclose(found.x, at, atol=0.01)
    assert value(at) <= found.fun + 1e-5


def test_networks_that_start_alike_stay_alike():
    solver = SmoothChebyshevSet(plain(2), smoothing=0.1)
    f = torch.tensor([[1.0, 2.0, 3.0]] * 2).requires_grad_()
    solver.loss(f).sum().backward()
    assert torch.equal(f.grad[0], f.grad[1])


def test_more_weight_makes_a_task_s_share_larger():
    """One network for two tasks on a line: w_1 x² = w_2 (1 − x)² where their terms are equal."""
    for weight in (0.5, 0.8):
        rows = torch.tensor([[weight, 1 - weight]], dtype=torch.float64)
        solver = SmoothChebyshevSet(plain(weights=rows), smoothing=0.01)
        place = torch.tensor(0.2, dtype=torch.float64, requires_grad=True)
        for step in range(500):
            f = torch.stack([place**2, (1 - place) ** 2]).unsqueeze(0)
            (slope,) = torch.autograd.grad(solver.loss(f).sum(), place)
            with torch.no_grad():
                place -= 0.2 / (1 + step / 50) * slope
        root = np.sqrt([weight, 1 - weight])
        np.testing.assert_allclose(place.item(), root[1] / root.sum(), atol=0.01)
