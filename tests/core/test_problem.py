import dataclasses

import numpy as np
import pytest
import torch

from paretocli.errors import InputError
from paretocli.problems import Defaults, Problem, Samples, Task
from paretocli.problems.classification import accuracy, classification


def mse(output, target):
    return ((output - target) ** 2).mean()


def samples(count=4, targets=2):
    return Samples(torch.arange(count * 3.0).reshape(count, 3), (torch.ones(count),) * targets)


def problem(**changes):
    fields = {
        "name": "toy",
        "tasks": [Task("a", mse), Task("b", mse, metrics={"mae": mse, "r2": mse})],
        "train": samples(),
        "val": samples(),
        "test": samples(),
    }
    return Problem(**(fields | changes))


def test_names_and_shapes():
    made = problem()
    assert made.objectives == ("a", "b")
    assert made.metrics == ("mae_b", "r2_b")
    assert made.input_shape == (3,)
    assert list(made.splits()) == ["train", "val", "test"]
    assert made.defaults == Defaults()
    assert made.augment is None
    assert problem(prepare=lambda x: x.reshape(-1, 1, 3, 1)).input_shape == (1, 3, 1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tasks": []}, "toy should have tasks with distinct names, found none"),
        ({"tasks": [Task("a", mse)] * 2}, "distinct names, found a, a"),
        ({"val": samples(0)}, "The val split of problem toy is empty"),
        ({"test": samples(targets=1)}, "The test split of problem toy has 1 targets for 2 tasks"),
        ({"train": samples(targets=3)}, "has 3 targets for 2 tasks"),
        (
            {"train": Samples(torch.ones(4, 1), (torch.ones(4), torch.ones(3)))},
            "The train split of problem toy has 4 inputs, but 3 targets of task b",
        ),
        (
            {"val": Samples((torch.ones(4, 1), torch.ones(3)), (torch.ones(4),) * 2)},
            "The val split of problem toy has 4 samples in one of its inputs, but 3 in '1'",
        ),
        (
            {"test": Samples([torch.ones(4, 1)], (torch.ones(4),) * 2)},
            "The inputs of the test split of toy should be one tensor, .*found list",
        ),
        ({"ideal": [0.0]}, "ideal of problem toy has 1 numbers for 2 objectives"),
        ({"evaluation_batch": 0}, "evaluation_batch of problem toy should be at least 1, found 0"),
    ],
)
def test_what_does_not_fit_is_refused(changes, message):
    with pytest.raises(InputError, match=message):
        problem(**changes)


def test_several_inputs_have_no_shape():
    several = Samples((torch.ones(4, 1), torch.ones(4, 2)), (torch.ones(4),) * 2)
    with pytest.raises(InputError, match=r"A generic network takes one tensor.*\(0, 1\)"):
        _ = problem(train=several).input_shape
    joined = problem(train=several, prepare=lambda inputs: torch.cat(inputs, dim=1))
    assert joined.input_shape == (3,)


def test_a_metric_may_be_a_plain_number():
    task = Task("a", mse, {"three": lambda output, target: 3, "mae": mse})
    found = task.statistics(torch.ones(4), torch.zeros(4))
    assert found.tolist() == [3.0, 1.0]


def test_checksums_see_every_change():
    base = problem().checksums()
    assert problem().checksums() == base
    assert base["train"] == base["val"]
    pixel = samples()
    pixel.inputs[1, 2] += 1
    label = samples()
    label = Samples(label.inputs, (label.targets[0], torch.tensor([1.0, 1, 1, 2])))
    other_type = Samples(samples().inputs.double(), samples().targets)
    other_shape = Samples(samples().inputs.reshape(4, 1, 3), samples().targets)
    for changed in (pixel, label, other_type, other_shape):
        found = problem(train=changed).checksums()
        assert found["train"] != base["train"]
        assert found["val"] == base["val"]


def test_samples_that_do_not_lie_in_order_have_the_same_checksum():
    inputs = samples().inputs.t().contiguous().t()
    assert not inputs.is_contiguous()
    moved = Samples(inputs, samples().targets)
    assert problem(train=moved).checksums() == problem().checksums()


def test_a_problem_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        problem().name = "other"


def test_classification_by_hand():
    task = classification("digit", 3)
    logits = torch.tensor([[2.0, 0, 0], [0, 0, 1], [0, 3, 0], [5, 0, 0]])
    labels = torch.tensor([0, 2, 0, 0])
    assert accuracy(logits, labels).item() == 0.75
    assert task.outputs == 3
    assert list(task.metrics) == ["accuracy"]
    rows = np.exp(logits.numpy())
    expected = -np.log(rows[np.arange(4), labels] / rows.sum(axis=1)).mean()
    assert task.loss(logits, labels).item() == pytest.approx(expected, rel=1e-5)


def test_what_is_not_offered_is_an_attribute_error():
    import paretocli.problems

    with pytest.raises(AttributeError, match="has no attribute 'Probelm'"):
        _ = paretocli.problems.Probelm


@pytest.mark.parametrize("name", ["", "a\nb", "\x1b[2J", "half \ud800"])
def test_names_that_steer_a_terminal_are_refused(name):
    for changes in (
        {"name": name},
        {"tasks": [Task(name, mse), Task("b", mse)]},
        {"tasks": [Task("a", mse, {f"{name}m" if name else "\t": mse}), Task("b", mse)]},
    ):
        with pytest.raises(InputError, match="names in one line") as refused:
            problem(**changes)
        assert str(refused.value).isprintable()
