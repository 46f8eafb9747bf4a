"""Carrying out a sweep that is resolved: with who is told, who may stop it, and its picture."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from paretocli.errors import InputError, StopError
from paretocli.execution.stopping import Stop, stop_on_signals
from paretocli.library.drawing import Better, draw_front
from paretocli.library.keeping_baselines import keep_baselines
from paretocli.library.progress import progress_observer
from paretocli.options.config import SweepConfig
from paretocli.planning.clusters import Clusters, clustered
from paretocli.planning.growth import grown
from paretocli.planning.kept import with_kept
from paretocli.planning.refinement import Request
from paretocli.planning.rounds import Further, added_epochs, once, one_after_another
from paretocli.planning.wishes import Measure, aimed
from paretocli.problems.made_in_python import how_to_check
from paretocli.run_directory.growing import read_growing
from paretocli.run_directory.point_record import PointRecord
from paretocli.run_directory.sweep_file import read_sweep_file
from paretocli.sweeping.event_files import EventFiles
from paretocli.sweeping.normalisation import Normalisation
from paretocli.sweeping.observers import Observer, Observers
from paretocli.sweeping.resolve import Resolved
from paretocli.sweeping.run import run_sweep
from paretocli.sweeping.similarities import task_similarities
from paretocli.sweeping.store import RunDirectory

Note = Callable[[str], None]

STOPPING = "Stopping after this epoch; once more to stop at once."


def carry_out(
    resolved: Resolved,
    *,
    quiet: bool,
    retry_failed: bool,
    notes: Sequence[str] = (),
    further: Callable[[Note], Further] | None = None,
    normalisation: Normalisation | None = None,
) -> list[PointRecord]:
    """Solve all points of a sweep that are not solved yet, and draw its front.

    Args:
        resolved: The sweep.
        quiet: Whether to show no progress.
        retry_failed: Solve failed points again.
        notes: What to say first, unless it is quiet.
        further: Makes what plans rounds of further points, from who is told of it.
        normalisation: Its ideal and scale, where they are those of another sweep.

    Returns:
        The records of all points, failed ones too.

    Raises:
        InputError: The directory holds something else, or is in use.
        RunError: A shard could not be solved; the others are.
        StopError: Somebody asked to stop; what was done is saved.
    """
    config = resolved.config
    directory = RunDirectory(config.out)
    with (
        progress_observer(config, quiet=quiet) as progress,
        _logged(config, progress) as observer,
        _stoppable(lambda: observer.note(STOPPING)) as stop,
    ):
        for note in notes:
            progress.note(note)
        if resolved.growth is not None:  # what is to come counts before anybody knows where
            most = resolved.growth.most(config) + _kept(config.out)
            observer.points_planned(range(most), sum(added_epochs(config)))
        records = run_sweep(
            config,
            resolved.problem,
            directory,
            observer,
            checksums=resolved.checksums,
            imported=resolved.imported,
            stop=stop,
            traced=resolved.traced,
            retry_failed=retry_failed,
            further=_further(resolved, observer.note)
            if further is None
            else further(observer.note),
            points=resolved.growth.most(config) if resolved.growth else None,
            pretrained=resolved.pretrained.tensors if resolved.pretrained else None,
            normalisation=normalisation,
        )
        if len(records) == directory.sweep().points and not stop():
            keep_baselines(resolved, directory, records, observer.note)
    if stop() and (len(records) < directory.sweep().points or read_growing(directory.path)):
        raise StopError(stop.exit_code)
    _draw(config, directory, any_done=any(record["status"] == "done" for record in records))
    return records


def _kept(path: Path) -> int:
    """How many points of the sweep in a directory, if there is one, are kept epochs of others."""
    with suppress(InputError, OSError):
        return len(read_sweep_file(path).kept)
    return 0


def _further(resolved: Resolved, note: Note) -> Further | None:
    """Plans what follows the grid: points asked for, where the sweep grows, and for wishes."""
    config, plans = resolved.config, []
    if resolved.added:
        plans.append(once(config, resolved.added))
    if isinstance(resolved.growth, Clusters):
        alike = partial(task_similarities, config, resolved.problem)
        plans.append(clustered(config, resolved.growth, alike, note))
    elif resolved.growth is not None:
        plans.append(grown(config, resolved.growth, note))
    wish = None
    if resolved.wishes:
        # Whoever has networks already does not begin at random to have a smaller one.
        warm = replace(config, warm="nearest") if config.warm == "none" else config
        asked = Request(want=resolved.wishes).text
        wish = aimed(warm, resolved.wishes, asked, note, measuring(resolved))
    # A kept epoch may be as wished already.
    if (last := with_kept(config, wish, note)) is not None:
        plans.append(last)
    return one_after_another(plans) if plans else None


def measuring(resolved: Resolved) -> Measure:
    """What measures all points of a sweep, as they were measured before, while it goes on."""

    def measure(note: Note) -> bool:
        from paretocli.measuring.again import measure_again

        config = resolved.config
        return measure_again(config.out, resolved.problem, config.data_dir, note)

    return measure


def failure_of(records: Sequence[PointRecord], config: SweepConfig) -> str:
    """A sentence on points that failed, empty where none did."""
    failed = [record for record in records if record["status"] == "failed"]
    if not failed:
        return ""
    names = ", ".join(str(record["point"]) for record in failed)
    reason = failed[0].get("error", "no reason was kept")
    return f"{len(failed)} of {len(records)} points failed ({names}: {reason}); " + _advice(
        failed, config
    )


def _advice(failed: Sequence[PointRecord], config: SweepConfig) -> str:
    """What may help points that failed, as far as what happened tells."""
    if any(record.get("losses_grew") for record in failed):
        return "losses had grown before: a smaller --lr, in another --out, may help."
    return f"no loss had grown before, and {how_to_check(config.problem)} tells more of it."


@contextmanager
def _logged(config: SweepConfig, progress: Observer) -> Iterator[Observer]:
    """The observer that shows the progress, and one that logs it where that was asked for."""
    if config.log == "none":
        yield progress
        return
    files = EventFiles(config.out)
    try:
        yield Observers(progress, files)
    finally:
        files.close()


@contextmanager
def _stoppable(asked: Callable[[], None]) -> Iterator[Stop]:
    """What asks to stop: signals, which reach the main thread alone."""
    if threading.current_thread() is threading.main_thread():
        with stop_on_signals(asked) as stop:
            yield stop
    else:
        yield Stop(asked)


def _draw(config: SweepConfig, directory: RunDirectory, *, any_done: bool) -> None:
    """Draw the front: tasks against size where size is an objective, else the losses."""
    if not any_done or len(config.objectives) < 2 or directory.sweep().points < 2:
        return
    draw_front([directory.path], "test", Better(set(), set()), directory.picture_file)
