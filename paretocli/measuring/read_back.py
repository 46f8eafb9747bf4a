"""Figures that a kit printed on another device, read back."""

from pathlib import Path

from paretocli.errors import InputError
from paretocli.run_directory.files import MOST_BYTES, DamagedError, read_bytes
from paretocli.run_directory.measurements import Measurements, parsed_measurements
from paretocli.run_directory.networks import checkpoint_of
from paretocli.run_directory.points import read_records
from paretocli.run_directory.sweep_file import read_sweep_file


def read_figures(file: Path, directory: Path) -> Measurements:
    """What a kit printed, where it is of the networks of a sweep.

    Args:
        file: What it printed.
        directory: The run directory of the sweep.

    Raises:
        InputError: It is something else, or is of other networks.
    """
    sweep = read_sweep_file(directory)
    try:
        content = read_bytes(file, MOST_BYTES)
        if content is None:
            raise InputError(f"There is no file {file}; give what the kit printed with --read.")
        found = parsed_measurements(file, content)
    except DamagedError as error:
        raise InputError(f"{error}; give what the kit printed with --read.") from None
    records = read_records(sweep).found
    for one in found["points"]:
        record = records.get(one["point"])
        if record is None or checkpoint_of(directory, record) != one["checkpoint"]:
            raise InputError(
                f"{file} has figures of a network that is not that of point {one['point']} of "
                f"{directory}: the kit was written from another sweep, or the point was trained "
                "anew since; write a kit of these networks with --write-kit."
            )
    if not found["points"]:
        raise InputError(f"{file} has figures of no point; give what the kit printed with --read.")
    return found
