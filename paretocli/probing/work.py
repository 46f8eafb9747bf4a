"""How much work the operations of a training step are, which says how many threads they feed.

It is worked out from shapes, not timed: the number of threads changes results in their last digits,
so the same command on the same machine has to mean the same number.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter
from torch.utils.flop_counter import flop_registry

from paretocli.core.generators import generators_kept
from paretocli.core.problem import Problem
from paretocli.population.population import Population
from paretocli.probing.rehearsal import CPU

PROBED_ROWS = (2, 4)
# What threads share has to outweigh that they are woken and waited for, some 30 microseconds: this
# many multiply-accumulates, a quarter of a millisecond of one processor, are worth a thread.
WORK_OF_A_THREAD = 8_000_000
ELEMENT = 4  # An operation by element takes as long as so many multiply-accumulates.
# For each operation of the forward pass there are about two of its size in the backward pass, and
# the optimiser has this many for each parameter.
PASSES = 3
OPTIMIZER_OPERATIONS = 10


def threads_worth(work: float, available: int) -> int:
    """As many threads as operations of a size feed, from 1 to those there are.

    Args:
        work: Of an operation, in multiply-accumulates.
        available: Threads of the machine, or of a worker's share of it.
    """
    return max(1, min(available, int(work // WORK_OF_A_THREAD)))


def operation_work(
    problem: Problem, network: nn.Module, *, batch_size: int, together: int
) -> float:
    """The work of an operation in which a training step spends its time, in multiply-accumulates.

    The mean over the operations, each counted by its own work: a step is as fast as its large
    operations are, however many small ones there are beside them.

    Args:
        problem: What the network is for.
        network: It, on the CPU.
        batch_size: Samples of a training step.
        together: Copies of the network that an operation computes at once.
    """
    few, more = (_forward_work(problem, network, rows) for rows in PROBED_ROWS)
    if len(few) != len(more):  # its path depends on the data
        few = [0.0] * len(more)
    each = [(b - a) / (PROBED_ROWS[1] - PROBED_ROWS[0]) for a, b in zip(few, more, strict=True)]
    batch = min(batch_size, len(problem.train))
    forward = [a + (batch - PROBED_ROWS[0]) * b for a, b in zip(few, each, strict=True)]
    updates = [ELEMENT * p.numel() for p in network.parameters() if p.requires_grad]
    weighted = [(PASSES, work) for work in forward]
    weighted += [(OPTIMIZER_OPERATIONS, work) for work in updates]
    total = sum(count * work for count, work in weighted)
    return together * sum(count * work**2 for count, work in weighted) / max(total, 1.0)


class _Works(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch has no types here
    """Notes the work of each operation, in the order in which they run."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch has no types here
        self.found: list[float] = []

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # or torch's compiler would be imported, which takes seconds

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        given = kwargs or {}
        outputs = func(*args, **given)
        formula = flop_registry.get(func.overloadpacket)
        if formula is not None:
            self.found.append(formula(*args, **given, out_val=outputs) / 2)
        elif not func.is_view:
            sizes = [out.numel() for out in tree_iter(outputs) if isinstance(out, Tensor)]
            self.found.append(ELEMENT * float(sum(sizes)))
        return outputs


def _forward_work(problem: Problem, network: nn.Module, rows: int) -> list[float]:
    """The work of each operation of a forward pass."""
    population = Population(network, problem.tasks, 1, device=CPU)
    population.train(False)
    samples = problem.train.rows(torch.arange(rows) % len(problem.train))
    inputs = problem.prepare(samples.inputs)
    with generators_kept(CPU), _Works() as works:
        population.measure(inputs, samples.targets)
    found: list[float] = works.found
    return found
