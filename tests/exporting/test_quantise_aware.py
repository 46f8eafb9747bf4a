"""Training with numbers rounded: the rounded network is what the file gives, and gains by it."""

import copy
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional

from paretocli.cli.lossy_report import lossy_report
from paretocli.compaction.shipping import compact_network
from paretocli.compaction.trace import trace
from paretocli.core.as_used import AsUsed
from paretocli.core.problem import Defaults, Problem, Samples
from paretocli.errors import InputError, RunError
from paretocli.exporting.export import export_point
from paretocli.exporting.fewer_bits.agreement import refuse_disagreement
from paretocli.exporting.fewer_bits.calibration import calibration_batches, ranges
from paretocli.exporting.fewer_bits.lossiness import Lossiness, asked_lossiness
from paretocli.exporting.fewer_bits.output_error import output_error
from paretocli.exporting.fewer_bits.quantised import OPERATORS, Quantised, ordered
from paretocli.exporting.formats import FORMATS
from paretocli.exporting.point import SolvedPoint
from paretocli.exporting.quantise_aware import recipe as recipe_module
from paretocli.exporting.quantise_aware import tuning
from paretocli.exporting.quantise_aware.grids import (
    bias_on_grid,
    on_grid,
    step_between,
    weight_on_grid,
)
from paretocli.exporting.quantise_aware.recipe import (
    Recipe,
    recipe_of,
    task_coefficients,
    training_problem,
)
from paretocli.exporting.quantise_aware.same_values import nodes_of
from paretocli.exporting.quantise_aware.training import train
from paretocli.exporting.verifying.verify import verify_folder
from paretocli.problems.classification import classification
from tests.exporting.quantising import exact_of, images, network_of, problem_of


def test_what_is_between_layers_is_rounded_to_256_numbers():
    start, stretch = torch.tensor([-1.0, 1.55]), torch.zeros(2, requires_grad=True)
    values = torch.tensor([-5.0, -0.99, 0.0, 0.004, 0.0051, 1.5, 3.0], requires_grad=True)
    found = on_grid(values, start, stretch)
    expected = [-1.0, -0.99, 0.0, 0.0, 0.01, 1.5, 1.55]  # steps of 0.01, 100 of them below 0
    assert found.tolist() == pytest.approx(expected, abs=1e-6)
    found.sum().backward()
    assert values.grad.tolist() == [0, 1, 1, 1, 1, 1, 0]  # nothing of what is cut off
    low, high = torch.autograd.grad(on_grid(torch.tensor([9.0]), start, stretch).sum(), stretch)[0]
    assert float(high) == pytest.approx(1.55, abs=1e-5)  # the largest number is the end itself
    assert float(low) == pytest.approx(0, abs=1e-5)


def test_weights_and_biases_are_rounded_in_steps_of_their_channel():
    weight = torch.tensor([[0.5, -1.27], [0.03, 0.0]], requires_grad=True)
    found = weight_on_grid(weight, 0, -127, 127)
    assert found.flatten().tolist() == pytest.approx([0.5, -1.27, 0.03, 0.0], abs=1e-6)
    seven = weight_on_grid(weight, None, -64, 64)
    assert (seven * 64 / 1.27).flatten().tolist() == pytest.approx([25, -64, 2, 0], abs=1e-5)
    seven.sum().backward()
    assert weight.grad.flatten().tolist() == [1, 1, 1, 1]
    start = torch.tensor([0.0, 2.55])
    bias = torch.tensor([0.10006, 0.1])
    grid = (0, -127, 127, None)
    step = step_between(start, torch.zeros(2))
    found = bias_on_grid(bias, step, weight, grid) / (0.01 * torch.tensor([0.01, 0.03 / 127]))
    assert found.tolist() == pytest.approx([1001, round(0.1 * 127 / 0.0003)], abs=0.01)


class Mixed(nn.Module):
    """Depthwise convolutions of unequal channels, cut off at 6, with pooling of both kinds."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 8, 3, padding=1)
        self.deep = nn.Conv2d(8, 8, 3, groups=8, padding=1)
        self.mixing = nn.Conv2d(8, 8, 1)
        self.norm = nn.BatchNorm2d(8)
        self.hidden = nn.Linear(8, 16)
        self.left, self.right = nn.Linear(16, 5), nn.Linear(16, 3)
        gains = torch.logspace(-1, 1, 8)
        with torch.no_grad():
            self.stem.weight *= gains[:, None, None, None]
            self.deep.weight *= 3

    def forward(self, images):
        pooled = torch.relu(functional.max_pool2d(self.stem(images.float() / 255), 2))
        deep = functional.hardswish(self.mixing(functional.relu6(self.deep(pooled))))
        found = functional.avg_pool2d(torch.relu(self.norm(deep) + pooled), 4).flatten(1)
        hidden = torch.relu(self.hidden(found))
        return self.left(hidden), self.right(hidden)


class Words(nn.Module):
    """Embeddings, convolutions along a text and back, and matrices at each of its places."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(30, 8)
        self.along, self.back = nn.Conv1d(8, 6, 3), nn.ConvTranspose1d(6, 8, 2)
        self.each, self.norm = nn.Linear(8, 8), nn.LayerNorm(8)
        self.left, self.right = nn.Linear(8, 3), nn.Linear(8, 4)

    def forward(self, ids):
        found = self.back(functional.max_pool1d(torch.relu(self.along(self.words(ids).mT)), 2))
        each = self.norm(functional.gelu(self.each(found.mT)))
        return self.left(each.mean(1)), self.right(each[:, 0])


def words(count):
    return torch.randint(0, 30, (count, 8))


@pytest.mark.parametrize(
    ("make", "inputs", "bits", "back"),
    [
        (Mixed, images, 8, ()),
        (Mixed, images, 4, ("hidden",)),
        (Words, words, 7, ()),
        (Words, words, 4, ()),
        (Words, words, 7, ("along", "words")),
    ],
)
def test_the_rounded_network_gives_what_the_file_gives(make, inputs, bits, back, tmp_path):
    torch.manual_seed(0)
    network = make().eval()
    problem = problem_of(network, inputs)
    written = with_recipe(network, problem)
    exact = ordered(exact_of(written, tmp_path))
    batches = calibration_batches(problem, [*written.few], 64)
    known = ranges(exact.file, batches, "min-max", OPERATORS)
    given = problem.test.inputs
    with torch.no_grad():
        right = written.small(given)
    variant = Quantised(exact, "", known, bits).variant()
    made = variant.make(back)
    (tmp_path / "network.int8.onnx").write_bytes(made.SerializeToString())
    found = FORMATS["onnx-int8"].read(tmp_path)(given)
    network = tuning.Tuned(written, exact, variant, None).rounded(back)
    rounded = network(given)
    whole = {one.name for one in made.graph.initializer if one.data_type == onnx.TensorProto.INT32}
    read = sum(
        one.op_type == "DequantizeLinear" and one.input[0] in whole for one in made.graph.node
    )
    assert len([n for n in network.graph.graph.nodes if n.target is bias_on_grid]) == read > 0
    # A number between two of the 256 may become the other one.
    assert output_error(rounded, found) < output_error(right, found) / 5


def with_recipe(network, problem):
    """What `write_lossy` gets of a network that is to be trained further."""
    written = network_of(network, problem, ["given"])
    dense = AsUsed(problem, network).eval()
    graph = compact_network(trace(dense, written.few, "certain"))
    raw = problem.train.rows(slice(8)).inputs
    recipe = Recipe(problem, graph, raw, raw, (0.5, 0.5), 1e-3, 32, 0, 0)
    return replace(written, dense=dense, small=copy.deepcopy(graph), recipe=recipe)


class Unequal(nn.Module):
    """Hidden neurons whose numbers are up to a hundred times as large as others'."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(2, 16), nn.Linear(16, 16)
        self.left, self.right = nn.Linear(16, 4), nn.Linear(16, 2)

    def forward(self, places):
        hidden = torch.relu(self.second(torch.relu(self.first(places))))
        return self.left(hidden), self.right(hidden)


def places_of(count):
    """Points of the plane: which quarter of a turned one they are in, and whether far out."""
    places = torch.rand(count, 2) * 2 - 1
    one, other = places @ torch.tensor([0.8, 0.6]) > 0, places @ torch.tensor([-0.6, 0.8]) > 0
    return Samples(places, (2 * one.long() + other, (places.norm(dim=1) > 0.8).long()))


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """A point that is good, and loses much in eight bits."""
    torch.manual_seed(0)
    network = Unequal()
    train, val, test = map(places_of, (512, 400, 400))
    optimiser = torch.optim.Adam(network.parameters(), lr=0.02)
    for _ in range(200):
        optimiser.zero_grad()
        each = zip(network(train.inputs), train.targets, strict=True)
        sum(functional.cross_entropy(*one) for one in each).backward()
        optimiser.step()
    gains = torch.logspace(-1, 1, 16)
    with torch.no_grad():  # which changes no output
        network.first.weight *= gains[:, None]
        network.first.bias *= gains
        network.second.weight /= gains
    problem = Problem(
        name="quarters",
        tasks=[classification("left", 4), classification("right", 2)],
        train=train,
        val=val,
        test=test,
        networks={"own": Unequal},
        defaults=Defaults(batch_size=32, lr=2e-3),
    )
    folder = tmp_path_factory.mktemp("aware")

    file = folder / "point.safetensors"
    save_file(network.state_dict(), file)
    record = {"point": 3, "weights": [0.5, 0.5]}
    return SolvedPoint(folder / "run", record, problem, network.eval(), file)


@pytest.fixture(scope="module")
def exported(solved):
    """Its folder, trained further, and what export says of it."""
    out = solved.directory.parent / "out"
    return out, export_point(solved, out, ["onnx-int8"], 1, 8, Lossiness(2.0, None, 4))


def test_training_wins_back_what_eight_bits_lose(exported):
    found = exported[1].lossy["onnx-int8"]
    assert found.given_back == ()
    assert found.how.endswith("trained ranges by " + found.how.rpartition(" ")[2])
    course = found.trained.course
    assert course.best_epoch > 0
    assert min(course.values) == course.values[course.best_epoch] < course.values[0]
    assert (course.rate, course.batch_size, course.samples) == (5e-4, 32, 512)
    for task in ("left", "right"):
        assert found.trained.untrained[task].drop > 2
        assert found.validation[task].drop <= 2
        assert found.test[task].before == exported[1].before.metrics[f"accuracy_{task}"]
        assert found.test[task].drop < found.trained.untrained[task].drop


def test_its_file_is_compared_with_the_network_that_was_trained(solved, exported):
    folder, said = exported
    found = said.lossy["onnx-int8"]
    card = json.loads((folder / "card.json").read_text())
    form = card["verification"]["forms"]["network.int8.onnx"]
    session = onnxruntime.InferenceSession(folder / "network.int8.onnx")
    test = solved.problem.test.inputs.numpy()
    given = session.run(None, {"inputs": test})
    with torch.no_grad():
        own = solved.network(solved.problem.test.inputs)
    kept = np.load(folder / "samples.npz")
    rows = card["verification"]["rows_of_test_split"]
    for place, (task, output, exact) in enumerate(zip(("left", "right"), given, own, strict=True)):
        far = float(np.abs(output - exact.numpy()).max())
        assert found.differences[task] == pytest.approx(far, rel=1e-3)
        stored = kept[f"network.int8.onnx:output_{place}"]
        assert np.abs(output[rows] - stored).max() <= form["tolerance"][task] < far / 2
        assert np.abs(exact[rows].numpy() - kept[f"output_{place}"]).max() < 1e-5
    verified = verify_folder(folder, said.digest)
    assert verified.ok
    assert {*verified.differences} == {"network.py", "network.int8.onnx"}


def test_whoever_gets_it_is_told_that_it_is_another_network(exported):
    page = " ".join((exported[0] / "card.md").read_text().split())
    assert "network.int8.onnx does not hold the weights of this point" in page
    assert "trained for 4 epochs more on the training split" in page
    assert f"network.int8.onnx: {exported[1].lossy['onnx-int8'].how}." in page
    assert "--quantise-aware 4 " in page
    text = " ".join("\n".join(lossy_report(exported[1].lossy)).split())
    assert "trained for 4 epochs with all numbers rounded (epoch " in text
    assert "it is no longer the point's own network" in text
    lost = exported[1].lossy["onnx-int8"].trained.untrained  # depends on the processor
    assert max(one.drop for one in lost.values()) > 2
    alone = f"in 8 bits alone, there was lost: accuracy left {lost['left'].drop:.2f} points"
    assert alone in text


def test_the_same_seed_is_the_same_training(solved):
    problem = solved.problem
    with torch.no_grad():
        form = solved.network(problem.test.rows(slice(2)).inputs)
    recipe = recipe_of(solved)
    one, other, third = (
        train(copy.deepcopy(recipe.graph), form, replace(recipe, seed=seed), 2)
        for seed in (0, 0, 1)
    )
    assert one == other
    assert one.values[0] == third.values[0]
    assert one.values[1:] != third.values[1:]


def test_losses_count_as_they_do_where_the_point_is_at_rest(solved, monkeypatch):
    record = {"point": 3, "weights": [0.5, 0.3, 0.2], "multipliers": [0.2, 0.2, 0.6]}
    sweep = SimpleNamespace(config={"epsilon": 0.0}, checksums={"train": "another one"})
    point = replace(solved, record=record, sweep=sweep)
    scale = {"ideal": [0.0, 0.0, 0.0], "scale": [9.0, 2.0, 0.5]}
    monkeypatch.setattr(recipe_module, "read_normalisation", lambda sweep: scale)
    # λ w / s of the tasks: 0.2 · 0.3 / 2 and 0.6 · 0.2 / 0.5.
    assert task_coefficients(point) == pytest.approx((0.03 / 0.27, 0.24 / 0.27))
    alone = replace(point, record=record | {"multipliers": [1.0, 0.0, 0.0]})
    assert task_coefficients(alone) == (0.5, 0.5)
    assert task_coefficients(solved) == (0.5, 0.5)


def test_it_is_trained_on_what_the_point_was_trained_on(solved):
    first = solved.problem.train.rows(slice(100))
    settings = {"train_samples": 100, "lr": 1e-4}
    sweep = SimpleNamespace(config=settings, checksums={"train": first.checksum()})
    point = replace(solved, sweep=sweep)
    assert training_problem(point).train.checksum() == first.checksum()
    sweep.checksums["train"] = "another one"
    with pytest.raises(InputError, match="on the training split, which is another one than"):
        training_problem(point)


def test_what_cannot_be_trained_so_is_refused(solved):
    with pytest.raises(InputError, match=r"--quantise-aware should be at least 1, .*, found 0"):
        asked_lossiness(["onnx-int8"], None, None, 0)
    with pytest.raises(
        InputError, match=r"--quantise-aware is for .*; name onnx-int8 or onnx-int4 with"
    ):
        asked_lossiness(["onnx", "onnx-fp16"], None, None, 3)
    problem = solved.problem
    outputs = solved.network(problem.test.inputs)
    rounded, file = (lambda given, part=part: [part * one for one in outputs] for part in (1, 1.2))
    refuse_disagreement(problem, rounded, rounded, "onnx-int8")
    with pytest.raises(RunError, match=r"outputs of the onnx-int8 file that are off by 0\.2"):
        refuse_disagreement(problem, rounded, file, "onnx-int8")
    module = torch.fx.symbolic_trace(nn.ReLU())
    with pytest.raises(InputError, match="no step of its own gives what the ONNX file rounds as x"):
        nodes_of(module, [torch.ones(3)], {"x": torch.zeros(3)})
