"""Adding points to a sweep that is there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.exporting.problem_code import Consent, chosen_problem
from paretocli.front.results import Results
from paretocli.library.running import Note, carry_out, measuring
from paretocli.options.config import SweepConfig
from paretocli.options.warm import WarmOptions
from paretocli.planning.asked_points import all_rounds, asked_points, first_parts, parts_left
from paretocli.planning.classification import classified
from paretocli.planning.judged import own_results
from paretocli.planning.kept import with_kept
from paretocli.planning.nimbus import moved
from paretocli.planning.refinement import Request
from paretocli.planning.rounds import (
    Further,
    one_after_another,
    refuse_own_weights,
)
from paretocli.planning.shrinking import refuse_sizes, shrunk
from paretocli.planning.wishes import Measure, aimed, conditions_of
from paretocli.problems.asked import Asked
from paretocli.problems.loading import load_problem
from paretocli.run_directory.point_record import PointRecord
from paretocli.run_directory.points import read_records
from paretocli.run_directory.rounds import Round
from paretocli.run_directory.sweep_file import SweepFile, read_sweep_file
from paretocli.sweeping.reopened import reopened
from paretocli.sweeping.resolve import Resolved
from paretocli.sweeping.store import RunDirectory


def reopen(
    path: Path,
    problem: Problem | str | None,
    consent: Consent,
    runtime: Mapping[str, Any],
) -> Resolved:
    """A sweep that is there, ready to run on.

    Args:
        path: Its run directory.
        problem: Its problem, made or as the user named it; None for what the directory names.
        consent: Whether code in a file that the directory names may run.
        runtime: Settings that change no results, by name.

    Raises:
        InputError: There is no sweep, its points follow from those of another one, or its problem
            is not there or another one than it was.
    """
    sweep = read_sweep_file(path)
    if sweep.config.get("pruned_from"):
        raise InputError(
            f"{path} holds networks that were pruned to the sizes of another sweep; give that one, "
            "and paretocli prune makes partners of its new points."
        )
    if isinstance(problem, Problem):
        return reopened(sweep, problem, None, runtime)
    source = chosen_problem(sweep, problem, consent)
    made = load_problem(source, Path(runtime["data_dir"]), Asked.of_sweep(sweep, source))
    return reopened(sweep, made, source, runtime)


def refine(
    resolved: Resolved,
    request: Request,
    warm: WarmOptions,
    *,
    quiet: bool,
    retry_failed: bool = False,
) -> list[PointRecord]:
    """Add points to a sweep and solve them, and what of it is not solved yet before.

    Where the last round was asked for in the same words, and nobody was `told` of its end, it goes
    on.

    Args:
        resolved: The sweep.
        request: Which points.
        warm: `nearest` or `none`: whether they start from solved ones, and for how long.
        quiet: Whether to show no progress.
        retry_failed: Solve failed points again.

    Returns:
        The records of all points.

    Raises:
        InputError: The points are there already, or are near others that are not there; nothing
            was written.
        RunError: A shard could not be solved; the others are.
        StopError: Somebody asked to stop; what was done is saved.
    """
    request.check()
    sweep = read_sweep_file(resolved.config.out)
    refuse_own_weights(resolved.config)
    config = replace(resolved.config, **asdict(warm))
    by_results = _by_results(config, request, measuring(resolved))
    if by_results is not None:
        _refuse_nonsense(config, own_results(sweep), request)  # before anything runs
        return carry_out(
            resolved,
            quiet=quiet,
            retry_failed=retry_failed,
            further=lambda note: _and_kept(config, note, (), by_results(note)),
        )
    begun = _begun(sweep, request)
    if not begun:
        first_parts(config, sweep, request)  # before anything runs
    plan = asked_points(config, request, begun=begun)
    return carry_out(
        resolved,
        quiet=quiet,
        retry_failed=retry_failed,
        further=lambda note: _and_kept(config, note, (plan,)),
    )


def _and_kept(
    config: SweepConfig, note: Note, first: Sequence[Further], last: Further | None = None
) -> Further:
    """Plans, and after the first ones the kept epochs of whatever is solved, before the last."""
    rest = with_kept(config, last, note)
    return one_after_another([*first, *([rest] if rest is not None else [])])


def planned(resolved: Resolved, request: Request, warm: WarmOptions, *, note: Note) -> list[Round]:
    """The rounds that `refine` would add, were all solved that is there; raises as it does.

    Of those that follow from what is reached the first alone.
    """
    request.check()
    sweep = read_sweep_file(resolved.config.out)
    config = replace(resolved.config, **asdict(warm))
    records = list(read_records(sweep).found.values())
    by_results = _by_results(config, request)
    if by_results is not None:
        _refuse_nonsense(config, own_results(sweep), request)
        one = by_results(note)(sweep, records)
        return [] if one is None else [one]
    return all_rounds(config, sweep, records, request)


def _by_results(
    config: SweepConfig, request: Request, measure: Measure | None = None
) -> Callable[[Note], Further] | None:
    """Makes what plans a point after the other from what was reached; None for other requests."""
    want, classes, sizes = request.want, request.classes, request.sizes
    if sizes:
        return lambda note: shrunk(config, sizes, request.text, note)
    if want:
        return lambda note: aimed(config, want, request.text, note, measure)
    if classes is not None:
        return lambda note: moved(config, classes, request.text, note)
    return None


def _refuse_nonsense(config: SweepConfig, results: Results, request: Request) -> None:
    """Refuse what no point could be trained for.

    Raises:
        InputError: It is about columns that are not there, or contradicts itself, or no network of
            this sweep can be held to a size.
    """
    if request.sizes:
        refuse_sizes(config, request.sizes)
    if request.want:
        conditions_of(results, request.want)
    if request.classes is not None:
        classified(results, request.classes)


def _begun(sweep: SweepFile, request: Request) -> bool:
    """Whether the same was asked for, and whoever asked was not told of its end.

    Last of all, or some of its rounds are still to come.
    """
    left = parts_left(sweep, request)
    last = any(one.asked == request.text and not one.ended for one in _last_asked(sweep))
    return last or bool(left)


def _last_asked(sweep: SweepFile) -> list[Round]:
    """The last round that somebody may have asked for, if there is one."""
    return [one for one in sweep.rounds if not one.looked_at][-1:]


def told(path: Path) -> None:
    """Write down that whoever asked for the last round knows of its end: the next asks for more.

    Args:
        path: The run directory.
    """
    for one in _last_asked(read_sweep_file(path)):
        RunDirectory(path).write_round(replace(one, ended=True))
