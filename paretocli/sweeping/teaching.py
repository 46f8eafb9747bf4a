"""Teachers of a sweep: the points of an earlier one that trained each task alone."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from paretocli.core.inputs import Inputs
from paretocli.core.problem import Problem, Task
from paretocli.distillation.features import features_shape
from paretocli.distillation.imitation import with_adaptors
from paretocli.distillation.teachers import Teachers
from paretocli.errors import InputError
from paretocli.front.run_files import RunFiles, read_run_files
from paretocli.options.config import SweepConfig
from paretocli.run_directory.points import network_path
from paretocli.sweeping.point_files import load_point, read_point, record_beside
from paretocli.sweeping.sweep_network import TRACED_SAMPLES, fresh_network

SOLVER = "single"


def teacher_files(directory: Path, problem: Problem) -> tuple[Path, ...]:
    """The networks of a sweep's points, one a task, in the order of the tasks.

    Args:
        directory: Its run directory.
        problem: Whose tasks they are to know.

    Raises:
        InputError: It is no such sweep, is not finished, or is of other data or tasks.
    """
    run = read_run_files(directory)
    if run.config.get("solver") != SOLVER:
        raise InputError(
            f"{directory} is a sweep with --solver {run.config.get('solver')}, but teachers know "
            f"one task each; name a sweep with --solver {SOLVER}."
        )
    if run.checksums.get("train") != problem.an_epoch.checksum():
        raise InputError(
            f"The teachers in {directory} were trained on other data; train them on the same, with "
            f"--solver {SOLVER}."
        )
    return tuple(_file(run, task) for task in problem.tasks)


def check_teachers(files: Sequence[Path], network: nn.Module, module: str, problem: Problem) -> str:
    """A checksum of all teachers; they fit the network, and the module gives features.

    Args:
        files: The teachers' files.
        network: A fresh one, which takes over the last teacher.
        module: Whose features are compared.
        problem: What the network is for.

    Raises:
        InputError: A file cannot be read or is of another network, or the module gives nothing.
    """
    for file in files:
        load_point(file, network)
    features_shape(network, module, _first_inputs(problem))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def taught_by(directory: object, chosen: Mapping[str, Any], problem: Problem) -> str:
    """What the teachers' networks are known by, empty without a directory of them.

    Args:
        directory: Theirs, None for none.
        chosen: The options of the sweep.
        problem: Its problem.

    Raises:
        InputError: As of `teacher_files` and `check_teachers`.
    """
    if directory is None:
        return ""
    pupil = fresh_network(chosen["network"], "default", problem, chosen["seed"])
    files = teacher_files(Path(str(directory)), problem)
    return check_teachers(files, pupil, chosen["distill_at"], problem)


def read_teachers(files: Sequence[Path]) -> tuple[Mapping[str, Tensor], ...]:
    """The parameters and buffers of each.

    Raises:
        InputError: A file cannot be read.
    """
    return tuple(read_point(file) for file in files)


def teachers_of(
    config: SweepConfig, problem: Problem, states: Sequence[Mapping[str, Tensor]]
) -> Teachers:
    """Networks with the teachers' parameters, on the sweep's device."""
    networks = []
    for state in states:
        network = fresh_network(config.network, "default", problem, config.seed)
        network.load_state_dict(state)
        networks.append(network)
    return Teachers(
        networks,
        config.distill_at,
        strength=config.distillation,
        device=torch.device(config.device),
    )


def taught(network: nn.Module, config: SweepConfig, problem: Problem) -> tuple[Task, ...]:
    """Prepare a network for teachers; the tasks that it is trained on then."""
    shape = features_shape(network, config.distill_at, _first_inputs(problem))
    tasks, auxiliary = problem.tasks, problem.trained[len(problem.tasks) :]
    return with_adaptors(network, config.distill_at, shape, tasks, auxiliary)


def _first_inputs(problem: Problem) -> Inputs:
    return problem.prepare(problem.train.rows(slice(TRACED_SAMPLES)).inputs)


def _file(run: RunFiles, task: Task) -> Path:
    """The network of the point that has all its weight on a task."""
    names = run.objectives
    for number, weights in enumerate(run.config["weights"]):
        if [name for name, weight in zip(names, weights, strict=True) if weight > 0] == [task.name]:
            file = network_path(run.path, number)
            record = record_beside(file)
            if record is None or record.get("status") != "done":
                raise InputError(
                    f"The teacher of {task.name}, point {number} of {run.path}, is not finished; "
                    "finish that sweep first, with the same command."
                )
            return file
    raise InputError(
        f"{run.path} has no teacher of {task.name} (it knows {', '.join(names)}); train one a task "
        f"of this problem with --solver {SOLVER}."
    )
