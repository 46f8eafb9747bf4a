"""What a worker is given to do, and the trainer of it."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from paretocli.core.accelerators import is_full
from paretocli.execution.company import ALONE, Company
from paretocli.options.config import SweepConfig
from paretocli.planning.plan import Shard
from paretocli.sweeping.kept import KeptStart
from paretocli.sweeping.starts import Start
from paretocli.sweeping.subproblems import Subproblems
from paretocli.sweeping.trainers import AnyTrainer, trainer_of
from paretocli.training.joining import HOST


@dataclass(frozen=True)
class Job:
    """A shard as work to do.

    Attributes:
        shard: Its points, all of one round.
        state: The training state to go on from, as `Saved` holds it.
        starts: What each point starts from, None where it starts from scratch.
        kept: The epoch that each point is, where they are epochs of others.
        at_once: How many of its points are on the device at a time; 0 for as many as the sweep has.
    """

    shard: Shard
    state: bytes | None = None
    starts: tuple[Start | None, ...] = ()
    kept: tuple[KeptStart, ...] = ()
    at_once: int = 0


def trainer_for(
    subproblems: Subproblems, job: Job, company: Company = ALONE
) -> tuple[AnyTrainer, bool]:
    """The trainer of a job, and whether it starts anew though the job came with a state.

    Args:
        subproblems: The sweep, as this process computes it and as the job's points are trained.
        job: The job.
        company: The processes that train it together.
    """
    found = _continued(subproblems, job, company)
    if found is not None:
        return found, False
    return trainer_of(subproblems, job.shard.points, job.starts, company), True


def _continued(subproblems: Subproblems, job: Job, company: Company) -> AnyTrainer | None:
    """The trainer of a job with its state, None where the state is none of the trainer's."""
    trainer = trainer_of(subproblems, job.shard.points, job.starts, company)
    if job.state is None:
        return trainer
    try:
        # Where some of the points wait on the host, all of their states begin there.
        config = subproblems.config
        waiting = 0 < config.at_once < len(job.shard.points)
        state = load_state(job.state, HOST if waiting else torch.device(config.device))
        trainer.load_state_dict(state["training"])
    except Exception as error:  # torch raises many kinds for what does not fit
        if is_full(error):  # says nothing of the state
            raise
        return None
    return trainer if trainer.epoch == state["epoch"] else None


def on_worker(config: SweepConfig, worker: int, rank: int = 0) -> SweepConfig:
    """The configuration for one worker: of several GPUs, each has one or more of its own.

    Args:
        config: The sweep's.
        worker: Its number.
        rank: Which of the processes that compute together.
    """
    if config.device != "cuda" or torch.cuda.device_count() < 2:
        return config
    place = worker * config.devices + rank
    return replace(config, device=f"cuda:{place % torch.cuda.device_count()}")


def save_state(state: Mapping[str, Any]) -> bytes:
    """A training state as a file's content."""
    buffer = io.BytesIO()
    torch.save(dict(state), buffer)
    return buffer.getvalue()


def load_state(content: bytes, device: torch.device) -> dict[str, Any]:
    """A training state from a file's content; torch raises many kinds where it is damaged."""
    state: dict[str, Any] = torch.load(io.BytesIO(content), map_location=device, weights_only=True)
    return state
