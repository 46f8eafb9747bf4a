"""Running a sweep: shard after shard, until every point has its record."""

import dataclasses
import platform
import time
from importlib.metadata import version
from typing import Any, Protocol

import torch
from torch import Tensor

from paretocli.config import SweepConfig
from paretocli.errors import RunError
from paretocli.problems.problem import SPLITS, Problem, Split
from paretocli.sweep.normalisation import (
    Normalisation,
    from_initial,
    from_payoff,
    without_scale,
)
from paretocli.sweep.plan import Shard, shards, unfinished
from paretocli.sweep.records import Record, history_line, point_record
from paretocli.sweep.start import fresh_network, network_layers
from paretocli.sweep.store import RunDirectory
from paretocli.sweep.trainers import trainer_of
from paretocli.training.machine import device_name, set_up
from paretocli.training.reports import EpochReport, Outcome

HELD_OUT: tuple[Split, ...] = ("val", "test")
RECORDED_PACKAGES = ("paretocli", "torch", "numpy", "scikit-learn", "moocore")


class Observer(Protocol):
    """Who is told how a sweep goes on."""

    def shard_started(self, points: tuple[int, ...], epoch: int) -> None:
        """A shard begins, or goes on after `epoch`."""

    def epoch_finished(
        self, points: tuple[int, ...], report: EpochReport, hypervolume: float
    ) -> None:
        """All points of a shard trained for one more epoch.

        The hypervolume is that of their validation losses.
        """

    def point_finished(self, record: Record) -> None:
        """A point has its record."""

    def note(self, text: str) -> None:
        """Something that the user should know."""


def run_sweep(
    config: SweepConfig,
    problem: Problem,
    directory: RunDirectory,
    observer: Observer,
    *,
    checksums: dict[str, str],
    retry_failed: bool = False,
) -> list[Record]:
    """Solve what is not solved yet and rebuild the tables.

    Args:
        config: The sweep.
        problem: Its problem.
        directory: Where it goes, or goes on.
        observer: Who is told of the progress.
        checksums: SHA-256 of what the results depend on beside the configuration.
        retry_failed: Solve failed points again.

    Returns:
        The records of all points.
    """
    set_up(config.threads)
    identity = config.of_kind("identity")
    directory.check(identity, checksums)
    # Before anything is written: it may find that the objectives have no scale.
    start = from_initial(config, problem) if config.scale != "none" else without_scale(config)
    directory.open(_description(config, identity, checksums))
    normalisation = _normalisation(config, problem, start, directory, observer)
    directory.write_note(
        "normalisation",
        dataclasses.asdict(normalisation) | {"reference_point": normalisation.reference_point},
    )
    if retry_failed:
        for record in directory.records():
            if record["status"] == "failed":
                directory.forget_point(record["point"])
    done = [record["point"] for record in directory.records()]
    for shard in unfinished(shards(len(config.weights), config.stack), done):
        _run_shard(shard, config, problem, normalisation, directory, observer)
        directory.write_tables(identity)
    directory.write_tables(identity)
    return directory.records()


def _description(
    config: SweepConfig, identity: dict[str, Any], checksums: dict[str, str]
) -> dict[str, Any]:
    return {
        "config": identity,
        "runtime": config.of_kind("runtime"),
        "data": checksums,
        "versions": {
            "python": platform.python_version(),
            **{package: version(package) for package in RECORDED_PACKAGES},
        },
        "machine": {
            "platform": platform.platform(),
            "device": device_name(torch.device(config.device)),
        },
    }


def _run_shard(
    shard: Shard,
    config: SweepConfig,
    problem: Problem,
    normalisation: Normalisation,
    directory: RunDirectory,
    observer: Observer,
) -> None:
    trainer = trainer_of(config, problem, normalisation, shard.points)
    state = directory.load_checkpoint(shard.name, trainer.settings.device)
    if state is not None:
        trainer.load_state_dict(state)
    elif directory.has_checkpoint(shard.name):
        observer.note(f"The checkpoint {shard.name} is damaged; its points start anew.")
    directory.trim_history(shard.name, trainer.epoch)
    observer.shard_started(shard.points, trainer.epoch)
    saved = time.monotonic()
    while not trainer.finished:
        report = trainer.run_epoch()
        hypervolumes = {
            split: normalisation.hypervolume(report.figures[split][0]) for split in HELD_OUT
        }
        directory.append_history(
            shard.name,
            [
                history_line(point, k, config, problem, report, hypervolumes)
                for k, point in enumerate(shard.points)
            ],
        )
        if time.monotonic() - saved >= config.checkpoint_every:
            directory.save_checkpoint(shard.name, trainer.state_dict())
            saved = time.monotonic()
        observer.epoch_finished(shard.points, report, hypervolumes["val"])
    outcome = trainer.finish()
    layers = network_layers(
        fresh_network(config.network, config.init, problem, config.seed), problem
    )
    recorded = {record["point"] for record in directory.records()}
    for member, point in enumerate(shard.points):
        if point in recorded:
            continue
        record = point_record(point, member, config, problem, layers, outcome)
        directory.write_point(record, _member(outcome, member))
        observer.point_finished(record)
    directory.drop_checkpoint(shard.name)


def _member(outcome: Outcome, member: int) -> dict[str, Tensor]:
    return {name: tensor[member] for name, tensor in outcome.tensors.items()}


def _normalisation(
    config: SweepConfig,
    problem: Problem,
    start: Normalisation,
    directory: RunDirectory,
    observer: Observer,
) -> Normalisation:
    """The sweep's ideal and scale, worked out once and kept beside its points."""
    kept = directory.read_note("normalisation")
    if kept is not None:
        return Normalisation(*(tuple(kept[name]) for name in ("ideal", "scale", "worst")))
    if config.scale != "payoff":
        return start
    observer.note("Training each objective alone first, to learn its range.")
    return _payoff(config, problem, start)


def _payoff(config: SweepConfig, problem: Problem, start: Normalisation) -> Normalisation:
    """Minimise each objective alone, from the same start and for as many epochs."""
    count = len(config.objectives)
    alone = tuple(tuple(float(i == j) for j in range(count)) for i in range(count))
    single = dataclasses.replace(config, weights=alone, solver="linear", transfer="none")
    outcomes = []
    for shard in shards(count, config.stack):
        trainer = trainer_of(single, problem, start, shard.points)
        while not trainer.finished:
            trainer.run_epoch()
        if trainer.failed_epoch.any():
            raise RunError(
                "A run for the payoff table diverged; try a smaller --lr, or --scale initial."
            )
        outcomes.append(trainer.finish())
    losses = {split: torch.cat([found.figures[split][0] for found in outcomes]) for split in SPLITS}
    return from_payoff(losses, config.objectives)
