import dataclasses

import numpy as np
import pytest
import torch

from paretocli.core.known_front import KnownFront
from paretocli.errors import InputError
from paretocli.problems.analytic import make_dtlz2, make_vlmop2, make_zdt1, make_zdt2
from paretocli.sweeping.normalisation import (
    Normalisation,
    from_initial,
    from_payoff,
    within_known,
    without_scale,
)
from paretocli.sweeping.resolve import resolve
from tests.toys import growl_of, make_trainer, quadratics, vectors

CENTRES = [[0.0, 0.0], [1.0, 3.0]]
PLACE = [1.0, 1.0]  # objectives 2 and 4


def config(**options):
    return resolve({"problem": "vlmop2", **options}).config


def test_without_scale():
    assert without_scale(config(ideal="-1,0.5")) == Normalisation(
        (-1.0, 0.5), (1.0, 1.0), (0.0, 1.5)
    )


def test_initial_by_hand():
    problem = quadratics(CENTRES, PLACE)
    found = from_initial(config(), problem)
    assert found.ideal == (0.0, 0.0)
    np.testing.assert_allclose(found.scale, [2, 4], rtol=1e-6)
    shifted = from_initial(config(ideal="-1,3"), problem)
    assert shifted.ideal == (-1.0, 3.0)
    np.testing.assert_allclose(shifted.scale, [3, 1], rtol=1e-6)


def test_the_reference_point_lies_beyond_the_worst_split():
    problem = vectors()
    found = from_initial(sparse_config(), problem)
    fresh = make_trainer(problem, [[0.2, 0.4, 0.4]], sparsity=growl_of(problem))
    fresh.population.train(False)
    losses = {
        split: fresh.population.measure(problem.prepare(samples.inputs), samples.targets)[0][0]
        for split, samples in problem.splits().items()
    }
    largest = torch.stack(list(losses.values())).amax(dim=0)
    assert (largest > losses["train"]).any()
    np.testing.assert_allclose(found.worst[1:], largest.detach(), rtol=1e-5)
    np.testing.assert_allclose(found.worst[0], found.ideal[0] + found.scale[0], rtol=1e-5)
    beyond = np.array(found.ideal) + 1.1 * (np.array(found.worst) - np.array(found.ideal))
    np.testing.assert_allclose(found.reference_point, beyond, rtol=1e-6)


def sparse_config(**options):
    """Of `vectors`, resolved for another problem and then renamed."""
    found = config(epsilon=0.0, **options)
    return dataclasses.replace(
        found,
        network="wide",
        objectives=("sparsity", "a", "b"),
        sparsity=True,
        sparse_layers=("body.4.weight",),
        sparsity_shares=(1.0,),
        ideal=(0.25, 0.0, 0.5),
    )


def test_initial_with_sparsity_as_an_objective():
    problem = vectors()
    found = from_initial(sparse_config(theta="ramp"), problem)
    assert found.ideal == (0.25, 0.0, 0.5)
    fresh = make_trainer(problem, [[0.2, 0.4, 0.4]], sparsity=growl_of(problem, theta="ramp"))
    fresh.population.train(False)
    inputs = problem.prepare(problem.train.inputs)
    losses, _ = fresh.population.measure(inputs, problem.train.targets)
    value = fresh.sparsity.value(fresh.population.parameters).item()
    assert 0.5 < value < 1
    expected = [value - 0.25, losses[0, 0].item(), losses[0, 1].item() - 0.5]
    np.testing.assert_allclose(found.scale, expected, rtol=1e-5)
    other = from_initial(dataclasses.replace(sparse_config(), init="lsuv"), problem)
    assert abs(other.scale[1] - found.scale[1]) > 1e-3


def test_an_ideal_of_sparsity_above_the_start():
    with pytest.raises(InputError, match=r"Objective sparsity is 0.* at initialisation, not above"):
        from_initial(dataclasses.replace(sparse_config(), ideal=(1.0, 0.0, 0.0)), vectors())


@pytest.mark.parametrize("ideal", ["0,4", "0,5"])
def test_an_ideal_that_the_start_reaches(ideal):
    with pytest.raises(InputError, match="Objective f2 is 4 at initialisation, not above its ide"):
        from_initial(config(ideal=ideal), quadratics(CENTRES, PLACE))


def test_a_start_that_is_no_number():
    with pytest.raises(InputError, match="Objective f1 is nan at initialisation"):
        from_initial(config(), quadratics(CENTRES, [float("nan"), 0.0]))


def test_payoff_by_hand():
    table = torch.tensor([[0.5, 8.0, 3.0], [4.0, 1.0, 2.0], [2.5, 5.0, 1.5]])
    held_out = torch.tensor([[0.5, 2.0, 9.0], [6.0, 1.0, 2.0], [2.5, 5.0, 1.5]])
    losses = {"train": table, "val": held_out, "test": table}
    # A tenth of each range below what was reached, but not below what is known.
    found = from_payoff(losses, "abc", (0.0, 0.75, None), {0: 0.25, 1: 2.0})
    np.testing.assert_allclose(found.ideal, (0.0, 0.75, 1.35))
    np.testing.assert_allclose(found.scale, (4.0, 7.25, 1.65))
    assert found.worst == (6.0, 8.0, 9.0)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([[0.0, 2.0], [0.0, 5.0]], "Objective a is 0 at its worst, not above its ideal.*initial"),
        ([[1.0, float("inf")], [2.0, 5.0]], "Objective b is inf at its worst.*finite"),
        ([[1.0, 0.0], [3.0, 0.0]], "Objective b is 0 at its worst"),
        ([[float("nan"), 2.0], [3.0, 1.0]], "Objective a is nan at its worst"),
    ],
)
def test_a_degenerate_payoff_table(table, message):
    with pytest.raises(InputError, match=message):
        from_payoff({"train": torch.tensor(table), "val": torch.ones(2, 2)}, "ab", (0.0, 0.0))


def test_a_known_front_sets_the_reference_point():
    front = KnownFront((0.0, -1.0), (2.0, 3.0), 1.0, lambda count: np.zeros((count, 2)))
    found = Normalisation((0.0, -1.0), (1.0, 1.0), (1.0, 0.0))
    placed = within_known(found, front)
    assert placed.reference_point == pytest.approx((2.0, 3.0))
    assert (placed.ideal, placed.scale) == (found.ideal, found.scale)
    # Not for other objectives, nor where a given ideal lies beyond it, nor where none is known.
    assert within_known(found, None) is found
    three = Normalisation((0.0,) * 3, (1.0,) * 3, (1.0,) * 3)
    assert within_known(three, front) is three
    beyond = Normalisation((5.0, 5.0), (1.0, 1.0), (6.0, 6.0))
    assert within_known(beyond, front) is beyond


@pytest.mark.parametrize("make", [make_vlmop2, make_zdt1, make_zdt2, make_dtlz2])
def test_known_fronts_leave_the_boxes_of_older_problems_as_they_were(make):
    """1.1 above an ideal of 0, to the last bit."""
    problem = make()
    count = len(problem.objectives)
    before = Normalisation((0.0,) * count, (1.0,) * count, (1.0,) * count)
    assert within_known(before, problem.front) == before
