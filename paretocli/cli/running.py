"""What `train` and `sweep` do with their options."""

import gc
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from paretocli.cli.report import dry_run_report, hint, sweep_report, sweep_summary
from paretocli.errors import InputError, RunError, StopError
from paretocli.execution.stopping import stop_on_signals
from paretocli.front.results import read_results
from paretocli.library.progress import progress_observer
from paretocli.options.config import SweepConfig
from paretocli.options.declared import declared
from paretocli.options.file import read_config_file
from paretocli.options.given import OptionValue, merge
from paretocli.plots.data import loss_columns
from paretocli.printing import say
from paretocli.sweeping.event_files import EventFiles
from paretocli.sweeping.observers import Observer, Observers
from paretocli.sweeping.resolve import Resolved, resolve
from paretocli.sweeping.run import run_sweep
from paretocli.sweeping.store import RunDirectory

STOPPING = "Stopping after this epoch; once more to stop at once."


def run_command(given: Mapping[str, Any], *, single: bool) -> None:
    """Carry out `train` (a single point) or `sweep`.

    Raises:
        InputError: An option is wrong; nothing was written.
        RunError: A point failed; the others are there.
    """
    # What was imported stays to the end: unless it is set aside, every collection looks through all
    # of torch, and the one at the end takes seconds. Nothing of the user's is there yet.
    gc.freeze()
    quiet = given["quiet"]
    resolved = resolve(_options(given, single=single), single=single)
    config = resolved.config
    for note in resolved.notes:
        hint(note, quiet=quiet)
    directory = RunDirectory(config.out)
    if given["dry_run"]:
        directory.check(config.of_kind("identity"), resolved.checksums)
        say(dry_run_report(resolved, as_json=given["as_json"]))
        return
    with (
        progress_observer(config, quiet=quiet) as progress,
        _logged(config, progress) as observer,
        stop_on_signals(lambda: observer.note(STOPPING)) as stop,
    ):
        records = run_sweep(
            config,
            resolved.problem,
            directory,
            observer,
            checksums=resolved.checksums,
            stop=stop,
            retry_failed=given["retry_failed"],
        )
    if stop() and len(records) < len(config.weights):
        raise StopError(stop.exit_code)
    failed = [record for record in records if record["status"] == "failed"]
    _draw(resolved, directory, any_done=len(failed) < len(records))
    if given["as_json"]:
        say(json.dumps(sweep_summary(config, directory, records), indent=2))
    elif quiet:
        say(directory.results_file)
    else:
        say(sweep_report(config, resolved.problem, directory, records))
    if failed:
        names = ", ".join(str(record["point"]) for record in failed)
        reason = failed[0].get("error", "no reason was kept")
        raise RunError(
            f"{len(failed)} of {len(records)} points failed ({names}: {reason}); "
            + _advice(failed, config)
        )


def _advice(failed: Sequence[Mapping[str, Any]], config: SweepConfig) -> str:
    """What may help points that failed, as far as what happened tells."""
    if any(record.get("losses_grew") for record in failed):
        return "losses had grown before: a smaller --lr, in another --out, may help."
    return f"no loss had grown before, and paretocli check {config.problem} tells more of it."


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


def _options(given: Mapping[str, Any], *, single: bool) -> dict[str, OptionValue]:
    file = read_config_file(given["config"]) if given["config"] else {}
    known = declared(single=single)
    # A file made for a sweep serves for one of its points too.
    file = {key: value for key, value in file.items() if key in known}
    options = merge({key: given.get(key) for key in known}, file)
    weights = options.get("weights")
    if single and isinstance(weights, list) and len(weights) > 1:
        raise InputError(
            f"`train` solves one point, but the config file lists {len(weights)} weights; choose "
            "one with --weights, or use `paretocli sweep`."
        )
    return options


def _draw(resolved: Resolved, directory: RunDirectory, *, any_done: bool) -> None:
    if any_done and len(resolved.config.objectives) > 1 and len(resolved.config.weights) > 1:
        # Only now, for it takes a while to import and most of a sweep has no use for it.
        from paretocli.plots.front_figure import draw_front

        results = read_results(directory.path)
        draw_front([results], loss_columns([results], "test"), directory.picture_file)
