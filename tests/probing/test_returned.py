"""What a network may return, and sentences about what it may not."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn

from paretocli.core.outputs import outputs_by_task
from paretocli.core.problem import Problem, Samples, Task
from paretocli.errors import InputError
from paretocli.probing.rehearsal import rehearse

CPU = torch.device("cpu")


class Named(NamedTuple):
    b: Tensor
    a: Tensor


class Other(NamedTuple):
    first: Tensor
    second: Tensor


class Half(NamedTuple):
    a: Tensor
    features: Tensor


@dataclass
class Record:
    b: Tensor
    a: Tensor
    loss: Tensor | None = None


ONE, TWO = torch.zeros(2, 1), torch.ones(2, 1)


@pytest.mark.parametrize(
    "returned",
    [
        (ONE, TWO),
        [ONE, TWO],
        {"b": TWO, "features": ONE, "a": ONE},
        OrderedDict(b=TWO, a=ONE),
        Named(b=TWO, a=ONE),
        Other(ONE, TWO),
        Record(b=TWO, a=ONE),
    ],
)
def test_outputs_are_in_the_order_of_the_tasks(returned):
    assert outputs_by_task(returned, ["a", "b"]) == (ONE, TWO)


def parts(features):
    return {"mean": features[:, 0], "spread": features[:, 1]}


def squared(output, target):
    return (output["mean"] - target) ** 2 + output["spread"] ** 2


def problem_of(returns, tasks=None, targets=None):
    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 2)

        def forward(self, inputs):
            return returns(self.layer(inputs))

    inputs = torch.randn(12, 3, generator=torch.Generator().manual_seed(0))
    targets = targets or (inputs[:, 0], inputs[:, 1])
    samples = Samples(inputs, targets)
    tasks = tasks or [Task("a", squared), Task("b", squared)]
    made = Problem(name="own", tasks=tasks, train=samples, val=samples, test=samples)
    return made, Network()


def rehearsed(returns, **changes):
    problem, network = problem_of(returns, **changes)
    rehearse(problem, network, CPU, batch_size=4)


def test_parts_by_name_are_taken():
    rehearsed(lambda features: {"a": parts(features), "b": parts(features)})


@pytest.mark.parametrize(
    ("returns", "words"),
    [
        (lambda f: {"a": parts(f)}, "returned a where b was expected too"),
        (lambda f: Half(parts(f), f), "returned a, features where b was expected too"),
        (lambda f: f, "returned Tensor where a tuple or list of 2 outputs was expected"),
        (lambda f: (parts(f),), "returned 1 where a tuple or list of 2 outputs was expected"),
        (lambda f: (parts(f), None), "returned NoneType for task b where a tensor"),
        (lambda f: (parts(f), {"mean": [1.0]}), "should be one tensor, or a tuple or dictionary"),
        (lambda f: (parts(f), {}), "should be one tensor, .* found none in it"),
        (
            lambda f: (parts(f), parts(f) | {"spread": f.mean()}),
            r"returned the shape \(\) for task b in 'spread' and 2 samples",
        ),
        (
            lambda f: (parts(f), parts(f) | {"spread": f[:1, 0]}),
            r"returned the shape \(1,\) for task b in 'spread' and 2 samples",
        ),
        (lambda f: (parts(f), {"mean": f > 0}), "no numbers with a fraction for task b"),
        (lambda f: (parts(f), {"mean": f * 1j}), "returned torch.complex64 for task b in 'mean'"),
    ],
)
def test_what_is_no_output_is_refused(returns, words):
    with pytest.raises(InputError, match=words) as caught:
        rehearsed(returns)
    assert "\n" not in str(caught.value)


def mean_squared(output, target):
    return squared(output, target).mean()


def kept_axis(features):
    return {"mean": features[:, :1], "spread": features[:, 1]}


def test_a_part_that_pairs_with_every_target_is_refused():
    tasks = [Task("a", squared), Task("b", mean_squared)]
    words = r"its outputs 'mean' have the shape \(B, 1\) and its targets \(B,\); give both"
    with pytest.raises(InputError, match=f"task b pairs every output with every target, .*{words}"):
        rehearsed(lambda f: (parts(f), kept_axis(f)), tasks=tasks)


def test_a_loss_that_looks_at_the_axis_is_left_alone():
    def summed(output, target):
        return mean_squared(output | {"mean": output["mean"].sum(dim=-1)}, target)

    tasks = [Task("a", squared), Task("b", summed)]
    rehearsed(lambda f: (parts(f), kept_axis(f)), tasks=tasks)


def test_two_tensors_of_one_name_are_refused():
    tasks = [Task("a", squared), Task("a.mean", lambda output, target: output.flatten())]
    with pytest.raises(InputError, match=r"two tensors that would both be named a\.mean"):
        rehearsed(lambda f: (parts(f), f[:, :1]), tasks=tasks)


def test_a_sum_over_the_batch_is_found():
    def total(output, target):
        return squared(output, target).sum()

    tasks = [Task("a", squared), Task("b", total)]
    with pytest.raises(InputError, match="The loss of task b is a sum over the batch"):
        rehearsed(lambda f: (parts(f), parts(f)), tasks=tasks)


class Weighted(nn.Module):
    """A loss with a variance of its own that is to be learned."""

    def __init__(self):
        super().__init__()
        self.log_variance = nn.Parameter(torch.zeros(()))

    def forward(self, output, target):
        return squared(output, target) * torch.exp(-self.log_variance) + self.log_variance


def test_a_loss_with_parameters_of_its_own_is_refused_by_name():
    tasks = [Task("a", squared), Task("b", Weighted())]
    with pytest.raises(InputError, match=r"task b has trainable .* \(log_variance\).* network"):
        rehearsed(lambda f: (parts(f), parts(f)), tasks=tasks)


def test_such_parameters_may_be_the_networks():
    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer, self.log_variance = nn.Linear(3, 2), nn.Parameter(torch.zeros(()))

        def forward(self, inputs):
            own = self.log_variance.expand(len(inputs))
            return {"a": parts(self.layer(inputs)) | {"own": own}, "b": parts(self.layer(inputs))}

    def weighted(output, target):
        return squared(output, target) * torch.exp(-output["own"]) + output["own"]

    tasks = [Task("a", weighted), Task("b", squared)]
    problem, _ = problem_of(None, tasks=tasks)
    rehearse(problem, Network(), CPU, batch_size=4)


def label_loss(output, target):
    if (target["label"] < 0).any():
        raise ValueError("no class")
    return (output["mean"] - target["label"]) ** 2 + output["spread"] ** 2


def with_labels(sign, missing):
    label = torch.tensor([sign] * 8 + [0, 1, 2, 1])
    targets = ({"label": label, "place": torch.zeros(12, 2)}, torch.zeros(12))
    tasks = [Task("a", label_loss, missing=missing), Task("b", squared)]
    return problem_of(lambda f: (parts(f), parts(f)), tasks=tasks, targets=targets)


def test_a_part_may_say_that_there_is_no_label():
    problem, network = with_labels(-1, {"label": -1})
    rehearse(problem, network, CPU, batch_size=4)
    assert problem.labelled["train"] == (pytest.approx(4 / 12), 1.0)


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (-1, r"several tensors \(label, place\), found a number for them all; name some of them"),
        ({"lable": -1}, "several tensors .*, found 'lable'"),
        ({}, "found none; name some of them"),
        ({"label": 0.5}, "missing=0.5, which none of its targets"),
    ],
)
def test_signs_that_fit_no_part_are_refused(missing, words):
    with pytest.raises(InputError, match=words):
        with_labels(-1, missing)


def test_a_sign_that_is_not_declared_is_proposed():
    def fails_on_none(output, target):
        if (target["label"] < 0).all():
            raise ValueError("no class")
        return label_loss(
            {n: t[target["label"] >= 0] for n, t in output.items()},
            {n: t[target["label"] >= 0] for n, t in target.items()},
        ).mean()

    label = torch.tensor([-1] * 8 + [0, 1, 2, 1]).repeat_interleave(1)
    targets = ({"label": label.roll(4), "place": torch.zeros(12, 2)}, torch.zeros(12))
    tasks = [Task("a", fails_on_none), Task("b", squared)]
    problem, network = problem_of(lambda f: (parts(f), parts(f)), tasks=tasks, targets=targets)
    with pytest.raises(InputError, match=r"missing=\{'label': -1\}"):
        rehearse(problem, network, CPU, batch_size=4)


def test_targets_that_are_no_tuple_are_refused():
    with pytest.raises(InputError, match=r"should be a tuple with those of each task.*found dict"):
        Samples(torch.zeros(3, 2), {"a": torch.zeros(3)})
    with pytest.raises(InputError, match="found Tensor"):
        Samples(torch.zeros(3, 2), torch.zeros(3))


def test_parts_with_other_numbers_of_samples_are_refused():
    targets = ({"label": torch.zeros(12), "place": torch.zeros(11, 2)}, torch.zeros(12))
    with pytest.raises(InputError, match="12 inputs, but 11 targets of task a in 'place'"):
        problem_of(None, targets=targets)
