"""Solvers against exact solutions, through population and trainer as networks are trained.

Those of dtlz2 are in `cli/test_sweep.py`.
"""

import functools

import numpy as np
import pytest
import torch

from paretocli.planning.preferences import floored, simplex_lattice
from paretocli.problems.analytic import (
    make_dtlz2_5,
    make_idtlz2,
    make_vlmop2,
    make_zdt1,
    make_zdt2,
    make_zdt3,
)
from paretocli.solvers.augmented_lagrangian import AugmentedLagrangian
from tests.exact import exact_points, zdt3_parts
from tests.toys import make_trainer, quadratics, solve

# Small tensors gain nothing from threads, which wait for each other on a busy machine.

EPSILON = 1e-4
EPOCHS = 12  # where penalties are large enough, all is within 1e-2 then
PROBLEMS = {
    "vlmop2": make_vlmop2,
    "zdt1": make_zdt1,
    "zdt2": make_zdt2,
    "zdt3": make_zdt3,
    "dtlz2_5": make_dtlz2_5,
    "idtlz2": make_idtlz2,
}
C1, C2 = (0.0, 1.0, 0.0), (2.0, 0.0, 1.0)
SQUARED_DISTANCE = 6.0


def solved(name, weights, solver="chebyshev", **settings):
    return solve(make_trainer(PROBLEMS[name](), weights, solver, epsilon=EPSILON, **settings))


def losses_of(outcome):
    return outcome.figures["train"][0].numpy()


@pytest.mark.parametrize(("name", "points"), [("vlmop2", 21), ("zdt1", 9), ("zdt2", 9)])
def test_every_weight_finds_its_own_point(name, points):
    weights = floored(simplex_lattice(2, points - 1), 0.01)
    outcome = solved(name, weights, epochs=EPOCHS)
    found = losses_of(outcome)
    exact = exact_points(name, weights, EPSILON)
    np.testing.assert_allclose(found, exact, atol=0.01)
    assert outcome.relative_gap.max() <= 0.01
    assert len({tuple(row) for row in found.round(2)}) == points
    # What the certificate says is what the exact solution says, too.
    values = (weights * (exact + EPSILON * exact.sum(axis=1, keepdims=True))).max(axis=1)
    np.testing.assert_allclose(outcome.chebyshev_value, values, rtol=0.02, atol=1e-4)


def test_all_five_parts_of_a_front_with_gaps():
    weights = floored(simplex_lattice(2, 20), 0.01)
    outcome = solved("zdt3", weights, epochs=12)
    found = losses_of(outcome)
    np.testing.assert_allclose(found, exact_points("zdt3", weights, EPSILON), atol=0.01)
    assert outcome.relative_gap.max() <= 0.02
    parts = [
        ((found[:, 0] > low - 1e-3) & (found[:, 0] < high + 1e-3)) for low, high in zdt3_parts()
    ]
    assert (sum(parts) == 1).all()
    assert all(part.any() for part in parts)


@pytest.mark.parametrize(("name", "count", "epochs"), [("idtlz2", 3, 15), ("dtlz2_5", 5, 25)])
def test_further_fronts_in_more_dimensions(name, count, epochs):
    weights = floored(simplex_lattice(count, 2), 0.05)
    outcome = solved(name, weights, epochs=epochs)
    np.testing.assert_allclose(losses_of(outcome), exact_points(name, weights, EPSILON), atol=0.02)
    assert outcome.relative_gap.max() <= 0.02


def test_a_weighted_sum_collapses_to_the_ends_of_a_concave_front():
    weights = floored(simplex_lattice(2, 20), 0.01)
    found = losses_of(solved("vlmop2", weights, "linear", epochs=EPOCHS))
    at_an_end = found.min(axis=1) < 0.02
    assert at_an_end.all()
    assert len({tuple(row) for row in found.round(1)}) == 2


def test_a_weighted_sum_finds_the_inside_of_a_convex_front():
    # min w f_1 + (1 − w)(1 − √f_1) lies at √f_1 = (1 − w)/(2w), here 1/2 and 1/4.
    weights = [[0.5, 0.5], [2 / 3, 1 / 3]]
    found = losses_of(solved("zdt1", weights, "linear", epochs=EPOCHS))
    np.testing.assert_allclose(found, [[0.25, 0.5], [0.0625, 0.75]], atol=0.01)


def test_a_penalty_far_too_small_does_not_converge_on_a_concave_front():
    weights = floored(simplex_lattice(2, 8), 0.01)
    small = functools.partial(AugmentedLagrangian, penalty=0.2, largest_growth=1.0)
    outcome = solved("vlmop2", weights, small, epochs=EPOCHS)
    exact = exact_points("vlmop2", weights, EPSILON)
    assert np.abs(losses_of(outcome) - exact).max() > 0.1
    # The certificate tells, and its penalty stayed where it was bounded.
    assert outcome.relative_gap.max() > 0.05


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_convex_quadratics_have_known_points_and_multipliers(optimizer):
    first = torch.tensor([0.1, 0.3, 0.5, 0.8])
    weights = torch.stack([first, 1 - first], dim=1)
    problem = quadratics([C1, C2], start=(1.0, -1.0, 2.0))
    outcome = solve(
        make_trainer(problem, weights, epsilon=0.0, epochs=40, optimizer=optimizer, lr=0.05)
    )
    # On the segment x = c_1 + s(c_2 − c_1): w_1 s² = w_2 (1 − s)², hence s = √w_2/(√w_1 + √w_2).
    # Stationarity, λ_1 w_1 s = λ_2 w_2 (1 − s), then gives λ_1 = s.
    root = weights.sqrt()
    s = root[:, 1] / root.sum(dim=1)
    x = torch.tensor(C1) + s.unsqueeze(1) * (torch.tensor(C2) - torch.tensor(C1))
    np.testing.assert_allclose(outcome.tensors["variable"], x, atol=2e-3)
    expected = SQUARED_DISTANCE * torch.stack([s**2, (1 - s) ** 2], dim=1)
    np.testing.assert_allclose(losses_of(outcome), expected, atol=1e-2)
    np.testing.assert_allclose(outcome.multipliers, torch.stack([s, 1 - s], dim=1), atol=1e-2)
    assert outcome.gap.abs().max() < 1e-2
    assert outcome.relative_gap.max() < 5e-3
    assert outcome.stationarity.max() < 5e-3


def test_three_quadratics_by_symmetry():
    corners = torch.eye(3).tolist()
    problem = quadratics(corners, start=(0.9, 0.3, -0.4))
    outcome = solve(make_trainer(problem, [[1 / 3] * 3], epsilon=0.0, epochs=30, lr=0.03))
    np.testing.assert_allclose(outcome.tensors["variable"][0], [1 / 3] * 3, atol=2e-3)
    np.testing.assert_allclose(outcome.multipliers[0], [1 / 3] * 3, atol=5e-3)


def test_a_constraint_that_does_not_bind_has_no_multiplier():
    # The second objective is the first with a smaller weight: its term is always the smaller one.
    problem = quadratics([C1, C1, C2], start=(1.0, 0.0, 0.0))
    outcome = solve(make_trainer(problem, [[0.45, 0.1, 0.45]], epsilon=0.0, epochs=40))
    np.testing.assert_allclose(outcome.multipliers[0], [0.5, 0, 0.5], atol=1e-2)


def test_points_do_not_depend_on_their_neighbours():
    weights = floored(simplex_lattice(2, 4), 0.01)
    together = losses_of(solved("vlmop2", weights, epochs=4))
    for k in (0, 3):
        alone = losses_of(solved("vlmop2", weights[k : k + 1], epochs=4))
        np.testing.assert_allclose(together[k], alone[0], atol=1e-4)
