"""Solving one shard, as a stream of what is to be kept: the work of a worker.

Nothing is written here. Whoever runs the shards writes, alone, into the run directory; so a worker
may be another process or another machine.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial

import torch
from safetensors.torch import save
from torch import Tensor

from paretocli.core.accelerators import is_full, release
from paretocli.core.splits import HELD_OUT
from paretocli.execution.company import Company
from paretocli.execution.executor import explained
from paretocli.execution.followers import company
from paretocli.front.indicators import is_exact
from paretocli.options.config import SweepConfig, digest_of
from paretocli.planning.plan import Shard
from paretocli.population.transfer import TRANSFERS
from paretocli.run_directory.history import HistoryLine
from paretocli.run_directory.older_sweeps import as_named_before
from paretocli.run_directory.point_record import PointRecord
from paretocli.solvers.registry import SOLVERS
from paretocli.sweeping.following import Following, follow
from paretocli.sweeping.jobs import Job, on_worker, save_state, trainer_for
from paretocli.sweeping.kept import as_kept, kept_files, kept_trainer, lost
from paretocli.sweeping.made_with import made_with
from paretocli.sweeping.pruning import pruned_part
from paretocli.sweeping.records import history_line, point_record
from paretocli.sweeping.sizes import dense_macs
from paretocli.sweeping.starts import search_file
from paretocli.sweeping.subproblems import Subproblems
from paretocli.sweeping.sweep_network import fresh_network, network_layers, stored_names
from paretocli.sweeping.trainers import AnyTrainer
from paretocli.training.machine import flush_denormals, set_up
from paretocli.training.reports import Outcome


@dataclass(frozen=True)
class DeviceFull:
    """The points of a job do not fit on the device; fewer of them at a time may.

    Attributes:
        at_once: How many were on it.
        error: What was raised.
    """

    at_once: int
    error: str


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


Message = DeviceFull | StartedAnew | EpochDone | Saved | PointDone


def solve(
    subproblems: Subproblems, job: Job, worker: int, stop: Callable[[], bool]
) -> Iterator[Message]:
    """Train a shard to its end, or until asked to stop; then its state comes last.

    Where its points do not fit on the device, that comes last, and nothing is lost: whoever keeps
    what comes has the newest state.

    Args:
        subproblems: The sweep.
        job: The shard, with the state to go on from.
        worker: Where there are several GPUs, this says which.
        stop: Asked after every epoch.
    """
    flush_denormals()
    config = on_worker(subproblems.config, worker)
    device, points = torch.device(config.device), len(job.shard.points)
    config = replace(config, at_once=job.at_once or config.at_once)
    there = replace(subproblems, config=config)
    full = ""
    try:
        with _company(subproblems, config, job, worker) as group:
            yield from _solved(subproblems, there, job, group, stop)
    except Exception as error:
        at_once = min(config.at_once or points, points)
        # As one, however little room there is.
        joined = SOLVERS[config.solver].joins or TRANSFERS[config.transfer].mixes
        if joined or at_once == 1 or config.compile or not is_full(error):
            raise
        full = explained(error)
    if full:  # what it held is free now that the exception is gone
        release(device)
        yield DeviceFull(at_once, full)


def _solved(
    subproblems: Subproblems,
    here: Subproblems,
    job: Job,
    company: Company,
    stop: Callable[[], bool],
) -> Iterator[Message]:
    """As `solve`; `here` is the sweep as this worker computes it."""
    config = here.config
    set_up(config.threads, config.precision, torch.device(config.device))
    there = here.as_trained(subproblems.round_of(job.shard.points[0]))
    if job.kept:
        yield from _kept(there, job)
        return
    trainer, anew = trainer_for(there, job, company)
    if anew:
        yield StartedAnew()
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


def _company(
    subproblems: Subproblems, config: SweepConfig, job: Job, worker: int
) -> AbstractContextManager[Company]:
    """The processes that train the points of a job together; kept epochs are not trained."""
    size = 1 if job.kept else config.devices
    device = torch.device(config.device)
    return company(size, device, follow, subproblems, partial(Following, job, worker))


def _kept(subproblems: Subproblems, job: Job) -> Iterator[PointDone]:
    """Certify points that are epochs of others."""
    config, pairs = subproblems.config, list(zip(job.shard.points, job.kept, strict=True))
    for point, start in pairs:
        if not start.state:
            yield PointDone(lost(point, config.weights[point], start, config.device), None, None)
    there = [(point, start) for point, start in pairs if start.state]
    size = config.at_once or len(there) or 1
    for first in range(0, len(there), size):
        points, starts = zip(*there[first : first + size], strict=True)
        outcome = kept_trainer(subproblems, points, starts).finish()
        found = _points(subproblems, replace(job, shard=replace(job.shard, points=points)), outcome)
        for done, start in zip(found, starts, strict=True):
            yield replace(done, record=as_kept(done.record, start), search=None)


def resumed(job: Job, message: object) -> Job | None:
    """The job that goes on from a message, None where it is no training state."""
    return replace(job, state=message.state) if isinstance(message, Saved) else None


def owner(subproblems: Subproblems, shard: Shard) -> str:
    """Whose training state it is; that of an older sweep that goes on is the same sweep's."""
    identity = as_named_before(subproblems.config.of_kind("identity"))
    return f"{digest_of(identity)} {shard.name}"


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
        record = {**record, "made_with": made_with(config), **pruned_part(one, point)}
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
