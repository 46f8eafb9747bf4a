"""The work of a process that trains points together with the one that was given them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch

from paretocli.execution.company import Member
from paretocli.sweeping.jobs import Job, on_worker, trainer_for
from paretocli.sweeping.subproblems import Subproblems
from paretocli.training.machine import flush_denormals, set_up


@dataclass(frozen=True)
class Following:
    """A job that another process leads.

    Attributes:
        job: The job.
        worker: Which worker leads.
        port: Where it can be found.
    """

    job: Job
    worker: int
    port: int


def follow(
    subproblems: Subproblems, following: Following, rank: int, stop: Callable[[], bool]
) -> Iterator[str]:
    """Train what the leader trains, step by step with it; it alone says what comes of it.

    Args:
        subproblems: The sweep.
        following: The job.
        rank: Which of the processes this is.
        stop: Not asked: the leader ends this process.
    """
    flush_denormals()
    config = on_worker(subproblems.config, following.worker, rank)
    job, device = following.job, torch.device(config.device)
    set_up(config.threads, config.precision, device)
    config = replace(config, at_once=job.at_once or config.at_once)
    member = Member(rank, config.devices, following.port, device)
    yield "here"
    member.meet()
    one = subproblems.round_of(job.shard.points[0])
    there = replace(subproblems, config=config).as_trained(one)
    trainer, _ = trainer_for(there, job, member)
    while not trainer.finished:
        trainer.run_epoch()
    trainer.finish()
