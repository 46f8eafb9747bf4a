"""What is found out about a problem and one of its networks."""

from dataclasses import dataclass, field

import torch

from paretocli.errors import InputError
from paretocli.exporting.possible import ExportTrial
from paretocli.sparsity.grouping import Grouping
from paretocli.sparsity.layers import Layer
from paretocli.sparsity.left_out import LeftOut
from paretocli.sweeping.memory import Memory
from paretocli.sweeping.pretrained import Pretrained


@dataclass(frozen=True)
class TensorReport:
    """A tensor of the data.

    Attributes:
        name: Of the input, empty where there is one alone; or of the task.
        shape: Of one sample.
        dtype: As torch calls it, such as `float32`.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class TaskReport:
    """A task before training.

    Attributes:
        name: Its name.
        target: Its targets; those of each part where they are several tensors.
        output: Shape of what the network gives for one sample, or of each part of it by name.
        loss: On the first training samples.
        metrics: There too, by name.
        lower_bound: What weights are measured from, None where a sweep has to learn it.
        bound_from: `declared`, `known` of a loss of torch, `assumed` or `unknown`.
    """

    name: str
    target: TensorReport | list[TensorReport]
    output: tuple[int, ...] | dict[str, tuple[int, ...]]
    loss: float
    metrics: dict[str, float]
    lower_bound: float | None
    bound_from: str


@dataclass
class Examination:
    """All that was found out; what comes after a failure may be missing.

    Attributes:
        problem: Its name.
        network: That of the network.
        device: Where steps were taken.
        batch_size: Samples of a training step.
        samples: Number of samples of each split.
        inputs: The prepared inputs.
        failures: What is wrong.
        notes: What may be meant, but rarely is.
        tasks: The tasks.
        auxiliary: The auxiliary losses there, by name.
        parameters: Number of all parameters of the network.
        start: The weights that it starts from, None where they are new.
        reached: Numbers of trained parameters by the tasks whose losses reach them.
        layers: Its matrices and convolutions.
        grouping: Rows that become zero together with `--groups streams`, None where not looked for.
        uncounted: What does not count for sparsity, and why.
        in_turn: Why points compute one after another; empty where they do not.
        step_seconds: What a training step takes, None where none was taken.
        memory: What training is expected to take.
        export: What came of trying to export the network; None where that was not tried.
    """

    problem: str
    network: str
    device: torch.device
    batch_size: int
    samples: dict[str, int]
    inputs: list[TensorReport] = field(default_factory=list)
    failures: list[InputError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    tasks: list[TaskReport] = field(default_factory=list)
    auxiliary: dict[str, float] = field(default_factory=dict)
    parameters: int = 0
    start: Pretrained | None = None
    reached: dict[tuple[str, ...], int] = field(default_factory=dict)
    layers: tuple[Layer, ...] = ()
    grouping: Grouping | None = None
    uncounted: tuple[LeftOut, ...] = ()
    in_turn: str = ""
    step_seconds: float | None = None
    memory: Memory | None = None
    export: ExportTrial | None = None
