"""Names of the columns that inputs come from."""

import pytest
import torch
from torch.nn.functional import mse_loss

from paretocli.core.problem import Problem, Samples, Task
from paretocli.errors import InputError


def make(columns, inputs):
    samples = Samples(inputs, (torch.zeros(len(inputs), 1),))
    tasks = [Task("a", mse_loss)]
    return Problem(name="p", tasks=tasks, train=samples, val=samples, test=samples, columns=columns)


def test_columns_are_one_for_each_input():
    assert make(["x", "y", "y"], torch.zeros(4, 3)).columns == ["x", "y", "y"]
    with pytest.raises(InputError, match=r"names the columns of 2 inputs, .* samples have 3; name"):
        make(["x", "y"], torch.zeros(4, 3))
    with pytest.raises(InputError, match=r"names the columns of 3 inputs, .* samples have 3 × 1"):
        make(["x", "y", "z"], torch.zeros(4, 3, 1))
    with pytest.raises(InputError, match=r"one tensor \(N, D\) of floating-point numbers"):
        make(["x", "y", "z"], torch.zeros(4, 3, dtype=torch.long))
