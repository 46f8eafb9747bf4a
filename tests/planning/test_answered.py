"""Weights that a solved point answers already, against a general solver."""

import numpy as np
import pytest
from scipy.optimize import minimize

import paretocli
from paretocli.errors import InputError
from paretocli.planning.answered import answer
from tests.toys import quadratics

# f3 is a tenth of f1, so it binds only where its weight is ten times that of f1 and more.
SOLVED = np.array([[0.2, 0.4, 0.4], [0.6, 0.3, 0.1], [0.04, 0.06, 0.9]])


def losses_at(x):
    return [x**2, (x - 1) ** 2, 0.1 * x**2]


def exact(weights):
    """The losses (3,) of the minimiser of max w_i f_i over the real line."""
    bounds = [
        {"type": "ineq", "fun": lambda z, i=i: z[1] - weights[i] * losses_at(z[0])[i]}
        for i in range(3)
    ]
    found = minimize(lambda z: z[1], [0.5, 1.0], constraints=bounds, options={"ftol": 1e-14})
    return np.array(losses_at(found.x[0]))


@pytest.mark.parametrize(
    ("wanted", "point"),
    [
        ((0.3, 0.6, 0.1), 0),
        ((0.1, 0.2, 0.7), 0),
        ((0.05, 0.1, 0.85), None),  # f3 binds
        ((0.4, 0.4, 0.2), None),
        ((0.5, 0.25, 0.25), 1),
        ((0.02, 0.06125, 0.91875), 2),  # f1 did not bind there, f3 and f2 did
        ((0.02, 0.03, 0.95), None),
    ],
)
def test_a_point_answers_weights_whose_minimiser_it_is(wanted, point):
    known = np.array([exact(row) for row in SOLVED])
    wanted = np.array(wanted)
    assert answer(SOLVED, known, wanted) == point
    same = np.abs(known - exact(wanted)).max(axis=1) < 1e-4
    assert np.flatnonzero(same).tolist() == ([] if point is None else [point])


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    problem = quadratics([[0.0], [1.0], [0.0]], [0.3], factors=[1.0, 1.0, 0.1])
    out = tmp_path_factory.mktemp("answered") / "run"
    options = {"weights": SOLVED, "penalty": 10.0, "lr": 0.02, "device": "cpu", "progress": False}
    return paretocli.sweep(problem, epochs=60, out=out, **options)


def test_where_all_nearly_bind_the_ratios_of_all_count():
    losses = np.array([[0.3, 0.33, 0.01]])  # f1 is a little behind, as in a short search
    weights = np.array([[0.4, 0.4, 0.2]])
    assert answer(weights, losses, np.array([0.3, 0.5, 0.2])) is None
    assert answer(weights, losses, np.array([0.3, 0.3, 0.4])) == 0


def test_no_point_is_trained_to_be_a_double(solved):
    run = solved
    before = sorted(run.path.rglob("*"))
    with pytest.raises(InputError, match=r"0.3,0.6,0.1 need no point: of what binds at point 0 "):
        run.refine(weights=[(0.3, 0.6, 0.1)], progress=False)
    assert sorted(run.path.rglob("*")) == before


def test_nobody_knows_where_a_search_was_too_short(tmp_path):
    problem = quadratics([[0.0], [1.0], [0.0]], [3.0], factors=[1.0, 1.0, 0.1])
    options = {"weights": [(0.05, 0.9, 0.05)], "lr": 1e-3, "device": "cpu", "progress": False}
    run = paretocli.sweep(problem, epochs=8, out=tmp_path / "run", **options)
    assert len(run.refine(weights=[(0.1, 0.8, 0.1)], progress=False).results) == 2


def test_from_scratch_or_for_others_there_are_points(solved):
    run = solved
    run.refine(weights=[(0.4, 0.4, 0.2)], progress=False)
    run.refine(weights=[(0.3, 0.6, 0.1)], warm="none", progress=False)
    found = run.results.sort_values("point").set_index("point")
    losses = found[[f"loss_f{i}_val" for i in (1, 2, 3)]].to_numpy()
    assert len(losses) == 5
    assert losses[4] == pytest.approx(losses[0], abs=1e-3)
