"""A solved point of a run directory: its problem and its network, as they were."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.exporting.problem_code import Consent, chosen_problem
from paretocli.printable import one_line
from paretocli.problems.asked import Asked
from paretocli.problems.loading import load_problem
from paretocli.run_directory.files import DamagedError
from paretocli.run_directory.point_record import PointRecord
from paretocli.run_directory.points import network_path, read_record, read_records
from paretocli.run_directory.sweep_file import SweepFile, read_sweep_file
from paretocli.sweeping.point_files import load_point
from paretocli.sweeping.sweep_network import fresh_network


@dataclass(frozen=True, eq=False)
class SolvedPoint:
    """A point that is done.

    Attributes:
        directory: The run directory.
        record: The point's record.
        problem: Its problem, with the data.
        network: Its network, in evaluation mode.
        file: The network's safetensors file.
        sweep: What the directory says of its sweep; None where nobody asked for it.
    """

    directory: Path
    record: PointRecord
    problem: Problem
    network: nn.Module
    file: Path
    sweep: SweepFile | None = None


def read_solved_point(
    path: Path, point: int, data_dir: Path, *, problem: Problem | str | None, consent: Consent
) -> SolvedPoint:
    """Read a point, and make its problem again.

    Args:
        path: The run directory.
        point: The number of the point.
        data_dir: Where data sets lie.
        problem: Its problem, made or as the user named it; None for what the directory names.
        consent: Whether code in a file that the directory names may run.

    Raises:
        InputError: The directory holds no sweep, the point does not exist or is not finished, its
            file is damaged, or the problem's code or test data is not there or another one than
            it was.
    """
    sweep = read_sweep_file(path)
    record = read_solved_record(sweep, point)
    return _solved(sweep, record, made_problem(sweep, data_dir, problem=problem, consent=consent))


def read_solved_points(
    path: Path, data_dir: Path, *, problem: Problem | str | None, consent: Consent
) -> Iterator[SolvedPoint]:
    """Read all points that are done, one after the other; arguments as `read_solved_point`.

    Raises:
        InputError: The same; or no point is done, or a record is damaged.
    """
    sweep = read_sweep_file(path)
    records = read_records(sweep)
    for point, reason in records.damaged.items():
        raise InputError(
            f"{reason}; run the sweep's command again, which solves point {point} anew."
        )
    for reason in records.unreadable:
        raise InputError(reason)
    done = [record for record in records.found.values() if record["status"] == "done"]
    if not done:
        raise InputError(f"{path} has no solved point; run the sweep's command again, to its end.")
    made = made_problem(sweep, data_dir, problem=problem, consent=consent)
    for record in done:
        yield _solved(sweep, record, made)


def made_problem(
    sweep: SweepFile, data_dir: Path, *, problem: Problem | str | None, consent: Consent
) -> Problem:
    """The problem of a sweep; arguments as for `read_solved_point`.

    Raises:
        InputError: Its code or test data is not there or another one than it was.
    """
    if isinstance(problem, Problem):
        made = problem
    else:
        source = chosen_problem(sweep, problem, consent)
        made = load_problem(source, data_dir, Asked.of_sweep(sweep, source))
    if sweep.checksums.get("test") != made.test.checksum():
        raise InputError(
            f"The test split is another one than {sweep.path} was made with; give the same with "
            "--data-dir, or make the sweep again in another directory."
        )
    return made


def _solved(sweep: SweepFile, record: PointRecord, problem: Problem) -> SolvedPoint:
    network = fresh_network(sweep.setting("network"), "default", problem, sweep.config["seed"])
    file = network_path(sweep.path, record["point"])
    load_point(file, network)
    return SolvedPoint(sweep.path, record, problem, network.eval(), file, sweep)


def read_solved_record(sweep: SweepFile, point: int) -> PointRecord:
    """The record of a point that is done.

    Raises:
        InputError: The point does not exist, is not finished or failed, or its file is damaged.
    """
    count = sweep.points
    if not 0 <= point < count:
        raise InputError(f"{sweep.path} has no point {point}; its points are 0 to {count - 1}.")
    try:
        found = read_record(sweep, point)
    except DamagedError as error:
        raise InputError(
            f"{error}; run the sweep's command again, which solves point {point} anew."
        ) from None
    if found is None:
        raise InputError(
            f"Point {point} of {sweep.path} is not finished; run the sweep's command again, "
            "which goes on with it."
        )
    if found["status"] != "done":
        reason = one_line(found.get("error", "no reason was kept"))
        raise InputError(
            f"Point {point} of {sweep.path} failed ({reason}); choose another one, or solve it "
            "again with --retry-failed."
        )
    return found
