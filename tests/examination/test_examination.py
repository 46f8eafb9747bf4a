"""What is found out about a problem before it is swept."""

import dataclasses

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss

import tests.odd
from paretocli.core.problem import Samples, Task
from paretocli.errors import InputError
from paretocli.examination.behaviour import mixing_notes
from paretocli.examination.data import input_faults, target_faults
from paretocli.examination.default_sweep import default_sweep
from paretocli.examination.examine import examine
from paretocli.exporting.possible import ExportTrial
from paretocli.networks.building import build_network
from paretocli.probing.reach import parameters_by_tasks, reach_faults, reached_by
from paretocli.sweeping.memory import expected_memory
from tests.toys import CPU, pictures, quadratics, vectors

pytestmark = pytest.mark.usefixtures("no_export_trial")


def network_of(problem):
    return build_network(next(iter(problem.networks)), problem, 0)


def examined(problem, name=None):
    return examine(problem, CPU, name)


def failures(problem):
    return [str(failure) for failure in examined(problem).failures]


# The whole report


def test_a_problem_in_order():
    problem = vectors(sizes=(64, 24, 16))
    found = examined(problem)
    assert found.failures == []
    assert found.notes == []
    assert (found.problem, found.network, found.batch_size) == ("vectors", "wide", 8)
    assert found.samples == {"train": 64, "val": 24, "test": 16}
    assert [(one.name, one.shape, one.dtype) for one in found.inputs] == [("", (6,), "float32")]
    network = network_of(problem)
    assert found.parameters == sum(p.numel() for p in network.parameters())
    network.eval()
    with torch.no_grad():
        outputs = network(problem.train.inputs)
    for task, output, target, report in zip(
        problem.tasks, outputs, problem.train.targets, found.tasks, strict=True
    ):
        assert report.name == task.name
        assert (report.target.shape, report.target.dtype) == ((), "int64")
        assert report.output == (3,)
        assert report.loss == pytest.approx(task.loss(output, target).item(), rel=1e-5)
        right = (output.argmax(dim=1) == target).float().mean().item()
        assert report.metrics == {"accuracy": pytest.approx(right)}
    heads = 3 * 3 + 3
    shared = found.parameters - 2 * heads
    assert found.reached == {("a", "b"): shared, ("a",): heads, ("b",): heads}
    assert [(layer.name, layer.role) for layer in found.layers] == [
        ("body.0.weight", "input"),
        ("body.4.weight", "hidden"),
        ("heads.0.weight", "head"),
        ("heads.1.weight", "head"),
    ]
    assert [one.name for one in found.uncounted] == [
        f"{name}.weight" for name in ("body.0", "heads.0", "heads.1")
    ]
    assert found.in_turn == ""
    assert found.step_seconds > 0
    sweep = default_sweep(problem, found.network, found.layers, CPU)
    assert found.memory == expected_memory(sweep, problem, 1)


def test_a_recipe_that_the_problem_brings_along():
    recipe = {"optimizer": "adamw", "lr_of": {"body.*": 0.1}, "no_decay": ("biases",)}
    problem = vectors(sizes=(64, 24, 16))
    defaults = dataclasses.replace(problem.defaults, **recipe)
    assert examined(dataclasses.replace(problem, defaults=defaults)).memory is not None


def test_the_network_that_is_asked_for():
    problem = vectors()
    assert examined(problem, "hps").network == "hps"
    with pytest.raises(InputError, match="no network named 'resnet'"):
        examined(problem, "resnet")


@pytest.mark.parametrize(
    "name",
    [
        *("tied", "group_norm", "batch_norm", "own_statistics", "drop", "spectral", "lstm"),
        *("transformer", "embedding", "lazy", "buffers", "frozen", "control_flow_in_training"),
    ],
)
def test_odd_networks_are_in_order(name):
    found = examined(getattr(tests.odd, name)())
    assert found.failures == []
    assert found.notes == []
    counts = sum(found.reached.values())
    assert counts == found.parameters - (72 if name == "frozen" else 0)


def test_what_does_not_count_is_named_with_why():
    found = examined(tests.odd.lstm())
    reasons = {one.name: one.reason for one in found.uncounted}
    assert reasons.keys() == {
        *(f"first.weight_hh_l{layer}" for layer in (0, 1)),
        *("first.weight_ih_l0", "kind.weight", "size.weight"),
    }
    assert "rows are states" in reasons["first.weight_hh_l0"]
    assert reasons["first.weight_ih_l0"] == "an input layer"


@pytest.mark.parametrize(
    "problem", [pictures(), quadratics([[0.0], [1.0]], [0.5]), tests.odd.drop()]
)
def test_nothing_is_changed(problem):
    state = torch.get_rng_state()
    inputs = problem.train.inputs.clone()
    assert examined(problem).failures == []
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(problem.train.inputs, inputs)


def test_what_a_sweep_refuses_comes_first_and_alone():
    assert failures(tests.odd.named_outputs()) == [
        "The network of problem odd returned kind, height where size was expected too, one for "
        "each task; mend its forward."
    ]
    assert examined(tests.odd.named_outputs()).tasks == []


def test_export_is_tried_where_nothing_failed(monkeypatch):
    trial = ExportTrial("whole", 9, "It has no graph.")
    monkeypatch.setattr("paretocli.examination.examine.export_trial", lambda *_: trial)
    found = examined(tests.odd.tied())
    assert found.export == trial
    assert found.notes == ["Points of a sweep could not be exported. It has no graph."]
    assert examined(tests.odd.spare()).export is None
    assert examined(quadratics([[0.0], [1.0]], [0.5])).export is None


# Data


def spoilt(problem, split, **changes):
    data = problem.splits()[split]
    return dataclasses.replace(problem, **{split: dataclasses.replace(data, **changes)})


def test_inputs_that_are_not_finite_are_counted():
    made = vectors(sizes=(64, 24, 16))
    train, test = made.train.inputs.clone(), made.test.inputs.clone()
    train[17, 2] = train[17, 3] = train[60, 0] = torch.nan
    test[5, 0] = torch.inf
    made = spoilt(spoilt(made, "train", inputs=train), "test", inputs=test)
    for size in (1000, 7):
        said = list(map(str, input_faults(dataclasses.replace(made, evaluation_batch=size))))
        assert said == [
            "The inputs are not finite in 2 of 64 samples of the train split (number 17 from 0 "
            "first), 1 of 16 samples of the test split (number 5 from 0 first); replace what is "
            "missing there, or in prepare."
        ]
    # What prepare replaces is not missing.
    assert input_faults(dataclasses.replace(made, prepare=torch.nan_to_num)) == []


def test_several_inputs_are_named():
    inputs = {"left": torch.zeros(4, 2), "right": torch.full((4, 3), torch.nan)}
    made = spoilt(vectors(sizes=(64, 24, 16)), "val", inputs=inputs, targets=(torch.zeros(4),) * 2)
    (said,) = map(str, input_faults(made))
    assert said.startswith("The inputs 'right' are not finite in 4 of 4 samples of the val split")


def test_a_class_that_no_output_stands_for():
    made = vectors(sizes=(64, 24, 16))
    labels = made.val.targets[0].clone()
    labels[20] = 3
    made = spoilt(made, "val", targets=(labels, made.val.targets[1]))
    assert failures(made) == [
        "The loss of task a raises IndexError (Target 3 is out of bounds) on samples 0 to 23 of "
        "the val split, whose targets are (B,) of int64 from 0 to 3 and whose outputs (B, 3); "
        "correct the targets or the loss."
    ]
    outputs = [torch.zeros(2, 3), torch.zeros(2, 3)]
    (said,) = map(str, target_faults(dataclasses.replace(made, evaluation_batch=10), outputs))
    assert "on samples 20 to 23 of the val split" in said


def test_targets_that_make_a_loss_nan_in_two_splits():
    made = tests.odd.drop()
    for split in ("train", "test"):
        kind, size = made.splits()[split].targets
        size = size.clone()
        size[3] = torch.nan
        made = spoilt(made, split, targets=(kind, size))
    (said,) = failures(made)
    assert said.startswith("The loss of task size is nan before training on samples 0 to 23 of the")
    assert "not all of them finite" in said
    assert said.endswith(", and likewise in test; correct the targets or the loss.")


def test_data_that_is_read_as_needed_is_looked_at_in_part():
    class OnDisk:
        def __init__(self, samples):
            self.samples, self.read = samples, 0

        def __len__(self):
            return len(self.samples)

        def rows(self, rows):
            found = self.samples.rows(rows)
            self.read += len(found)
            return found

        def to(self, device):
            return self

        def checksum(self):
            return self.samples.checksum()

    made = vectors(sizes=(64, 24, 16))
    train = OnDisk(made.train)
    lazy = dataclasses.replace(made, train=train, evaluation_batch=10)
    train.read = 0
    assert input_faults(lazy) == []
    assert train.read == 10


def test_a_loss_that_is_infinite_for_the_network_alone():
    class Huge(tests.odd.Net):
        def forward(self, inputs):
            kind, size = super().forward(inputs)
            return [kind, torch.where(inputs[:, 0] > 1.5, 1e30, size)]

    made = tests.odd.problem(Huge)
    assert (made.train.inputs[:2, 0] < 1.5).all()
    assert (made.train.inputs[:, 0] > 1.5).any()
    (said,) = failures(made)
    assert said.startswith("The loss of task size is inf before training; let the network start")


def test_inputs_that_are_single_numbers():
    class Pair(tests.odd.Net):
        def __init__(self):
            super().__init__(first=nn.Embedding(7, tests.odd.WIDTH))
            self.second = nn.Embedding(5, tests.odd.WIDTH)

        def forward(self, left, right):
            features = self.first(left) + self.second(right)
            return [self.kind(self.hidden(features)), self.size(features).squeeze(-1)]

    problem = tests.odd.problem(Pair, tokens=True)
    for split, data in problem.splits().items():
        inputs = {"left": torch.arange(len(data)) % 7, "right": torch.arange(len(data)) % 5}
        problem = spoilt(problem, split, inputs=inputs)
    found = examined(problem)
    assert found.failures == []
    assert [one.shape for one in found.inputs] == [(), ()]


def test_losses_before_training_are_those_of_all_sorts_of_samples():
    """Where data sets follow one another, the first samples have the labels of one of them."""

    def masked(output, target):
        there = (target >= 0).sum().clamp(min=1)
        return cross_entropy(output, target, ignore_index=-100, reduction="sum") / there

    made = vectors(sizes=(64, 24, 16))
    unlabelled = made.train.targets[1].clone()
    unlabelled[:48] = -100
    spread = spoilt(made, "train", targets=(made.train.targets[0], unlabelled))
    tasks = (made.tasks[0], Task("b", masked))
    found = examined(dataclasses.replace(spread, tasks=tasks, evaluation_batch=8))
    assert found.failures == []
    assert found.tasks[1].loss > 0.5


def test_a_task_that_has_the_name_of_an_objective_of_the_program():
    made = tests.odd.drop()
    task = dataclasses.replace(made.tasks[1], name="sparsity")
    (said,) = failures(dataclasses.replace(made, tasks=(made.tasks[0], task)))
    assert said.startswith("Problem odd has a task named sparsity")


# Gradients


def test_a_parameter_that_no_loss_reaches():
    assert failures(tests.odd.spare()) == [
        "No loss reaches factor, spare.weight, spare.bias, which training would leave as it "
        "starts; use it in forward, remove it, or freeze it (requires_grad=False)."
    ]
    found = examined(tests.odd.spare())
    assert found.reached[()] == 7


def test_a_gradient_of_zero_reaches():
    """As those of the monitors of an MDMTN do at the start."""
    problem = vectors()
    network = build_network("mdmtn", problem, 0)
    reached = reached_by(problem, network, 8)
    assert reached["monitors.0.1.weight"] == ("a",)
    assert reached["alpha"] == reached["shared.1.weight"] == ("a", "b")
    assert reach_faults(problem, reached) == []


def test_what_is_reached_in_training_alone_is_reached():
    class Late(tests.odd.Net):
        def features(self, inputs):
            features = super().features(inputs)
            return features if self.training else features.detach()

    problem = tests.odd.problem(Late)
    reached = reached_by(problem, network_of(problem), 8)
    assert reached["hidden.weight"] == ("kind", "size")


def test_a_loss_without_gradient():
    made = tests.odd.drop()
    detached = Task("size", lambda output, target: mse_loss(output.detach(), target))
    said = failures(dataclasses.replace(made, tasks=(made.tasks[0], detached)))
    assert said == [
        "No loss reaches size.weight, size.bias, which training would leave as it starts; use it "
        "in forward, remove it, or freeze it (requires_grad=False).",
        "The loss of task size reaches no parameter; compute it from the network's outputs, "
        "without detach or no_grad.",
    ]


def test_reach_leaves_batch_norm_as_it_is():
    problem = tests.odd.batch_norm()
    network = network_of(problem)
    before = {name: buffer.clone() for name, buffer in network.named_buffers()}
    reached = reached_by(problem, network, 8)
    assert all(torch.equal(b, before[name]) for name, b in network.named_buffers())
    counts = parameters_by_tasks(network, reached)
    assert list(counts) == [("kind", "size"), ("kind",), ("size",)]
    assert sum(counts.values()) == sum(p.numel() for p in network.parameters())


# Behaviour


def test_dropout_that_is_never_switched_off():
    (said,) = failures(tests.odd.restless())
    assert "gives other outputs each time in evaluation mode; switch dropout" in said


@pytest.mark.parametrize("name", ["mixed_up", "control_flow"])
def test_samples_that_depend_on_each_other_are_noted(name):
    problem = getattr(tests.odd, name)()
    found = examined(problem)
    assert found.failures == []
    (note,) = found.notes
    assert "depend on the other samples of its batch" in note
    assert "batch_first=True" in note


class Squeezing(tests.odd.Net):
    def forward(self, inputs):
        return [output.squeeze() for output in super().forward(inputs)]


class Several(tests.odd.Net):
    def forward(self, inputs):
        if len(inputs) < 2:
            raise ValueError("too few")
        return super().forward(inputs)


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (Squeezing, "for task kind is (B, 3), but (3,) for a batch of one sample; keep the batch"),
        (Several, "odd raised ValueError on a batch of one sample: too few; mend it"),
    ],
)
def test_a_batch_of_one_sample_is_told_and_the_report_goes_on(network, words):
    found = examined(tests.odd.problem(network))
    (failure,) = map(str, found.failures)
    assert words in failure
    assert len(found.tasks) == 2
    assert found.step_seconds > 0


def test_batch_norm_may_mix():
    problem = tests.odd.own_statistics()
    assert mixing_notes(problem, network_of(problem)) == []


def test_a_single_sample_has_no_others():
    made = tests.odd.mixed_up()
    few = Samples(made.train.inputs[:1], tuple(target[:1] for target in made.train.targets))
    problem = dataclasses.replace(made, train=few)
    assert mixing_notes(problem, network_of(problem)) == []
