"""Solving one shard, as a stream of what is to be kept: the work of a worker.

Nothing is written here. Whoever runs the shards writes, alone, into the run directory; so a worker
may be another process or another machine.
"""

import io
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from paretocli.core.splits import HELD_OUT
from paretocli.front.indicators import is_exact
from paretocli.options.config import SweepConfig, digest_of
from paretocli.planning.plan import Shard
from paretocli.run_directory.history import HistoryLine
from paretocli.run_directory.older_sweeps import as_named_before
from paretocli.run_directory.point_record import PointRecord
from paretocli.sweeping.kept import KeptStart, as_kept, kept_files, kept_trainer, lost
from paretocli.sweeping.made_with import made_with
from paretocli.sweeping.records import history_line, point_record
from paretocli.sweeping.sizes import dense_macs
from paretocli.sweeping.starts import Start, search_file
from paretocli.sweeping.subproblems import Subproblems
from paretocli.sweeping.sweep_network import fresh_network, network_layers, stored_names
from paretocli.sweeping.trainers import AnyTrainer, trainer_of
from paretocli.training.machine import flush_denormals, set_up
from paretocli.training.reports import Outcome


@dataclass(frozen=True)
class Job:
    """A shard as work to do.

    Attributes:
        shard: Its points, all of one round.
        state: The training state to go on from, as `Saved` holds it.
        starts: What each point starts from, None where it starts from scratch.
        kept: The epoch that each point is, where they are epochs of others.
    """

    shard: Shard
    state: bytes | None = None
    starts: tuple[Start | None, ...] = ()
    kept: tuple[KeptStart, ...] = ()


@dataclass(frozen=True)
class StartedAnew:
    """The training state that a job came with was of no use: its points start anew."""


@dataclass(frozen=True)
class EpochDone:
    """All points of a shard were trained for one more epoch: its lines of the history."""

    lines: tuple[HistoryLine, ...]


@dataclass(frozen=True)
class Saved:
    """The state after the last epoch as a file: `owner`, `epoch` and `training`."""

    state: bytes


@dataclass(frozen=True)
class PointDone:
    """A point's record and, unless it failed, its safetensors files.

    Attributes:
        record: The record.
        network: Its network.
        search: Where its search ended, None where nothing starts from it.
        kept: Its kept epochs.
    """

    record: PointRecord
    network: bytes | None
    search: bytes | None
    kept: Mapping[int, bytes] = field(default_factory=dict)


Message = StartedAnew | EpochDone | Saved | PointDone


def solve(
    subproblems: Subproblems, job: Job, worker: int, stop: Callable[[], bool]
) -> Iterator[Message]:
    """Train a shard to its end, or until asked to stop; then its state comes last.

    Args:
        subproblems: The sweep.
        job: The shard, with the state to go on from.
        worker: Where there are several GPUs, this says which.
        stop: Asked after every epoch.
    """
    flush_denormals()
    config = on_worker(subproblems.config, worker)
    set_up(config.threads, config.precision, torch.device(config.device))
    one = subproblems.round_of(job.shard.points[0])
    there = replace(subproblems, config=config).as_trained(one)
    if job.kept:
        yield from _kept(there, job)
        return
    trainer = _continued(there, job)
    if trainer is None:
        yield StartedAnew()
        trainer = trainer_of(there, job.shard.points, job.starts)
    saved = time.monotonic()
    while not trainer.finished:
        yield _epoch(there, job.shard, trainer)
        if stop():
            yield _saved(subproblems, job.shard, trainer)
            return
        if time.monotonic() - saved >= config.checkpoint_every:
            yield _saved(subproblems, job.shard, trainer)
            saved = time.monotonic()
    yield from _points(there, job, trainer.finish())


def _kept(subproblems: Subproblems, job: Job) -> Iterator[PointDone]:
    """Certify points that are epochs of others."""
    config, pairs = subproblems.config, list(zip(job.shard.points, job.kept, strict=True))
    for point, start in pairs:
        if not start.state:
            yield PointDone(lost(point, config.weights[point], start, config.device), None, None)
    there = [(point, start) for point, start in pairs if start.state]
    if not there:
        return
    points, starts = tuple(p for p, _ in there), tuple(s for _, s in there)
    outcome = kept_trainer(subproblems, points, starts).finish()
    found = _points(subproblems, replace(job, shard=replace(job.shard, points=points)), outcome)
    for done, start in zip(found, starts, strict=True):
        yield replace(done, record=as_kept(done.record, start), search=None)


def _continued(subproblems: Subproblems, job: Job) -> AnyTrainer | None:
    """The trainer of a job with its state, None where the state is none of the trainer's."""
    trainer = trainer_of(subproblems, job.shard.points, job.starts)
    if job.state is None:
        return trainer
    try:
        state = load_state(job.state, torch.device(subproblems.config.device))
        trainer.load_state_dict(state["training"])
    except (MemoryError, torch.OutOfMemoryError):  # says nothing of the state
        raise
    except Exception:  # torch raises many kinds for what does not fit
        return None
    return trainer if trainer.epoch == state["epoch"] else None


def resumed(job: Job, message: object) -> Job | None:
    """The job that goes on from a message, None where it is no training state."""
    return replace(job, state=message.state) if isinstance(message, Saved) else None


def on_worker(config: SweepConfig, worker: int) -> SweepConfig:
    """The configuration for one worker: of several GPUs, each has one of its own."""
    if config.device != "cuda" or torch.cuda.device_count() < 2:
        return config
    return replace(config, device=f"cuda:{worker % torch.cuda.device_count()}")


def owner(subproblems: Subproblems, shard: Shard) -> str:
    """Whose training state it is; that of an older sweep that goes on is the same sweep's."""
    identity = as_named_before(subproblems.config.of_kind("identity"))
    return f"{digest_of(identity)} {shard.name}"


def save_state(state: Mapping[str, Any]) -> bytes:
    """A training state as a file's content."""
    buffer = io.BytesIO()
    torch.save(dict(state), buffer)
    return buffer.getvalue()


def load_state(content: bytes, device: torch.device) -> dict[str, Any]:
    """A training state from a file's content; torch raises many kinds where it is damaged."""
    state: dict[str, Any] = torch.load(io.BytesIO(content), map_location=device, weights_only=True)
    return state


def _saved(subproblems: Subproblems, shard: Shard, trainer: AnyTrainer) -> Saved:
    return Saved(
        save_state(
            {
                "owner": owner(subproblems, shard),
                "epoch": trainer.epoch,
                "training": trainer.state_dict(),
            }
        )
    )


def _epoch(subproblems: Subproblems, shard: Shard, trainer: AnyTrainer) -> EpochDone:
    report = trainer.run_epoch()
    hypervolumes = {
        split: subproblems.normalisation.hypervolume(report.figures[split][0])
        for split in HELD_OUT
        if split in report.figures
    }
    config, problem = subproblems.config, subproblems.problem
    lines = tuple(
        history_line(point, member, config, problem, report, hypervolumes)
        for member, point in enumerate(shard.points)
    )
    if not is_exact(*report.figures["val"][0].shape):
        for line in lines:
            line["hypervolume_exact"] = False
    return EpochDone(lines)


def _points(subproblems: Subproblems, job: Job, outcome: Outcome) -> Iterator[PointDone]:
    config, problem = subproblems.config, subproblems.problem
    network = fresh_network(config.network, config.init, problem, config.seed)
    layers = network_layers(network, problem)
    names = stored_names(network)
    macs = dense_macs(network, problem) if layers else None
    one = subproblems.round_of(job.shard.points[0])
    for member, point in enumerate(job.shard.points):
        record = point_record(point, member, config, problem, layers, outcome, macs)
        start = job.starts[member] if job.starts else None
        record["round"], record["parent"] = one.number, None if start is None else start.point
        record["made_with"] = made_with(config)
        tensors = {name: outcome.tensors[own][member] for name, own in names.items()}
        if record["status"] != "done":
            yield PointDone(record, None, None)
            continue
        search = search_file(outcome.search_end, member, point, whole=outcome.two_phases)
        kept: dict[int, bytes] = {}
        if outcome.kept and outcome.kept[member]:
            own = outcome.kept[member]
            record["kept"], kept = kept_files(own, point, config.objectives)
        yield PointDone(record, _network_file(point, tensors), search, kept)


def _network_file(point: int, tensors: Mapping[str, Tensor]) -> bytes:
    # Tied parameters have several names, and a file holds each of them apart.
    plain = {
        name: tensor.cpu().clone(memory_format=torch.contiguous_format)
        for name, tensor in tensors.items()
    }
    # One note alone: the order of several is not always the same, and then neither is the file.
    return save(plain, metadata={"paretocli": f"point {point}"})
