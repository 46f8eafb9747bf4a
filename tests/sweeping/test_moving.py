"""Points that are trained for a classification, against the exact answers to what was asked."""

import shutil

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

import paretocli
from paretocli.errors import InputError
from paretocli.planning.classification import Classes
from paretocli.planning.offers import answer, offered
from paretocli.planning.rounds import WARM_SHARE
from tests.exact import CURVES

NEAR = 1e-3


# Four points of three objectives, the last in the middle of the others.
AROUND = [[0.6, 0.2, 0.2], [0.2, 0.6, 0.2], [0.2, 0.2, 0.6], [1, 1, 1]]


@pytest.fixture(scope="module")
def coarse(tmp_path_factory):
    found = {}
    for name, options in (
        ("vlmop2", {"points": 3, "epochs": 20}),
        ("idtlz2", {"weights": AROUND, "epochs": 16}),
    ):
        path = tmp_path_factory.mktemp("coarse") / name
        found[name] = paretocli.sweep(name, **options, out=path, progress=False)
    return found


@pytest.fixture
def copied(coarse, tmp_path):
    def copy(name):
        path = shutil.copytree(coarse[name].path, tmp_path / name)
        return paretocli.load_run(path)

    return copy


def losses_of(run, point):
    table = run.results.set_index("point")
    return table.loc[point, [f"loss_{name}_val" for name in run.objectives]].to_numpy(float)


def place_with(value, objective):
    """The point of the curve with a value of one objective."""
    curve, low, high = CURVES["vlmop2"]
    found = minimize_scalar(
        lambda place: (curve(place)[objective] - value) ** 2,
        bounds=(low, high),
        method="bounded",
        options={"xatol": 1e-12},
    )
    return curve(found.x)


@pytest.mark.parametrize(
    ("first", "level", "bound", "to_level"),
    [
        (1, None, 0.15, False),  # as far as the bound of the other one lets it
        (0, -0.15, 0.3, True),  # until its level, and no farther than that takes
        (0, -0.4, 0.1, False),  # the level is out of reach within the bound
    ],
)
def test_two_losses(copied, first, level, bound, to_level):
    run, names = copied("vlmop2"), ("f1", "f2")
    here = losses_of(run, 1)
    other = 1 - first
    most = float(here[other] + bound)
    least = None if level is None else float(here[first] + level)
    improve = names[first] + ("" if least is None else f" to {least}")
    worsen = f"{names[other]} to {most}"
    run = run.refine(from_=1, improve=improve, worsen=worsen, progress=False)
    step = answer(run.path, Classes(1, (improve,), (worsen,)))
    assert 3 <= step.point < len(run.results) <= 6
    assert step.weights is None
    reached = losses_of(run, step.point)
    exact = place_with(least, first) if to_level else place_with(most, other)
    np.testing.assert_allclose(reached, exact, atol=NEAR)
    # It does what was asked for, to the last digit.
    assert reached[first] < here[first]
    assert reached[other] <= most
    assert ("short of" in step.words) == (level is not None and not to_level)


@pytest.mark.parametrize(
    ("improve", "worsen", "exact"),
    [
        # f = 1 − s with s on the unit sphere: f_3 stays, f_2 goes to its bound.
        (
            ["f1"],
            ["f2 to 0.57"],
            lambda here: [1 - np.sqrt(1 - 0.43**2 - (1 - here[2]) ** 2), 0.57, here[2]],
        ),
        # Both improve by the same, for the points are symmetric in them.
        (["f1", "f2"], ["f3 to 0.57"], lambda here: [1 - np.sqrt((1 - 0.43**2) / 2)] * 2 + [0.57]),
    ],
)
def test_three_losses(copied, improve, worsen, exact):
    run = copied("idtlz2")
    here = losses_of(run, 3)
    run = run.refine(from_=3, improve=improve, worsen=worsen, progress=False)
    step = answer(run.path, Classes(3, tuple(improve), tuple(worsen)))
    assert step.point >= 4
    reached = losses_of(run, step.point)
    np.testing.assert_allclose(reached, exact(here), atol=NEAR)
    bounds = np.array(exact(here))
    assert (reached[len(improve) :] <= bounds[len(improve) :]).all()
    assert (reached[: len(improve)] < here[: len(improve)]).all()


def test_the_answer_of_the_points_that_are_there(coarse):
    path = coarse["vlmop2"].path
    before = sorted(path.rglob("*"))
    asked = Classes(1, ("f1",), ("f2",))
    step = answer(path, asked)
    # The end of the front is as far as f1 goes: no weights are expected to do better.
    assert (step.point, step.weights) == (2, None)
    assert "Point 2 does that best: loss_f1_val" in step.words
    assert offered(path, asked, step) is None
    asked = Classes(1, ("f1 to 0.2",), ("f2 to 0.8",))
    step = answer(path, asked)
    assert step.words == "No point that is there does that."
    assert step.expected["loss_f2_val"] == pytest.approx(0.8, abs=0.01)
    offer = offered(path, asked, step)
    epochs = round(WARM_SHARE * coarse["vlmop2"].results["epochs"].max())
    assert (offer.epochs, offer.corrections, offer.parent, offer.pending) == (epochs, 2, 1, {})
    assert sorted(path.rglob("*")) == before


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    path = tmp_path_factory.mktemp("digits") / "run"
    weights = [[0.02, 0.49, 0.49], [0.3, 0.35, 0.35], [0.1, 0.6, 0.3], [0.1, 0.3, 0.6]]
    options = {"train_samples": 1024, "epochs": 8, "retrain_epochs": 4, "network": "hps"}
    return paretocli.sweep("multidigits", **options, weights=weights, out=path, progress=False)


def test_sizes_and_metrics_go_the_right_way(digits, tmp_path):
    run = paretocli.load_run(shutil.copytree(digits.path, tmp_path / "run"))
    before = run.results.set_index("point")
    size = float(before.loc[0, "compact_parameters"])
    worsen = ("accuracy_left to 60 %", "accuracy_right to 60 %")
    asked = Classes(0, (f"size to {0.6 * size}",), worsen)
    run = run.refine(from_=0, improve=asked.improve[0], worsen=worsen, progress=False)
    after = run.results.set_index("point")
    step = answer(run.path, asked)
    assert after.loc[step.point, "compact_parameters"] < size
    assert after.loc[step.point, ["accuracy_left_val", "accuracy_right_val"]].min() >= 0.6
    # Back from the smallest: accuracies for parameters.
    least = int(before["compact_parameters"].idxmin())
    columns = ["accuracy_left_val", "accuracy_right_val"]
    improve = tuple(f"{name} to {before.loc[least, name] + 0.01}" for name in columns)
    asked = Classes(least, improve, ("size",))
    step = answer(run.path, asked)
    assert (after.loc[step.point, columns] > before.loc[least, columns]).all()
    assert after.loc[step.point, "compact_parameters"] > before.loc[least, "compact_parameters"]


def test_beyond_the_sparsest(digits):
    """Nobody knows what lies there, so nothing is expected."""
    least = int(digits.results.set_index("point")["compact_parameters"].idxmin())
    asked = Classes(least, ("size",), ("accuracy_left to 0.2", "accuracy_right to 0.2"))
    step = answer(digits.path, asked)
    weights = np.array([[0.02, 0.49, 0.49], [0.3, 0.35, 0.35]])
    assert step.weights[0] > weights[:, 0].max()
    assert step.expected == {}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"improve": "f1", "worsen": "f2"}, "not from which point on"),
        ({"from_": 1}, "Nothing is to improve"),
        ({"from_": 9, "improve": "f1", "worsen": "f2"}, "no finished point 9"),
        ({"from_": 1, "improve": "f1", "worsen": "f2", "holes": 1}, "in two ways"),
        ({"from_": 1, "improve": "f1 to 0.9", "worsen": "f2"}, "improves from there"),
    ],
)
def test_wrong_input_writes_nothing(coarse, asked, words):
    path = coarse["vlmop2"].path
    before = sorted(path.rglob("*"))
    with pytest.raises(InputError, match=words):
        paretocli.load_run(path).refine(**asked, progress=False)
    assert sorted(path.rglob("*")) == before
