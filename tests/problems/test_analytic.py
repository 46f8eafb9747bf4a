import math

import numpy as np
import pytest
import torch

from paretocli.networks.building import build_network
from paretocli.problems.analytic import (
    STEPS_PER_EPOCH,
    Variable,
    dtlz2,
    make_dtlz2,
    make_vlmop2,
    make_zdt1,
    make_zdt2,
    reflected,
    smooth,
    vlmop2,
    zdt1,
    zdt2,
)


def point(*values):
    return torch.tensor(values, dtype=torch.float64)


def on_the_front(function, place, variables=5):
    rest = torch.full((variables,), 0.5 if function is dtlz2 else 0.0, dtype=torch.float64)
    rest[: len(place)] = torch.tensor(place)
    return function(rest).numpy()


@pytest.mark.parametrize("variables", [1, 2, 10])
def test_vlmop2_by_hand(variables):
    e = 1 - math.exp(-1)
    np.testing.assert_allclose(vlmop2(torch.zeros(variables).double()), [e, e])
    end = torch.full((variables,), 1 / math.sqrt(variables), dtype=torch.float64)
    np.testing.assert_allclose(vlmop2(end), [0, 1 - math.exp(-4)], atol=1e-12)
    np.testing.assert_allclose(vlmop2(-end), [1 - math.exp(-4), 0], atol=1e-12)


@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (zdt1, (0.25, 0.0, 0.0), (0.25, 0.5)),
        (zdt1, (0.0, 0.0), (0.0, 1.0)),
        (zdt1, (0.4, 1.0, 1.0), (0.4, 10 * (1 - 0.2))),
        (zdt1, (0.5, 0.5, 0.5), (0.5, 5.5 * (1 - math.sqrt(0.5 / 5.5)))),
        (zdt2, (0.5, 0.0, 0.0), (0.5, 0.75)),
        (zdt2, (0.5, 1.0, 1.0), (0.5, 10 * (1 - 0.05**2))),
        (dtlz2, (0.0, 0.0, 0.5, 0.5), (1, 0, 0)),
        (dtlz2, (0.0, 1.0, 0.5, 0.5), (0, 1, 0)),
        (dtlz2, (1.0, 0.3, 0.5, 0.5), (0, 0, 1)),
        (dtlz2, (0.0, 0.0, 1.0, 0.5), (1.25, 0, 0)),
        (dtlz2, (0.5, 0.5, 0.0, 1.0), (0.75, 0.75, 1.5 * math.sqrt(0.5))),
    ],
)
def test_box_problems_by_hand(function, x, expected):
    np.testing.assert_allclose(function(point(*x)), expected, atol=2e-6)


@pytest.mark.parametrize("place", [0.0, 0.1, 0.37, 0.8, 1.0])
def test_fronts(place):
    first, second = on_the_front(zdt1, [place])
    assert second == pytest.approx(1 - math.sqrt(first), abs=2e-6)
    first, second = on_the_front(zdt2, [place])
    assert second == pytest.approx(1 - first**2)
    assert np.linalg.norm(on_the_front(dtlz2, [place, 0.3])) == pytest.approx(1)
    assert np.linalg.norm(on_the_front(dtlz2, [0.6, place])) == pytest.approx(1)


@pytest.mark.parametrize("function", [zdt1, zdt2, dtlz2])
def test_nothing_lies_below_a_front(function):
    generator = torch.Generator().manual_seed(0)
    for x in 3 * torch.randn(200, 6, generator=generator, dtype=torch.float64):
        f = function(x).numpy()
        assert (f >= -1e-9).all()
        if function is dtlz2:
            assert np.linalg.norm(f) >= 1 - 1e-9
        else:
            assert f[0] <= 1
            assert f[1] >= 1 - (math.sqrt(f[0]) if function is zdt1 else f[0] ** 2) - 2e-6


def test_vlmop2_is_best_where_all_variables_are_equal():
    generator = torch.Generator().manual_seed(0)
    for x in torch.randn(200, 4, generator=generator, dtype=torch.float64):
        # The mean is at least as close to both ends.
        assert (vlmop2(x.mean().expand(4)) <= vlmop2(x) + 1e-12).all()


@pytest.mark.parametrize("fold", [reflected, smooth])
def test_maps_into_the_box(fold):
    line = torch.linspace(-7, 7, 14_001, dtype=torch.float64)
    folded = fold(line)
    assert folded.min() >= 0
    assert folded.max() <= 1
    # Continuous: no step is longer than the largest slope allows.
    assert folded.diff().abs().max() <= math.pi / 2 * 0.001 + 1e-9
    np.testing.assert_allclose(fold(line + 2), folded, atol=1e-9)
    np.testing.assert_allclose(fold(-line), folded, atol=1e-9)
    np.testing.assert_allclose(fold(point(0.0, 0.5, 1.0)), [0, 0.5, 1], atol=1e-12)


def test_reflection_keeps_the_box_and_smoothing_is_flat_at_its_faces():
    inside = torch.linspace(0, 1, 101, dtype=torch.float64)
    np.testing.assert_allclose(reflected(inside), inside, atol=1e-12)
    np.testing.assert_allclose(reflected(point(1.2, -0.2, 2.3)), [0.8, 0.2, 0.3], atol=1e-12)
    faces = point(0.0, 1.0).requires_grad_()
    smooth(faces).sum().backward()
    np.testing.assert_allclose(faces.grad, [0, 0], atol=1e-12)


@pytest.mark.parametrize(
    ("make", "variables", "objectives"),
    [(make_vlmop2, 10, 2), (make_zdt1, 30, 2), (make_zdt2, 30, 2), (make_dtlz2, 12, 3)],
)
def test_a_variable_is_a_network(make, variables, objectives):
    problem = make()
    network = build_network("variable", problem, seed=5)
    assert isinstance(network, Variable)
    assert network.variable.shape == (variables,)
    assert torch.equal(build_network("variable", problem, seed=5).variable, network.variable)
    assert not torch.equal(build_network("variable", problem, seed=6).variable, network.variable)
    outputs = network(problem.train.inputs[:3])
    assert [output.shape for output in outputs] == [(3,)] * objectives
    values = network.function(network.variable)
    for task, output, target, value in zip(
        problem.tasks, outputs, problem.train.targets, values, strict=True
    ):
        torch.testing.assert_close(task.loss(output, target[:3]), value)
    assert problem.defaults.batch_size == 1
    assert len(problem.train) == STEPS_PER_EPOCH
    assert problem.objectives == tuple(f"f{i + 1}" for i in range(objectives))
