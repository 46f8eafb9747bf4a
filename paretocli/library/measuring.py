"""Measuring what the networks of a run directory take: here, or elsewhere with a kit."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.exporting.asked_formats import require_format
from paretocli.exporting.formats import FORMATS
from paretocli.exporting.point import read_solved_points
from paretocli.exporting.problem_code import Consent
from paretocli.measuring.kit import FORMAT, kit
from paretocli.measuring.measure import measured
from paretocli.measuring.networks import TORCH
from paretocli.measuring.noise import rank_correlation, within_noise
from paretocli.measuring.read_back import read_figures
from paretocli.measuring.storing import refuse_used, store
from paretocli.outputs import check_output, write_output
from paretocli.registries import lookup
from paretocli.run_directory.measurements import MEASUREMENTS_FILE, Measurements
from paretocli.training.machine import as_found, flush_denormals, set_up

FEWEST_CALLS = 20  # for a 95th percentile to be one
KIT = ("Kit", "--write-kit")


def measure(
    path: Path,
    problem: Problem | str | None,
    consent: Consent,
    data_dir: Path,
    *,
    form: str,
    threads: int,
    calls: int | None = None,
    note: Callable[[str], None] = lambda text: None,
) -> Measurements:
    """Time the small networks of all solved points, in turn, and keep that in the directory.

    Args:
        path: The run directory.
        problem: Its problem, made or as the user named it; None for what the directory names.
        consent: Whether code in a file that the directory names may run.
        data_dir: The folder of data sets.
        form: The format of the networks: one of `FORMATS`, or `torch`.
        threads: That compute.
        calls: Of each network that count; without, as many as a few seconds allow, up to 200.
        note: Is told what is being done.

    Raises:
        InputError: The directory, the format or a number is wrong, or a network cannot be exported;
            nothing was written.
        RunError: A small network gives other outputs than the one that it was made of.
    """
    check_format(form)
    check_numbers(threads, calls)
    refuse_used(path)
    with as_found():
        flush_denormals()
        set_up(threads, "fp32")
        points = read_solved_points(path, data_dir, problem=problem, consent=consent)
        found = measured(points, form, threads, note, calls=calls or 0)
    store(path, found)
    return found


def write_kit(
    path: Path,
    problem: Problem | str | None,
    consent: Consent,
    data_dir: Path,
    file: Path,
    *,
    threads: int,
    calls: int | None = None,
    note: Callable[[str], None] = lambda text: None,
) -> int:
    """Write an archive that measures the networks on another device.

    Args:
        path: The run directory.
        problem: As for `measure`.
        consent: The same.
        data_dir: The same.
        file: The archive.
        threads: With which the networks are timed there, unless somebody says otherwise.
        calls: The same.
        note: Is told what is being done.

    Returns:
        How many bytes it has.

    Raises:
        InputError: As `measure`, or the file cannot be written.
        RunError: As `measure`.
    """
    check_numbers(threads, calls)
    require_format(FORMAT)
    check_output(file, *KIT)
    with as_found():
        points = read_solved_points(path, data_dir, problem=problem, consent=consent)
        content = kit(points, threads, calls or 0, note)
    write_output(file, content, *KIT)
    return len(content)


def read_kit(path: Path, file: Path) -> Measurements:
    """Keep in a run directory what a kit printed on another device.

    Args:
        path: The run directory.
        file: What the kit printed.

    Raises:
        InputError: It is something else or of other networks, or the directory cannot be written.
    """
    found = read_figures(file, path)
    store(path, found)
    return found


def check_format(form: str) -> None:
    """Refuse a format that is none, or that cannot be run here.

    Raises:
        InputError: It is so.
    """
    if form == TORCH:
        return
    lookup(dict.fromkeys((TORCH, *FORMATS)), form, "format")
    require_format(form)
    if FORMATS[form].lossy:
        raise InputError(
            f"measure times networks that give the outputs of the points, and {form} stores fewer "
            f"bits; export one point with --format {form}, which tells how fast it is."
        )
    if not FORMATS[form].measured:
        raise InputError(
            f"measure times networks with as many threads as it is told, and {form} takes no "
            "number of them; choose another format."
        )


def check_numbers(threads: int, calls: int | None) -> None:
    """Refuse numbers with which nothing can be measured.

    Raises:
        InputError: One is too small.
    """
    if threads < 1:
        raise InputError(f"--threads should be at least 1, found {threads}.")
    if calls is not None and calls < FEWEST_CALLS:
        raise InputError(
            f"--repetitions should be at least {FEWEST_CALLS} for a 95th percentile, found {calls}."
        )


def summary(path: Path, found: Measurements) -> dict[str, Any]:
    """Measurements with what can be said of them, ready for JSON."""
    batches = list(found["dense"]["latency"])
    return {
        "file": str(path / MEASUREMENTS_FILE),
        **found,
        "rank_correlation": {batch: rank_correlation(found, batch) for batch in batches},
        "within_noise": {batch: within_noise(found, batch) for batch in batches},
    }
