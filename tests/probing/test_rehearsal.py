"""What is wrong with a problem is found before anything is written, and nothing is changed."""

import contextlib
import copy
import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import mse_loss

import tests.odd
from paretocli.core.problem import Metric, Problem, Samples, Task
from paretocli.errors import InputError
from paretocli.networks.building import build_network
from paretocli.population.population import Population
from paretocli.probing.rehearsal import faults, rehearse, take_through
from paretocli.probing.stacking import SLOWER, why_in_turn
from paretocli.problems.loading import load_problem
from tests.toys import CPU, pictures, quadratics, vectors


def found(problem, batch_size=8):
    network = build_network(next(iter(problem.networks)), problem, 0)
    return [str(fault) for fault in faults(problem, network, CPU, batch_size=batch_size)]


def with_tasks(*tasks):
    made = tests.odd.drop()
    return dataclasses.replace(made, tasks=tasks)


KIND = tests.odd.drop().tasks[0]


@pytest.mark.parametrize("problem", [pictures(), vectors(), quadratics([[0.0], [1.0]], [0.5])])
def test_nothing_is_wrong_and_nothing_is_changed(problem):
    network = build_network(next(iter(problem.networks)), problem, 0)
    before = copy.deepcopy(network.state_dict())
    state = torch.get_rng_state()
    assert faults(problem, network, CPU, batch_size=8) == []
    assert why_in_turn(problem, network, CPU, batch_size=8) in {"", SLOWER}
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


def test_a_fault_of_each_task_is_found_once():
    def upside_down(output, target):
        raise ValueError("targets are upside down.")

    size = Task("size", lambda output, target: (output - target).expand(3, *output.shape))
    assert found(with_tasks(Task("kind", upside_down), size)) == [
        "The problem odd raised ValueError on its first batch, in task kind: targets are upside "
        "down; mend it, or set PARETOCLI_DEBUG=1 to see where.",
        "The loss of task size has the shape (3, 2) for a batch of 2; a loss should be a single "
        "number, the mean over the batch, or one number for each sample, (2,).",
    ]


def test_a_fault_of_another_split_names_it():
    made = tests.odd.drop()
    test = Samples(made.test.inputs, (made.test.targets[0] + 3, made.test.targets[1]))
    (fault,) = found(dataclasses.replace(made, test=test))
    assert "raised IndexError on the first batch of its test split, in task kind" in fault


@pytest.mark.parametrize(
    ("task", "fault"),
    [
        (Task("size", lambda output, target: 0.5), "The loss of task size is float, which has no"),
        (
            Task(
                "size", mse_loss, {"error": lambda output, target: (output - target).expand(3, 2)}
            ),
            r"The metric error of task size gives the shape \(3, 2\) for a batch of 2 instead",
        ),
        (
            Task("size", mse_loss, {"r": Metric(lambda output, target: output, torch.sum, 3)}),
            r"The metric r of task size gives the shape \(2,\) for a batch of 2 instead of 3 numb",
        ),
        (
            Task("size", mse_loss, {"error": lambda output, target: 1 / 0}),
            "raised ZeroDivisionError on its first batch, in task size: division by zero",
        ),
    ],
)
def test_faults_of_a_loss_or_metric(task, fault):
    (said,) = found(with_tasks(KIND, task))
    assert re.search(fault, said), said


def test_a_metric_may_be_computed_without_torch():
    def share(output, target):
        return float(np.mean(output.argmax(dim=1).numpy() == target.numpy()))

    made = with_tasks(Task("kind", KIND.loss, {"share": share}), tests.odd.drop().tasks[1])
    assert found(made) == []
    network = build_network("net", made, 0)
    assert "vmap cannot take" in why_in_turn(made, network, CPU, batch_size=8)


# Broadcasting


def squares(output, target):
    return ((output - target) ** 2).mean()


class Column(tests.odd.Net):
    """Its second output is (B, 1)."""

    def forward(self, inputs):
        kind, size = super().forward(inputs)
        return [kind, size.unsqueeze(1)]


class Zeros(Column):
    def forward(self, inputs):
        kind, size = super().forward(inputs)
        return [kind, 0 * size]


CROSSWISE = (
    "The loss of task size pairs every output with every target, for its outputs have the shape "
    "(B, 1) and its targets (B,); give both one shape, as output.squeeze(1) does."
)


@pytest.mark.parametrize("network", [Column, Zeros])
def test_a_loss_that_broadcasts(network):
    made = tests.odd.problem(network)
    assert found(dataclasses.replace(made, tasks=(KIND, Task("size", squares)))) == [CROSSWISE]
    (said,) = found(made)
    assert "raised UserWarning" in said
    assert "Using a target size" in said


def test_a_loss_that_broadcasts_is_found_where_the_data_is_sorted():
    made = tests.odd.problem(Column)
    target = torch.tensor([0.0] * 12 + [1.0] * 12)
    sorted_ = Samples(made.train.inputs, (made.train.targets[0], target))
    tasks = (KIND, Task("size", squares))
    assert found(dataclasses.replace(made, tasks=tasks, train=sorted_)) == [CROSSWISE]


@pytest.mark.parametrize(
    "loss",
    [
        lambda output, target: squares(output.squeeze(1), target),
        lambda output, target: squares(output[:, 0], target),
        lambda output, target: squares(output.flatten(), target.flatten()),
        lambda output, target: output.mean(),
        lambda output, target: torch.sqrt(squares(output.reshape(target.shape), target)),
    ],
)
def test_a_loss_that_minds_the_shapes_itself(loss):
    made = tests.odd.problem(Column)
    assert found(dataclasses.replace(made, tasks=(KIND, Task("size", loss)))) == []


# Training


def test_batch_norm_cannot_train_on_single_samples():
    made = tests.odd.batch_norm()
    assert found(made, batch_size=2) == []
    (said,) = found(made, batch_size=1)
    assert "raised ValueError on its first batch, in training mode: Expected more than 1" in said


@pytest.mark.parametrize("training", [True, False])
def test_losses_without_gradient_in_one_of_the_modes(training):
    class Detached(tests.odd.Net):
        def forward(self, inputs):
            outputs = super().forward(inputs)
            return [o.detach() for o in outputs] if self.training == training else outputs

    (said,) = found(tests.odd.problem(Detached))
    assert said.startswith("The losses of problem odd do not depend on the network's parameters")


def test_an_augmentation_that_raises():
    def bad(inputs):
        raise ValueError("too dark")

    (said,) = found(dataclasses.replace(tests.odd.drop(), augment=bad))
    assert "raised ValueError on its first batch, in training mode: too dark" in said


def test_prepared_inputs_have_one_of_three_forms():
    (said,) = found(dataclasses.replace(tests.odd.drop(), prepare=lambda inputs: [inputs]))
    assert said == (
        "What prepare of problem odd returns should be one tensor, or a tuple or dictionary of "
        "tensors, found list."
    )


def test_a_dictionary_that_forward_does_not_expect():
    made = dataclasses.replace(tests.odd.drop(), prepare=lambda inputs: inputs)
    wrong = {
        split: Samples({"pictures": data.inputs}, data.targets)
        for split, data in made.splits().items()
    }
    (said,) = found(dataclasses.replace(made, **wrong))
    assert "unexpected keyword argument 'pictures'; mend its forward: a tuple becomes" in said


def test_parameters_that_are_put_aside_are_named():
    made = load_problem(f"{tests.odd.__file__}:keeper", Path())
    network = build_network("net", made, 0)
    before = {name: p.clone() for name, p in network.named_parameters()}
    with pytest.raises(InputError, match=r"\(see hidden\.weight\)"):
        rehearse(made, network, CPU, batch_size=8)
    assert all(torch.equal(p, before[name]) for name, p in network.named_parameters())


# Stacking


def reason(problem, network, **options):
    return why_in_turn(problem, network, CPU, batch_size=8, **options)


def test_convolutions_on_a_cpu_are_faster_in_turn():
    made = pictures()
    assert reason(made, build_network("noisy", made, 0)) == SLOWER


def test_a_kernel_that_vmap_does_not_have():
    made, network = tests.odd.drop(), tests.odd.Net()
    nn.utils.parametrizations.weight_norm(network.hidden)
    for _ in range(2):  # torch warns again and again
        assert reason(made, network) == "vmap has no kernel for aten::_weight_norm"


def test_what_vmap_says_is_cut_to_a_sentence():
    made = tests.odd.control_flow()
    said = reason(made, build_network("net", made, 0))
    assert said.startswith("vmap cannot take this network (RuntimeError: vmap: It looks like")
    assert "http" not in said
    assert len(said) < 200


def test_a_network_that_vmap_gets_wrong():
    class Counting(tests.odd.Net):
        """Adds what it knows of its own shape, which is another one under vmap."""

        def features(self, inputs):
            inner = torch._C._functorch.is_batchedtensor(self.hidden.weight)
            return super().features(inputs) + (1.0 if inner else 0.0)

    made = tests.odd.problem(Counting)
    assert reason(made, Counting()) == "vmap gives other numbers for this network"


class Elsewhere(nn.Module):
    """Adds what it holds, but not as a buffer."""

    def __init__(self):
        super().__init__()
        self.body = nn.Linear(3, 1)
        self.held = torch.ones(1)

    def forward(self, x):
        return (self.body(x) + self.held,)


def test_what_fails_on_the_device_alone_is_said_so(monkeypatch):
    """Tensors without values stand for those on a GPU: they do not mix with others either."""
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: contextlib.nullcontext())
    samples = Samples(torch.randn(8, 3), (torch.randn(8, 1),))
    task = Task("a", loss=torch.nn.functional.mse_loss)
    own = {"own": Elsewhere}
    problem = Problem(
        name="mine", tasks=[task], train=samples, val=samples, test=samples, networks=own
    )
    (fault,) = faults(problem, Elsewhere(), torch.device("meta"), batch_size=4)
    expected = "on its first batch, in training mode on meta, and not on the CPU: "
    assert expected in str(fault)
    assert "let tensors of the network's own be buffers" in str(fault)
    assert faults(problem, Elsewhere(), CPU, batch_size=4) == []


class Scaled(nn.Module):
    """A preparation and augmentation with a buffer."""

    def __init__(self):
        super().__init__()
        self.register_buffer("factor", torch.full((3,), 0.5))

    def forward(self, x):
        return x.float() * self.factor


class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(3, 1)

    def forward(self, x):
        return (self.body(x),)


def test_what_a_problem_holds_in_modules_goes_to_the_device(monkeypatch):
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: contextlib.nullcontext())
    samples = Samples(torch.randn(8, 3), (torch.randn(8, 1),))
    scaled = Scaled()
    problem = Problem(
        name="mine",
        tasks=[Task("a", loss=torch.nn.L1Loss(), metrics={"b": torch.nn.MSELoss()})],
        train=samples,
        val=samples,
        test=samples,
        prepare=scaled,
        augment=scaled,
        networks={"own": Plain},
    )
    population = Population(Plain(), problem.tasks, 1, device=torch.device("meta"))
    assert take_through(population, problem, batch_size=4).device == population.device
    assert scaled.factor.device == CPU
