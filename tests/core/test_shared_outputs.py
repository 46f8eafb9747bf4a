"""Tasks that read the output of another one."""

import copy
import pickle

import pytest
import torch
from torch import nn

from paretocli.core.problem import Problem, Samples, Task
from paretocli.core.shared_outputs import let_read, one_a_task, own_outputs
from paretocli.errors import InputError

# The one that reads stands between the others.
TASKS = [Task("a", nn.functional.mse_loss), Task("c", nn.functional.mse_loss, of="b")]
TASKS += [Task("b", nn.functional.mse_loss)]


class Tuple(nn.Module):
    def forward(self, inputs):
        return inputs + 1, inputs + 2


class Named(nn.Module):
    def forward(self, inputs):
        return {"b": inputs + 2, "a": inputs + 1, "balance": inputs.sum()}


def test_a_network_gives_one_output_a_task():
    network = Tuple()
    let_read(network, TASKS)
    for one in (network, copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        assert [float(output) for output in one(torch.zeros(()))] == [1, 2, 2]
    named = Named()
    let_read(named, TASKS)
    found = {name: float(output) for name, output in named(torch.zeros(())).items()}
    assert found == {"a": 1, "b": 2, "c": 2, "balance": 0}


def test_outputs_are_given_again():
    assert own_outputs(TASKS) == ("a", "b")
    assert one_a_task(["first", "second"], TASKS) == ("first", "second", "second")


def test_other_networks_stay_as_they_are():
    network = Tuple()
    let_read(network, TASKS[:1])
    assert not network._forward_hooks


@pytest.mark.parametrize("of", ["d", "c"])
def test_a_task_reads_one_that_is_there(of):
    rows = Samples(torch.zeros(4, 1), (torch.zeros(4, 1),) * 2)
    tasks = [Task("a", nn.functional.mse_loss), Task("c", nn.functional.mse_loss, of=of)]
    words = f"Task c of problem wrong reads the output of '{of}'; name a task .* own: a."
    with pytest.raises(InputError, match=words):
        Problem(name="wrong", tasks=tasks, train=rows, val=rows, test=rows)
