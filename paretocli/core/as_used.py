"""A network as it is used: with what comes before it, from the data as it is kept."""

import torch
from torch import Tensor, nn

from paretocli.core.inputs import of_form, tensors_of
from paretocli.core.outputs import Outputs, call_by_task, flat
from paretocli.core.problem import Problem
from paretocli.core.shared_outputs import own_outputs


class AsUsed(nn.Module):
    """A network with what comes before it: raw inputs in, the tasks' outputs out.

    Args:
        problem: Its `prepare` comes first; its test data shows the form of the inputs.
        network: The network itself.

    Attributes:
        names: Of the tasks that have outputs of their own; no other ones are given.
    """

    def __init__(self, problem: Problem, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self._prepare = problem.prepare
        self._form = problem.test.rows(slice(1)).inputs
        self._tasks = tuple(problem.tasks)
        self.names = own_outputs(problem.tasks)

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """The outputs' tensors (B, …) from those (B, …) of inputs as the data holds them.

        One after the other, as `paretocli.core.outputs.output_names` names them.
        """
        return flat(self.by_task(*tensors))

    def by_task(self, *tensors: Tensor) -> Outputs:
        """The same, one output a task that has its own."""
        inputs = self._prepare(of_form(self._form, tensors))
        found = call_by_task(self.network, inputs, [task.name for task in self._tasks])
        each = zip(self._tasks, found, strict=True)
        return tuple(output for task, output in each if task.of is None)


def raw_inputs(problem: Problem, size: int) -> dict[str, Tensor]:
    """Inputs (`size`, …) as the test data holds them, by name, of which there may be several."""
    rows = torch.arange(size) % len(problem.test)
    return tensors_of(problem.test.rows(rows).inputs)


def has_inputs(problem: Problem) -> bool:
    """Whether a network is given numbers, as it is not where it is a variable to be found."""
    return any(tensor.numel() for tensor in raw_inputs(problem, 1).values())
