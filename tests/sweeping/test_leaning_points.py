"""Sweeps whose points lean to clusters of tasks, or to each of them."""

import numpy as np
import pytest
import torch

import paretocli
from paretocli.errors import InputError
from paretocli.sweeping.resolve import resolve
from paretocli.sweeping.similarities import cosines, task_similarities
from tests.toys import quadratics

CENTRES = [[0.0, 0.2], [6.0, 0.3], [0.1, -0.2], [6.1, -0.3]]
OPTIONS = {
    "placement": "clusters",
    "points": 3,
    "scale": "none",
    "epochs": 3,
    "threads": 1,
    "device": "cpu",
    "progress": False,
}


def test_cosines_of_known_gradients():
    one, two = torch.tensor([3.0, 0.0]), torch.tensor([0.0, 4.0])
    nothing = torch.zeros(2)
    gradients = [[one, two], [one, -two], [nothing, 2 * two], [nothing, nothing]]
    found = cosines([[part.double() for part in row] for row in gradients]).numpy()
    wanted = [[1, -7 / 25, 4 / 5, 0], [-7 / 25, 1, -4 / 5, 0], [4 / 5, -4 / 5, 1, 0], [0] * 4]
    np.testing.assert_allclose(found, wanted, atol=1e-15)


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    path = tmp_path_factory.mktemp("clusters")
    return paretocli.sweep(quadratics(CENTRES, [3.0, 1.0]), out=path / "run", **OPTIONS)


def test_points_lean_to_the_clusters_that_there_are(swept):
    table = swept.results
    weights = table[[f"weight_f{i}" for i in range(1, 5)]].to_numpy()
    leaning = [[0.4, 0.1, 0.4, 0.1], [0.1, 0.4, 0.1, 0.4]]
    np.testing.assert_allclose(weights, [[0.25] * 4, *leaning])
    assert table["round"].tolist() == [0, 1, 1]
    # What leans to a cluster serves it better, and the other one worse.
    losses = table[["loss_f1_test", "loss_f2_test"]].to_numpy()
    assert losses[1, 0] < losses[0, 0] < losses[2, 0]
    assert losses[2, 1] < losses[0, 1] < losses[1, 1]


def test_similarities_are_those_of_the_gradients(swept):
    problem = quadratics(CENTRES, [3.0, 1.0])
    options = {name: value for name, value in OPTIONS.items() if name != "progress"}
    config = resolve({**options, "out": str(swept.path)}, made=problem).config
    found = task_similarities(config, problem, 0)
    (there,) = (p.detach().numpy() for p in swept.network(0).parameters())
    away = there - np.array(CENTRES)
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    np.testing.assert_allclose(found, away @ away.T, atol=1e-5)


def test_the_same_call_goes_on_and_adds_nothing(swept):
    before = swept.results
    again = paretocli.sweep(quadratics(CENTRES, [3.0, 1.0]), out=swept.path, **OPTIONS)
    assert again.results.equals(before)


def test_what_was_begun_before_the_clusters_were_known_goes_on(swept, tmp_path):
    alone = {name: value for name, value in OPTIONS.items() if name not in ("placement", "points")}
    problem = quadratics(CENTRES, [3.0, 1.0])
    paretocli.sweep(problem, weights=[1, 1, 1, 1], out=tmp_path / "run", stack=2, **alone)
    found = paretocli.sweep(quadratics(CENTRES, [3.0, 1.0]), out=tmp_path / "run", **OPTIONS)
    timed = ["seconds"]
    assert found.results.drop(columns=timed).equals(swept.results.drop(columns=timed))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"points": 5}, "--points 5 is not from 3 to 4"),
        ({"divisions": 2}, "so does --placement clusters"),
        ({"budget": 5}, "give --placement adaptive too"),
        ({"lean": 1.0}, "--lean should be above 1"),
        ({"placement": "lattice", "lean": 3}, "give --placement around or clusters too"),
        ({"placement": "around"}, "middle, 5, and there are to be 3; leave out --points"),
        ({"placement": "around", "points": 5, "solver": "single"}, "leave it out"),
        ({"placement": "lattice", "points": 1_000_000}, "100,000 are the most; choose fewer"),
        ({"placement": "lattice", "divisions": 99}, "makes 171,700 points, .* at most 82 divi"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, options, words):
    asked = {
        name: v for name, v in OPTIONS.items() if not (name == "points" and "divisions" in options)
    }
    with pytest.raises(InputError, match=words):
        paretocli.sweep(quadratics(CENTRES, [3.0, 1.0]), out=tmp_path / "run", **asked | options)
    assert not (tmp_path / "run").exists()


def test_many_objectives_are_told_of_points_around():
    found = [
        resolve(
            {"problem": "quadratics", "epochs": 1}, made=quadratics(np.eye(14).tolist(), [0.5] * 14)
        ),
        resolve(
            {"problem": "quadratics", "epochs": 1, "placement": "around"},
            made=quadratics(np.eye(14).tolist(), [0.5] * 14),
        ),
    ]
    assert any("--placement around has the middle" in note for note in found[0].notes)
    assert len(found[1].config.weights) == 15
    with pytest.raises(InputError, match=r"573,166,440 points.*--placement around has"):
        resolve({"divisions": 20}, made=quadratics(np.eye(14).tolist(), [0.5] * 14))
