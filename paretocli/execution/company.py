"""Processes that compute one thing together, each on its part of every batch.

All of them do the same with the same numbers, but for the samples of a batch: of these each takes a
part, and what it makes of them is summed over all.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from paretocli.core import accelerators
from paretocli.core.generators import generators_kept

HERE = "127.0.0.1"
PATIENCE = timedelta(minutes=30)  # for a process that is alive; a dead one is known at once
SEEDS = 2**62
DISTRIBUTED: Any = dist  # its groups have no types


class Company:
    """A process among others.

    Attributes:
        rank: Which one this is, from 0.
        size: How many there are.
    """

    rank = 0
    size = 1

    def rows(self, count: int) -> slice:
        """Which of so many samples are this one's; the parts are as even as can be."""
        return slice(count * self.rank // self.size, count * (self.rank + 1) // self.size)

    def sum_(self, tensors: Sequence[Tensor]) -> None:
        """Sum tensors over all processes, in place; the sums are the same bits in each."""

    @contextmanager
    def own_draws(self, device: torch.device) -> Iterator[None]:
        """What is drawn at random is this one's; afterwards all are as if nothing had been."""
        yield


ALONE = Company()


class Member(Company):
    """One of several.

    Args:
        rank: Which one.
        size: How many there are.
        port: Where the one of rank 0 can be found; 0 for it itself, which looks for a free one.
        device: Where it computes.
    """

    def __init__(self, rank: int, size: int, port: int, device: torch.device) -> None:
        self.rank, self.size = rank, size
        self._store = DISTRIBUTED.TCPStore(
            HERE, port, size, is_master=rank == 0, wait_for_workers=False, timeout=PATIENCE
        )
        self._device = device
        self._group: Any = None

    @property
    def port(self) -> int:
        """Where the one of rank 0 can be found."""
        return int(self._store.port)

    def meet(self) -> None:
        """Wait for the others."""
        if self._device.type == "cuda":
            torch.cuda.set_device(self._device)
            kind = DISTRIBUTED.ProcessGroupNCCL
            options = kind.Options()
        else:
            kind = DISTRIBUTED.ProcessGroupGloo
            options = kind._Options()
            options._devices = [kind.create_device(hostname=HERE)]
        options._timeout = PATIENCE
        self._group = kind(self._store, self.rank, self.size, options)

    def sum_(self, tensors: Sequence[Tensor]) -> None:
        """Sum tensors over all processes, in place; the sums are the same bits in each.

        Raises:
            RuntimeError: One of the others is gone.
        """
        for waiting in [self._group.allreduce([tensor]) for tensor in tensors]:
            waiting.wait()

    @contextmanager
    def own_draws(self, device: torch.device) -> Iterator[None]:
        """What is drawn at random is this one's; afterwards all are alike again.

        Where nothing was drawn, they are as they were, and as they would be in one process.
        """
        with generators_kept(device):
            seed = int(torch.randint(SEEDS, ())) + self.rank
            torch.default_generator.manual_seed(seed)
            accelerators.seed(device, seed)
            before = _states(device)
            yield
            after = _states(device)
        states = zip(before, after, strict=True)
        if not all(torch.equal(one, other) for one, other in states):
            torch.randint(SEEDS, ())  # the next ones are others


def _states(device: torch.device) -> list[Tensor]:
    """Of the generators of the CPU and of a device."""
    there = accelerators.random_state(device)
    return [torch.get_rng_state(), *([] if there is None else [there])]


class Summed(torch.autograd.Function):
    """The sum of a tensor over all processes, and of what comes back to it."""

    @staticmethod
    def forward(context: Any, tensor: Tensor, company: Company) -> Tensor:
        """Sum it; what is given stays as it is."""
        context.company = company
        whole = tensor.clone()
        company.sum_([whole])
        return whole

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        """What each process makes of the sum counts."""
        whole = gradient.clone()
        context.company.sum_([whole])
        return whole, None
