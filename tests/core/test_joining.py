import math

import pytest
import torch
from torch.nn.functional import cross_entropy, mse_loss

from paretocli.errors import InputError
from paretocli.problems import Task, joined

TASKS = (
    Task("art", cross_entropy, missing=-1),
    Task("size", mse_loss, missing=math.nan),
    Task("all", mse_loss),
)
X, Y = torch.zeros(3, 4), torch.ones(2, 4)
FIRST = (X, {"art": torch.tensor([0, 1, 0]), "all": torch.zeros(3, 2)})
SECOND = (Y, {"size": torch.ones(2), "all": torch.ones(2, 2)})


def test_labels_that_a_data_set_lacks_are_missing():
    found = joined(TASKS, FIRST, SECOND)
    assert torch.equal(found.inputs, torch.cat([X, Y]))
    art, size, every = found.targets
    assert art.tolist() == [0, 1, 0, -1, -1]
    assert size[:3].isnan().all()
    assert size[3:].tolist() == [1, 1]
    assert torch.equal(every, torch.cat([torch.zeros(3, 2), torch.ones(2, 2)]))


def test_several_inputs_keep_their_form():
    one = ({"a": X, "b": X[:, 0]}, {"all": torch.zeros(3)})
    other = ({"a": Y, "b": Y[:, 0]}, {"all": torch.ones(2)})
    found = joined(TASKS[2:], one, other)
    assert list(found.inputs) == ["a", "b"]
    assert found.inputs["b"].tolist() == [0, 0, 0, 1, 1]


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([], "at least one data set"),
        ([FIRST], "None of the data sets has labels of task size"),
        ([FIRST, (Y, {"size": torch.ones(2)})], r"no labels of task all; .*Task\(…, missing=-1\)"),
        ([FIRST, (Y[:1], SECOND[1])], "1 samples, but 2 targets of task size"),
        ([FIRST, (Y[:, :2], SECOND[1])], r"one shape and type in the inputs, found \(4,\)"),
        ([FIRST, (Y, SECOND[1] | {"tall": torch.ones(2)})], "no task tall"),
        ([FIRST, ({"a": Y}, SECOND[1])], "the same inputs, found one tensor and a"),
    ],
)
def test_what_does_not_fit_together_is_refused(parts, said):
    with pytest.raises(InputError, match=said):
        joined(TASKS, *parts)


def test_targets_of_several_tensors_keep_their_form():
    tasks = [Task("box", mse_loss, missing={"label": -1}), Task("size", mse_loss, missing=math.nan)]
    box = {"label": torch.tensor([2, 0]), "place": torch.ones(2, 3)}
    found = joined(
        tasks,
        (torch.zeros(2, 4), {"box": box}),
        (torch.zeros(3, 4), {"size": torch.ones(3)}),
        (torch.zeros(2, 4), {"box": box}),
    )
    assert found.targets[0]["label"].tolist() == [2, 0, -1, -1, -1, 2, 0]
    assert found.targets[0]["place"].shape == (7, 3)
    assert tasks[0].labelled(found.targets[0]).tolist() == [True] * 2 + [False] * 3 + [True] * 2
    other = {"label": torch.tensor([2, 0])}
    with pytest.raises(InputError, match="same targets of task box, found label, place and label"):
        joined(tasks[:1], (torch.zeros(2, 4), {"box": box}), (torch.zeros(2, 4), {"box": other}))
