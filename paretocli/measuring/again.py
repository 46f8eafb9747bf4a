"""Measuring the points of a sweep anew, as they were measured before."""

from pathlib import Path
from typing import cast

from paretocli.core.problem import Problem
from paretocli.errors import InputError, RunError
from paretocli.exporting.asked_formats import require_format
from paretocli.exporting.point import read_solved_points
from paretocli.measuring.measure import Note, measured
from paretocli.measuring.networks import TORCH
from paretocli.measuring.storing import keep
from paretocli.run_directory.files import DamagedError
from paretocli.run_directory.measurements import Device, Measurements, read_measurements
from paretocli.timing.device import this_device
from paretocli.training.machine import as_found, flush_denormals, set_up


def measure_again(path: Path, problem: Problem, data_dir: Path, note: Note) -> bool:
    """Time all points of a sweep in turn, in the format and with the threads of those timed before.

    For whoever holds the directory, between two rounds of training. All figures are made anew, so
    that those of new points can be compared with the others.

    Args:
        path: The run directory.
        problem: Its problem.
        data_dir: The folder of data sets.
        note: Is told that it is done, or why it cannot be.

    Returns:
        Whether it was done.
    """
    try:
        before = read_measurements(path)
        if before is None:
            return False
        device = before["device"]
        if device != cast(Device, this_device()):
            note(
                f"The points of {path} were measured on {device['name']} ({device['processor']}), "
                "which is another device than this; paretocli measure --write-kit makes what "
                "measures all of them there."
            )
            return False
        form, threads = before["format"], before["threads"]
        if form != TORCH:
            require_format(form)
        note("Measuring all points, as they were measured before.")
        with as_found():
            flush_denormals()
            set_up(threads, "fp32")
            points = read_solved_points(path, data_dir, problem=problem, consent=_nobody)
            keep(path, measured(points, form, threads, _nothing, calls=_calls(before)))
    except (DamagedError, InputError, RunError) as error:
        note(f"Nothing was measured: {error}")
        return False
    return True


def _calls(before: Measurements) -> int:
    """How many calls of each network counted; 0 where they were as many as time allowed."""
    found = {
        timed["calls"]
        for one in (before["dense"], *before["points"])
        for timed in one["latency"].values()
    }
    return found.pop() if len(found) == 1 else 0


def _nobody(file: str) -> bool:
    """Code that a directory names does not run: the problem is there."""
    return False


def _nothing(text: str) -> None:
    """Whoever watches the sweep is told of the whole alone."""
