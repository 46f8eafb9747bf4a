"""The ranges of a network's tensors, from which the steps of eight bits follow."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from paretocli.core.in_order import in_order
from paretocli.core.inputs import tensors_of
from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.exporting.fewer_bits.variants import FEWEST_SAMPLES

if TYPE_CHECKING:
    from paretocli.exporting.fewer_bits.variants import Arrays

SAMPLES = 512  # unless somebody says otherwise, or there are fewer
BATCH = 32  # all that is between the layers is held for so many samples
SEED = 0

METHODS = {
    "min-max": ("MinMax", {}),
    "entropy": ("Entropy", {}),
    # The default of onnxruntime makes these ranges symmetric, which wastes half of them after ReLU.
    "percentile 99.99": ("Percentile", {"percentile": 99.99, "symmetric": False}),
}
"""How a range follows from the values of a tensor: all of them, those whose distribution in 128
steps is closest, or all but the outermost."""


def calibration_batches(problem: Problem, names: Sequence[str], samples: int) -> "Iterator[Arrays]":
    """Batches of training samples, chosen at random and the same ones each time.

    Args:
        problem: Whose data.
        names: Of the network's arguments.
        samples: How many samples in all.
    """
    chosen = torch.randperm(len(problem.train), generator=torch.Generator().manual_seed(SEED))
    for batch in in_order(problem.train, torch.split(chosen[:samples], BATCH)):
        tensors = tensors_of(batch.inputs).values()
        yield {name: tensor.numpy() for name, tensor in zip(names, tensors, strict=True)}


def calibration_count(name: str, problem: Problem, asked: int | None) -> int:
    """How many training samples the ranges are found on.

    Args:
        name: The format's, for messages.
        problem: Whose data.
        asked: How many were asked for, None for the usual number.

    Raises:
        InputError: There are too few, or fewer than were asked for.
    """
    there = len(problem.train)
    if there < FEWEST_SAMPLES:
        raise InputError(
            f"{name} finds the ranges of its numbers on {FEWEST_SAMPLES} training samples at "
            f"least, and problem {problem.name} has {there}; export it as onnx-fp16."
        )
    if asked is not None and asked > there:
        raise InputError(
            f"--calibration-samples should be at most {there:,}, the training samples of problem "
            f"{problem.name}, found {asked:,}."
        )
    return min(SAMPLES, there) if asked is None else asked


def ranges(
    file: Path, batches: Iterator[Mapping[str, Any]], method: str, operators: Sequence[str]
) -> Any:
    """The range of each tensor that operators read or give, as onnxruntime's quantiser takes it.

    Args:
        file: The network in single precision.
        batches: Inputs by name.
        method: One of `METHODS`.
        operators: Names of operators.

    Raises:
        ValueError: Some of the values are not finite.
    """
    from onnxruntime.quantization.calibrate import CalibrationMethod, create_calibrator

    found, options = METHODS[method]
    with tempfile.TemporaryDirectory() as folder:
        calibrator = create_calibrator(
            file,
            [*operators],
            augmented_model_path=str(Path(folder) / "augmented.onnx"),
            calibrate_method=CalibrationMethod[found],
            extra_options=options,
        )
        for batch in batches:  # one at a time, or all tensors of all of them would be held
            calibrator.collect_data(_Once(batch))
        return calibrator.compute_data()


class _Once:
    """A batch, as onnxruntime reads batches: until there is none."""

    def __init__(self, batch: Mapping[str, Any]) -> None:
        self._left = [batch]

    def get_next(self) -> Mapping[str, Any] | None:
        return self._left.pop() if self._left else None
