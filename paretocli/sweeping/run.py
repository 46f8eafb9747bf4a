"""Running a sweep: shard after shard, until every point has its record."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, cast

import torch

from paretocli.core.directions import metric_directions
from paretocli.core.problem import Problem
from paretocli.execution.cluster import Cluster, connected
from paretocli.execution.executor import Executor
from paretocli.execution.in_process import InProcess
from paretocli.execution.processes import Processes
from paretocli.options.config import SweepConfig
from paretocli.planning.plan import Shard, joined_by, machine_text, shards, unfinished
from paretocli.planning.rounds import Further, path_rounds
from paretocli.run_directory.growing import GROWING, growing_path
from paretocli.run_directory.point_record import PointRecord
from paretocli.run_directory.rounds import Round
from paretocli.run_directory.sweep_content import Identity, Runtime, SweepContent
from paretocli.sweeping.alone import train_alone
from paretocli.sweeping.collect import Collector
from paretocli.sweeping.failed_shards import failure_of_shards
from paretocli.sweeping.made_with import machine, notes_on_changes, versions
from paretocli.sweeping.normalisation import (
    Losses,
    Normalisation,
    at_start,
    from_payoff,
    initial_losses,
    with_learned,
    within_known,
)
from paretocli.sweeping.observers import Observer
from paretocli.sweeping.point_files import read_point
from paretocli.sweeping.pretrained import Tensors, kept
from paretocli.sweeping.sizes import TracedNetwork
from paretocli.sweeping.solve import resumed, solve
from paretocli.sweeping.store import RunDirectory
from paretocli.sweeping.subproblems import Subproblems
from paretocli.sweeping.teaching import read_teachers, teacher_files
from paretocli.training.machine import set_up


def run_sweep(
    config: SweepConfig,
    problem: Problem,
    directory: RunDirectory,
    observer: Observer,
    *,
    checksums: Mapping[str, str],
    imported: Mapping[str, str] | None = None,
    stop: Callable[[], bool],
    traced: TracedNetwork | None = None,
    retry_failed: bool = False,
    further: Further | None = None,
    points: int | None = None,
    pretrained: Tensors | None = None,
    normalisation: Normalisation | None = None,
) -> list[PointRecord]:
    """Solve what is not solved yet and rebuild the tables.

    Args:
        config: The sweep.
        problem: Its problem.
        directory: Where it goes, or goes on.
        observer: Who is told of the progress.
        checksums: SHA-256 of what the results depend on beside the configuration.
        imported: SHA-256 of the modules that the user's own code imports, by file; where one
            changes, that is said.
        stop: Asked now and then whether to stop early; all shards are saved then.
        traced: A network of the sweep, where its operations may be known already.
        retry_failed: Solve failed points again.
        further: Plans rounds of further points from those that are solved, until it plans none.
        points: How many there are to be at most then, where that is known.
        pretrained: What points start from, where it was read; else the directory has it, if any.
        normalisation: Its ideal and scale, where they are those of another sweep.

    Returns:
        The records of all points, or of those that are there where it was stopped.

    Raises:
        InputError: The directory holds something else, or is in use.
        RunError: A shard could not be solved; the others are.
    """
    set_up(config.threads, config.precision, torch.device(config.device))
    identity = cast(Identity, config.of_kind("identity"))
    directory.check(identity, checksums)
    # Before anything is written: it may find that the objectives have no scale.
    looked_at = normalisation is None and (config.scale != "none" or None in config.ideal)
    losses = initial_losses(config, problem) if looked_at else None
    start = normalisation or within_known(at_start(config, losses), problem.front)
    with (
        connected(config.cluster) as client,
        directory.opened(_description(config, problem, identity, checksums, imported or {})),
    ):
        observer.note(f"Computing on {machine_text(config)}.")
        for note in directory.mend():
            observer.note(note)
        frozen = None if config.freeze_sparsity is None else read_point(config.freeze_sparsity)
        begun = kept(config.out, config.started_from, pretrained)
        teachers = () if config.teachers is None else teacher_files(config.teachers, problem)
        subproblems = Subproblems(
            config, problem, start, frozen, read_teachers(teachers), pretrained=begun
        )
        normalisation = _normalisation(
            subproblems, normalisation, losses, directory, observer, stop
        )
        if normalisation is None:
            return []
        records = directory.records()
        if retry_failed:
            for record in records:
                if record["status"] == "failed":
                    directory.forget_point(record["point"])
            records = [record for record in records if record["status"] != "failed"]
        sweep = directory.sweep()
        later = _later_rounds(config, sweep.rounds, directory)
        subproblems = dataclasses.replace(subproblems, normalisation=normalisation, later=later)
        left = len(subproblems.weights) - len(records)
        for note in notes_on_changes(sweep, records, imported or {}) if left or further else ():
            observer.note(note)
        collector = Collector(subproblems, directory, observer, records, traced)
        if further is not None:
            directory.write_note(GROWING, {"points": points})
        try:
            collector.fill_in(stop)
            _solve_rounds(collector, stop, client, further)
        finally:
            collector.write_tables()
        collector.ended()
        return collector.records()


def _later_rounds(
    config: SweepConfig, there: tuple[Round, ...], directory: RunDirectory
) -> tuple[Round, ...]:
    """The rounds after the first; those along paths are written down at the start."""
    planned = path_rounds(config) if config.warm == "path" else ()
    for one in planned[len(there) :]:
        directory.write_round(one)
    return (*there, *planned[len(there) :])


def _solve_rounds(
    collector: Collector, stop: Callable[[], bool], client: Any, further: Further | None
) -> None:
    """Solve what is left of each round, and then of those that are planned from what was solved.

    Raises:
        RunError: A shard could not be solved.
    """
    config, directory = collector.subproblems.config, collector.directory
    number = 0
    while not stop():
        rounds = collector.subproblems.rounds
        if number == len(rounds):
            if further is None:
                return
            collector.write_tables()  # what follows is planned from them
            one = further(directory.sweep(), collector.records())
            if one is None:
                growing_path(directory.path).unlink(missing_ok=True)
                directory.drop_kept()
                return
            collector.add(one)
        one = collector.subproblems.rounds[number]
        whole_plan = shards(one.points, config.stack)
        plan = unfinished(whole_plan, collector.recorded)
        for shard in set(whole_plan) - set(plan):  # a kill may have come before the last of it
            directory.drop_checkpoint(shard.name)
        if plan:
            collector.begin(plan)
            _solve_all(collector, plan, stop, client)
        if collector.errors:
            stacked = not joined_by(vars(config))
            raise failure_of_shards(collector.errors, plan, stacked=stacked)
        number += 1


def _solve_all(
    collector: Collector, plan: list[Shard], stop: Callable[[], bool], client: Any
) -> None:
    """Have all shards solved, and keep what comes."""
    with _executor(collector, len(plan), stop, client) as executor:
        for shard in plan:
            executor.submit(shard.name, collector.job(shard))
        for name, message in executor.messages():
            again = collector.take(name, message)
            if again is not None:
                executor.submit(name, again)


def _executor(collector: Collector, shards: int, stop: Callable[[], bool], client: Any) -> Executor:
    subproblems, config = collector.subproblems, collector.subproblems.config
    if client is not None:
        return Cluster(
            solve,
            subproblems,
            stop,
            client=client,
            note=collector.observer.note,
            resumed=resumed,
            slice_seconds=config.checkpoint_every,
            resources={"GPU": 1} if config.device.startswith("cuda") else None,
        )
    workers = min(config.jobs, shards)
    if workers > 1:
        return Processes(solve, subproblems, stop, workers)
    return InProcess(solve, subproblems, stop)


def _description(
    config: SweepConfig,
    problem: Problem,
    identity: Identity,
    checksums: Mapping[str, str],
    imported: Mapping[str, str],
) -> SweepContent:
    return {
        "config": identity,
        "runtime": cast(Runtime, config.of_kind("runtime")),
        "data": dict(checksums),
        "imported": dict(imported),
        "directions": metric_directions(problem),
        "versions": versions(),
        "machine": machine(config),
    }


def _normalisation(
    subproblems: Subproblems,
    given: Normalisation | None,
    losses: Losses | None,
    directory: RunDirectory,
    observer: Observer,
    stop: Callable[[], bool],
) -> Normalisation | None:
    """The sweep's ideal and scale, given or worked out once, and kept beside its points.

    None where it was stopped before they were known.
    """
    kept = directory.normalisation()
    if kept is not None:
        return Normalisation(tuple(kept["ideal"]), tuple(kept["scale"]), tuple(kept["worst"]))
    found = given or _learned(subproblems, losses, observer, stop)
    if found is None:
        return None
    directory.write_note(
        "normalisation", dataclasses.asdict(found) | {"reference_point": found.reference_point}
    )
    return found


def _learned(
    subproblems: Subproblems, losses: Losses | None, observer: Observer, stop: Callable[[], bool]
) -> Normalisation | None:
    """Ideal and scale, with what runs of one objective alone have to tell; None if stopped."""
    config = subproblems.config
    payoff = config.scale == "payoff"
    places = [place for place, low in enumerate(config.ideal) if payoff or low is None]
    if not places:
        return subproblems.normalisation
    names = " and ".join(config.objectives[place] for place in places)
    who = "it" if len(places) == 1 else "they"
    observer.note(
        "Training each objective alone first, to learn its range."
        if payoff
        else f"Training {names} alone first, to learn how low {who} can get."
    )
    alone = train_alone(subproblems, places, stop)
    if alone is None:
        return None
    if payoff:
        found = from_payoff(alone.losses, config.objectives, config.ideal, alone.smallest)
    else:
        assert losses is not None
        found = with_learned(config, losses, alone.smallest, alone.typical)
    return within_known(found, subproblems.problem.front)
