"""A solved point of a run directory: its problem and its network, as they were."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from paretocli.errors import InputError
from paretocli.problems.inputs import call, of_form
from paretocli.problems.loading import load_problem, source_checksum
from paretocli.problems.problem import Problem
from paretocli.sweep.records import Record
from paretocli.sweep.start import fresh_network, load_point
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


class AsUsed(nn.Module):
    """A network with what comes before it: raw inputs in, one output a task out.

    Args:
        problem: Its `prepare` comes first; its test data shows the form of the inputs.
        network: The network itself.
    """

    def __init__(self, problem: Problem, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self._prepare = problem.prepare
        self._form = problem.test.rows(slice(1)).inputs

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """One output (B, …) a task from the tensors (B, …) of inputs as the data holds them."""
        return tuple(call(self.network, self._prepare(of_form(self._form, tensors))))


def read_solved_point(path: Path, point: int, data_dir: Path) -> SolvedPoint:
    """Read a point, and make its problem again.

    Raises:
        InputError: The directory holds no sweep, the point does not exist or is not finished, its
            file is damaged, or the test data is another one than it was.
    """
    directory = RunDirectory(path)
    sweep = directory.sweep()
    config = sweep["config"]
    record = _record(directory, config, point)
    problem = load_problem(config["problem"], data_dir, tuple(config["targets"]))
    now = {"test": problem.test.checksum(), **source_checksum(config["problem"])}
    for part, checksum in now.items():
        if sweep["data"].get(part) != checksum:
            what = "code of the problem" if part == "source" else f"{part} split"
            raise InputError(
                f"The {what} is another one than {path} was made with; give the same with "
                "--data-dir, or run the sweep again."
            )
    network = fresh_network(config["network"], "default", problem, config["seed"])
    file = path / str(record["weights_file"])
    load_point(file, network)
    return SolvedPoint(path, record, problem, network.eval(), file)


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
