"""A solved point of a run directory: its problem and its network, as they were."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from paretocli.errors import InputError
from paretocli.problems.loading import load_problem, source_checksum
from paretocli.problems.problem import Problem
from paretocli.sweep.point_files import load_point
from paretocli.sweep.records import Record
from paretocli.sweep.start import fresh_network
from paretocli.sweep.store import RunDirectory


@dataclass(frozen=True, eq=False)
class SolvedPoint:
    """A point that is done.

    Attributes:
        directory: The run directory.
        record: The point's record.
        problem: Its problem, with the data.
        network: Its network, in evaluation mode.
        file: The network's safetensors file.
    """

    directory: Path
    record: Record
    problem: Problem
    network: nn.Module
    file: Path


def read_solved_point(path: Path, point: int, data_dir: Path) -> SolvedPoint:
    """Read a point, and make its problem again.

    Raises:
        InputError: The directory holds no sweep, the point does not exist or is not finished, its
            file is damaged, or the problem's code or test data is not there or another one than
            it was.
    """
    directory = RunDirectory(path)
    sweep = directory.sweep()
    config = sweep["config"]
    record = _record(directory, config, point)
    source = problem_from_here(config["problem"], path, sweep["data"])
    problem = load_problem(source, data_dir, tuple(config["targets"]))
    if sweep["data"].get("test") != problem.test.checksum():
        raise InputError(
            f"The test split is another one than {path} was made with; give the same with "
            "--data-dir, or run the sweep again."
        )
    network = fresh_network(config["network"], "default", problem, config["seed"])
    file = path / str(record["weights_file"])
    load_point(file, network)
    return SolvedPoint(path, record, problem, network.eval(), file)


def problem_from_here(source: str, path: Path, checksums: Mapping[str, str]) -> str:
    """The name of a problem, with the path of its file as it leads there from here.

    A path that was given relative to another folder is looked for above the run directory.

    Args:
        source: The name as it was given.
        path: The run directory.
        checksums: Of the sweep.

    Raises:
        InputError: The file is not there, or its code is another one.
    """
    parts = re.fullmatch(r"(table:)(.+)()|()(.+\.py)(:[^:]*)", source)
    if parts is None:
        return source
    before, file, after = (part for part in parts.groups() if part is not None)
    places = [folder / file for folder in (Path(), *path.resolve().parents)]
    there = [f"{before}{place}{after}" for place in places if place.is_file()]
    if not there:
        raise InputError(
            f"The file {file} of the problem of {path} is neither here nor above the run "
            "directory; run this command where the sweep was started."
        )
    for name in there:
        if all(checksums.get(part) == now for part, now in source_checksum(name).items()):
            return name
    raise InputError(
        f"The code in {file} is another one than {path} was made with; bring it back as it was, or "
        "run the sweep again."
    )


def _record(directory: RunDirectory, config: dict[str, Any], point: int) -> Record:
    count = len(config["weights"])
    if not 0 <= point < count:
        raise InputError(f"{directory.path} has no point {point}; its points are 0 to {count - 1}.")
    found = [record for record in directory.records() if record["point"] == point]
    if not found:
        raise InputError(
            f"Point {point} of {directory.path} is not finished; run the sweep's command again, "
            "which goes on with it."
        )
    if found[0]["status"] != "done":
        reason = found[0].get("error", "no reason was kept")
        raise InputError(
            f"Point {point} of {directory.path} failed ({reason}); choose another one, or solve it "
            "again with --retry-failed."
        )
    return found[0]
