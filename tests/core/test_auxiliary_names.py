"""Auxiliary losses of a problem: their names and coefficients."""

import math

import pytest
import torch

from paretocli.core.auxiliary import auxiliary_tasks, targets_of
from paretocli.core.problem import Problem, Samples, Task
from paretocli.errors import InputError


def problem_with(auxiliary):
    data = Samples(torch.zeros(4, 2), (torch.zeros(4), torch.zeros(4)))
    tasks = [Task("left", torch.nn.functional.mse_loss), Task("right", lambda o, t: o.mean())]
    return Problem(name="p", tasks=tasks, train=data, val=data, test=data, auxiliary=auxiliary)


def test_they_are_in_the_order_of_their_names_and_those_of_0_are_left_out():
    problem = problem_with({"z": 1, "balance": 0.5, "off": 0.0})
    assert list(problem.auxiliary.items()) == [("balance", 0.5), ("z", 1.0)]
    assert [task.name for task in problem.trained] == ["left", "right", "balance", "z"]
    assert problem.objectives == ("left", "right")
    other = problem.with_auxiliary({"z": 2})
    assert (other.auxiliary, problem.with_auxiliary(problem.auxiliary)) == ({"z": 2.0}, problem)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([("a", 1)], "should be a dictionary of coefficients by name"),
        ({"": 1}, "has an auxiliary loss named ''"),
        ({"a\nb": 1}, "has an auxiliary loss named 'a\\\\nb'"),
        ({3: 1}, "has an auxiliary loss named 3"),
        ({"left": 1}, "an auxiliary loss with the name of an objective, left; rename it"),
        ({"sparsity": 1}, "the name of an objective, sparsity"),
        ({"a": -0.1}, "auxiliary loss a of problem p .* at least 0, found -0.1"),
        ({"a": math.nan}, "found nan"),
        ({"a": math.inf}, "found inf"),
        ({"a": True}, "found True"),
        ({"a": "1"}, "found '1'"),
    ],
)
def test_what_is_none_is_refused(given, words):
    with pytest.raises(InputError, match=words):
        problem_with(given)


def test_one_number_a_sample_counts_by_its_mean():
    (task,) = auxiliary_tasks(["a"])
    for value in (torch.tensor([1.0, 2.0, 6.0]), torch.tensor(3.0)):
        loss, statistics = task.scores(value, torch.zeros(3, 7))
        assert (loss.item(), statistics.shape) == (3.0, (0,))


def test_the_first_target_stands_in_for_those_that_are_not_there():
    assert targets_of(("a", "b"), 4) == ("a", "b", "a", "a")
    assert targets_of(("a", "b"), 2) == ("a", "b")
