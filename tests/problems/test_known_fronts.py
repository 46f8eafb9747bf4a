"""The fronts that problems hold, against their own functions and figures worked out apart."""

import math

import moocore
import numpy as np
import pytest
import torch
from scipy.stats import qmc

from paretocli.core.known_front import KnownFront
from paretocli.errors import InputError
from paretocli.problems import analytic
from paretocli.problems.known_fronts import KNOWN_FRONTS, ZDT3_PARTS, octant_volume
from tests.exact import zdt3_parts

MAKERS = {name: getattr(analytic, f"make_{name}") for name in KNOWN_FRONTS}


def values_at(name, points):
    function = MAKERS[name]().networks["variable"]().function
    return np.stack([function(torch.as_tensor(x)).numpy() for x in points])


@pytest.mark.parametrize("name", KNOWN_FRONTS)
def test_a_problem_holds_its_front(name):
    front = MAKERS[name]().front
    assert front is KNOWN_FRONTS[name]
    sample = front.sample(500)
    assert 300 < len(sample) <= 520
    assert moocore.is_nondominated(sample, keep_weakly=True).mean() > 0.98  # gaps have equal ends
    np.testing.assert_allclose(sample.min(axis=0), front.ideal, atol=1e-12)
    assert (sample < front.reference_point).all()


@pytest.mark.parametrize("name", KNOWN_FRONTS)
def test_nothing_is_better_than_a_front_and_the_front_is_attained(name):
    variables = {"vlmop2": 10, "re21": 4}.get(name, 6)
    front = KNOWN_FRONTS[name]
    box = np.subtract(front.reference_point, front.ideal)
    rng = np.random.default_rng(0)
    found = values_at(name, rng.uniform(-1, 1, (300, variables)))
    sample = front.sample(3000)
    beaten = (found[:, None] < sample[None] - 1e-5 * box).all(axis=2)
    assert not beaten.any()


@pytest.mark.parametrize("name", ["vlmop2", "zdt1", "zdt2", "zdt3", "re21"])
def test_the_largest_hypervolume_of_a_curve(name):
    front = KNOWN_FRONTS[name]
    # What a sample lacks falls as one over its size.
    few, many = (
        moocore.hypervolume(front.sample(count), ref=np.array(front.reference_point))
        for count in (20_000, 40_000)
    )
    assert few < many < front.hypervolume
    assert 2 * many - few == pytest.approx(front.hypervolume, rel=1e-5)


@pytest.mark.parametrize("name", ["dtlz2", "idtlz2"])
def test_the_largest_hypervolume_of_a_surface(name):
    front = KNOWN_FRONTS[name]
    few, many = (
        # Lattices of 40 and 80 divisions.
        moocore.hypervolume(front.sample(count), ref=np.array(front.reference_point))
        for count in (math.comb(42, 2), math.comb(82, 2))
    )
    assert few < many < front.hypervolume
    assert 2 * many - few == pytest.approx(front.hypervolume, rel=2e-3)


def test_the_largest_hypervolume_of_five_objectives():
    front = KNOWN_FRONTS["dtlz2_5"]
    places = 1.1 * qmc.Sobol(5, seed=0).random_base2(15)
    share = (np.linalg.norm(places, axis=1) >= 1).mean()
    assert front.hypervolume == pytest.approx(share * 1.1**5, rel=2e-3)
    assert octant_volume(2) == pytest.approx(math.pi / 4)
    assert octant_volume(3) == pytest.approx(math.pi / 6)


def test_the_parts_of_zdt3():
    np.testing.assert_allclose(ZDT3_PARTS, zdt3_parts(), atol=1e-7)
    # The variable goes through all of them, and nowhere else.
    places = np.linspace(0, 1, 501)
    x = np.zeros((501, 3))
    x[:, 0] = places
    first, second = values_at("zdt3", x).T
    inside = [(first >= low - 1e-12) & (first <= high + 1e-12) for low, high in ZDT3_PARTS]
    assert np.any(inside, axis=0).all()
    assert all(part.sum() > 20 for part in inside)
    assert (np.diff(first) > 0).all()
    assert (np.diff(second) < 1e-4).all()
    expected = 1 - np.sqrt(first) - first * np.sin(10 * np.pi * first)
    np.testing.assert_allclose(second, expected, atol=2e-6)


def test_an_impossible_front_is_refused():
    with pytest.raises(InputError, match="beyond its ideal in each objective"):
        KnownFront((0.0, 0.0), (1.0, 0.0), 0.5, lambda count: np.zeros((count, 2)))
    with pytest.raises(InputError, match="up to their box"):
        KnownFront((0.0, 0.0), (1.0, 1.0), 1.5, lambda count: np.zeros((count, 2)))
