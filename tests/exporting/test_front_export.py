"""One network for all weights of a front, against the networks of its points."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from paretocli import load_run
from paretocli.cli.export import export
from paretocli.cli.front_report import front_report
from paretocli.core.as_used import AsUsed
from paretocli.errors import InputError, RunError
from paretocli.exporting.asked_formats import asked_formats
from paretocli.exporting.fronts import front_export
from paretocli.exporting.fronts.front_export import export_front
from paretocli.exporting.fronts.front_network import FrontNetwork
from paretocli.exporting.fronts.front_points import SolvedFront, read_solved_front
from paretocli.exporting.fronts.front_tensors import front_tensors
from paretocli.training import manifold
from tests.program import files_below
from tests.sweeping.test_at_once import swept
from tests.toys import vectors

PLAIN = {"sparsity": False, "points": 11, "epochs": 1, "lr": 0.02}
SWEEPS = {
    "manifold": {"transfer": "manifold"},
    "rank": {"transfer": "manifold", "rank": 1},
    "cosmos": {"transfer": "cosmos", "network": "hps"},
}


def read(path):
    return read_solved_front(path, path, problem=vectors(), consent=lambda file: False)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run directory of each kind; the first two have batch norm."""
    folder = tmp_path_factory.mktemp("fronts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifold, "MEASURED", 16)
        for name, options in SWEEPS.items():
            swept(folder / name, vectors(), **PLAIN, **options)
    return folder


@pytest.mark.parametrize("name", ["rank", "cosmos"])
def test_in_onnxruntime_alone_it_is_the_eleven_points(name, runs, tmp_path):
    front = read(runs / name)
    assert front.points == tuple(range(11))
    found = export_front(front, tmp_path / "out", ["program", "onnx"])
    assert set(files_below(tmp_path / "out")) == set(found.files)
    assert found.files == ("network.onnx", "network.pt2", "export.json")
    session = onnxruntime.InferenceSession(tmp_path / "out" / "network.onnx")
    assert [(one.name, one.shape[-1]) for one in session.get_inputs()] == [
        ("weights", 2),
        ("inputs", 6),
    ]
    inputs = front.problem.test.inputs
    all_outputs = []
    for place, weights in enumerate(front.weights.float()):
        wanted = AsUsed(front.problem, front.network_of(place)).eval()(inputs)
        given = {"weights": 3 * weights.numpy(), "inputs": inputs.numpy()}  # ratios count
        outputs = session.run(None, given)
        all_outputs.append(outputs[0])
        for one, other in zip(outputs, wanted, strict=True):
            np.testing.assert_allclose(one, other.numpy(), rtol=0, atol=1e-4)
    assert np.abs(all_outputs[0] - all_outputs[-1]).max() > 1e-3  # they are no single network
    model = onnx.load(tmp_path / "out" / "network.onnx")
    said = {one.key: json.loads(one.value) for one in model.metadata_props}
    assert said["objectives"] == ["a", "b"]
    report = json.loads((tmp_path / "out" / "export.json").read_text())
    assert report["points"] == said["points"]
    norms = [] if name == "cosmos" else ["body.1.running_mean", "body.1.running_var"]
    assert said["interpolated"] == report["interpolated"] == norms
    assert set(found.between) == (set() if name == "cosmos" else set(range(1, 10)))


def test_mixtures_of_whole_networks_are_the_eleven_points(runs):
    front = read(runs / "manifold")
    network = FrontNetwork(front, front_tensors(front)).eval()
    inputs = front.problem.test.inputs
    for place, weights in enumerate(front.weights.float()):
        wanted = AsUsed(front.problem, front.network_of(place)).eval()(inputs)
        with torch.no_grad():
            found = network(weights, inputs)
        for one, other in zip(found, wanted, strict=True):
            torch.testing.assert_close(one, other, rtol=0, atol=1e-5)


def test_how_many_parameters_it_is_made_of(runs):
    """Two networks of 467; one with factors of rank 2; one of which a vector differs."""
    of = {name: front_tensors(read(runs / name)) for name in SWEEPS}
    parameters = {name for name, _ in read(runs / "rank").network.named_parameters()}
    whole = sum(one.numbers for n, one in of["manifold"].affine.items() if n in parameters)
    assert 800 < whole <= 2 * 467  # by chance a matrix may have a low rank
    low = of["rank"].affine["body.0.weight"]
    # U_2 D_2 − U_1 D_1.
    assert low.ranks == (2,)
    assert low.numbers == 240 + 2 * (40 + 6)
    assert of["rank"].affine["body.4.bias"].differences is None
    differing = [n for n, one in of["cosmos"].affine.items() if one.differences is not None]
    assert len(differing) == 1
    assert differing[0].endswith("bias")


def test_between_points_it_is_their_mixture(runs):
    front = read(runs / "cosmos")
    network = FrontNetwork(front, front_tensors(front)).eval()
    middle = (front.weights[3] + front.weights[4]).float() / 2
    states = [front.states[place] for place in (3, 4)]
    own = dict((*front.network.named_parameters(), *front.network.named_buffers()))
    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_((states[0][name] + states[1][name]) / 2)
        wanted = front.network(front.problem.test.inputs)
        found = network(middle, front.problem.test.inputs)
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-5)


def test_what_is_interpolated_is_that_of_a_point_at_its_weights_and_a_mean_elsewhere(runs):
    front = read(runs / "manifold")
    network = FrontNetwork(front, front_tensors(front)).eval()
    near = torch.stack([network._near(one) for one in front.weights.float()])
    torch.testing.assert_close(near, torch.eye(11), rtol=0, atol=1e-6)
    middle = network._near((front.weights[4] + front.weights[5]).float() / 2)
    assert middle[4] == pytest.approx(float(middle[5]), rel=1e-4)
    assert float(middle[4]) == pytest.approx(0.49, abs=0.01)
    assert float(middle.sum()) == pytest.approx(1)


# What is refused


def hand_made(weights, states, names=("a", "b")):
    network = nn.Linear(2, 1)
    return SolvedFront(
        directory="run",
        problem=vectors(),
        objectives=names,
        points=tuple(range(len(weights))),
        weights=torch.tensor(weights, dtype=torch.float64),
        network=network,
        states=tuple({"weight": torch.tensor([w]), "bias": torch.zeros(1)} for w in states),
        left_out={},
    )


def test_three_points_whose_networks_are_no_mixtures_are_refused():
    weights = [[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]]
    found = front_tensors(hand_made(weights, [[1.0, 0.0], [2.0, 0.5], [3.0, 1.0]]))
    torch.testing.assert_close(found.affine["weight"].base, torch.tensor([[1.0, 0.0]]))
    torch.testing.assert_close(found.affine["weight"].differences, torch.tensor([[[2.0, 1.0]]]))
    with pytest.raises(InputError, match=r"not made of the same few .*as where points were solved"):
        front_tensors(hand_made(weights, [[1.0, 0.0], [2.0, 0.7], [3.0, 1.0]]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "are networks by themselves, .* --transfer manifold or cosmos"),
        ({"transfer": "manifold", "manifold_until": 0.5}, "went on by themselves"),
        ({"transfer": "manifold", "points": None, "weights": ["0.5,0.5"]}, "are networks by thems"),
    ],
)
def test_sweeps_whose_points_nothing_goes_between(options, message, tmp_path):
    swept(tmp_path / "run", vectors(), **(PLAIN | {"points": 2, "epochs": 1} | options))
    with pytest.raises(InputError, match=message):
        read(tmp_path / "run")


def test_points_that_are_not_there_are_left_out_and_said(runs, tmp_path):
    target = tmp_path / "run"
    for file in files_below(runs / "cosmos"):
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        (target / file).write_bytes((runs / "cosmos" / file).read_bytes())
    (target / "points" / "0004.json").unlink()
    front = read(target)
    assert front.left_out == {4: "not finished"}
    found = export_front(front, tmp_path / "out", ["program"])
    assert 4 not in found.points
    assert "No part of it: 4 (not finished)." in front_report(found, tmp_path / "out")
    for point in range(1, 11):
        (target / "points" / f"{point:04d}.json").unlink(missing_ok=True)
    with pytest.raises(InputError, match=r"has 1 points from which .* 2 at least whose weights"):
        read(target)


def test_other_outputs_are_refused_and_nothing_is_written(runs, tmp_path, monkeypatch):
    monkeypatch.setattr(front_export, "FRONT_TOLERANCE", -1.0)
    with pytest.raises(RunError, match="At the weights of point 0 the program gives outputs"):
        export_front(read(runs / "cosmos"), tmp_path / "a" / "out", ["program"])
    assert not (tmp_path / "a").exists()


def test_what_is_said_fits_a_terminal(runs, tmp_path):
    found = export_front(read(runs / "rank"), tmp_path / "out", ["program"])
    text = front_report(found, tmp_path / "out")
    assert max(map(len, text.splitlines()[:-1])) <= 80
    assert "compared on 16 test samples" in " ".join(text.split())
    assert "body.1.running_mean, body.1.running_var: those of a point at its weights" in " ".join(
        text.split()
    )


def test_samples_are_those_of_one_point(tmp_path):
    with pytest.raises(InputError, match="--front stores none; leave out one of the two"):
        export(tmp_path, None, front=True, samples=0)


@pytest.mark.parametrize(
    ("point", "front", "message"),
    [
        (3, True, "and point 3 is named besides; leave out one"),
        (None, False, "give the number of one, or --front"),
    ],
)
def test_a_point_or_the_front_is_asked_for(point, front, message, tmp_path):
    with pytest.raises(InputError, match=message):
        export(tmp_path, point, front=front)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("onnx-int8", "fewer bits"),
        ("litert", "batches of samples alone"),
        ("none", "choose some of program, onnx"),
        ((), "choose some of"),
        ("onx", "mean 'onnx'"),
    ],
)
def test_formats_that_are_none(asked, message):
    with pytest.raises(InputError, match=message):
        asked_formats(asked, some=True)


def test_in_python_and_in_json(runs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = load_run(runs / "cosmos", problem=vectors()).export_front()
    assert set(files_below(tmp_path / "export-cosmos-front")) == set(found.files)
    with pytest.raises(InputError, match="is there already; name a new folder"):
        load_run(runs / "cosmos", problem=vectors()).export_front()
