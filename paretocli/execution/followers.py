"""The processes that compute beside one: started for a job, and gone with it."""

import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait
from typing import Any

import cloudpickle
import torch

from paretocli.execution.company import ALONE, Company, Member
from paretocli.execution.executor import Ended, LostError, Work
from paretocli.execution.processes import Worker

MOMENT = 5.0  # seconds until it is known who was lost


@contextmanager
def company(
    size: int, device: torch.device, work: Work, shared: Any, job: Callable[[int], Any]
) -> Iterator[Company]:
    """Have so many processes, this one among them, do a job together.

    Args:
        size: How many.
        device: Where this one computes.
        work: What the others do; a function that can be imported. Its first message says that it
            is about to meet this one.
        shared: What it shares with all its jobs.
        job: Makes the others' job, from the port that they find this one at.

    Raises:
        LostError: One of the others is gone.
    """
    if size == 1:
        yield ALONE
        return
    leader = Member(0, size, 0, device)
    workers = [Worker(rank) for rank in range(1, size)]
    try:
        common, told = cloudpickle.dumps((work, shared)), cloudpickle.dumps(job(leader.port))
        for worker in workers:
            _heard(worker)  # only now: what is larger than the pipe's buffer waits for a reader
            worker.send(common)
            worker.send(told)
        for worker in workers:
            if isinstance(ended := _heard(worker), Ended):
                raise LostError(ended.error)
        leader.meet()
        yield leader
    except (RuntimeError, EOFError, OSError) as error:
        lost = _lost(workers)
        if lost is None:
            raise
        raise lost from error
    finally:
        for worker in workers:
            worker.connection.close()
            worker.process.kill()
            worker.process.wait()


def _heard(worker: Worker) -> Any:
    """The next thing that it says."""
    return pickle.loads(worker.connection.recv_bytes())


def _lost(workers: list[Worker]) -> LostError | None:
    """What became of the others, where that is why what was computed together failed."""
    readable = wait([worker.connection for worker in workers], MOMENT)
    for worker in workers:
        if worker.connection not in readable:
            continue
        try:
            message = _heard(worker)
        except (EOFError, OSError):
            return LostError(f"{worker.death()}, of those that train a point together")
        if isinstance(message, Ended) and message.error:
            return LostError(message.error)
    return None
