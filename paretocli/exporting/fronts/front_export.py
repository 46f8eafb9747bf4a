"""From the solved points of a sweep to one network for all of their weights, as files."""

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from paretocli import __version__
from paretocli.atomic import TEMPORARY, write_text
from paretocli.compaction.program import refusing
from paretocli.core.as_used import AsUsed, raw_inputs
from paretocli.core.outputs import Outputs, output_names
from paretocli.errors import RunError
from paretocli.exporting.export import placed_in, refuse_used
from paretocli.exporting.formats import FORMATS
from paretocli.exporting.fronts.front_network import FrontNetwork
from paretocli.exporting.fronts.front_points import SolvedFront
from paretocli.exporting.fronts.front_tensors import FrontTensors, front_tensors, numbers_of
from paretocli.exporting.measure import Outputs as Compared
from paretocli.exporting.measure import compare_outputs
from paretocli.exporting.onnx_file import describe_onnx
from paretocli.exporting.source import identifier
from paretocli.exporting.verifying.verified_files import REPORT

FRONT_TOLERANCE = 1e-4
"""Of an output, relative to the largest of its numbers where that is above 1."""

WEIGHTS_INPUT = "weights"
FEW = 2  # samples with which a network is traced


@dataclass(frozen=True)
class ExportedFront:
    """What was written.

    Attributes:
        objectives: What the weights are of, in order.
        weights_input: The name of the input of shape (m,) that holds them.
        points: The points that it was made of and compared with, by number, with their weights.
        left_out: Those of the sweep that it was not, with the reason.
        exact: What follows from the weights exactly, whatever they are.
        interpolated: The buffers that are exact at the points, and interpolated between them.
        rule: How these are.
        parameters: Numbers of which the networks' parameters are made.
        parameters_of_one: Parameters of one network.
        differences: By format and point, the largest difference of outputs from the point's own
            network on the test data, relative to the largest of their numbers where above 1.
        metrics: On the test data, of the first format, by point.
        between: Where something is interpolated: the same of points inside of the front, had they
            not been there to interpolate by.
        samples: Of the test data.
        bytes: Size of the files, by name.
    """

    objectives: tuple[str, ...]
    weights_input: str
    points: dict[int, tuple[float, ...]]
    left_out: dict[int, str]
    exact: str
    interpolated: tuple[str, ...]
    rule: str
    parameters: int
    parameters_of_one: int
    differences: dict[str, dict[int, float]]
    metrics: dict[int, dict[str, float]]
    between: dict[int, dict[str, float]]
    samples: int
    bytes: dict[str, int]

    @property
    def files(self) -> tuple[str, ...]:
        """Paths."""
        return (*self.bytes, REPORT)


def export_front(front: SolvedFront, out: Path, formats: Sequence[str]) -> ExportedFront:
    """Write one network for all weights, read it again and compare it with each point's own.

    Args:
        front: The solved points.
        out: A folder that does not exist yet, or is empty.
        formats: Some of `FORMATS`, one at least.

    Raises:
        InputError: The folder holds something, the points are not made of the same few networks, or
            torch.export makes no graph of them.
        RunError: What was read again gives other outputs; nothing was written.
    """
    refuse_used(out)
    tensors = front_tensors(front)
    with placed_in(out) as place, tempfile.TemporaryDirectory(dir=place, prefix=TEMPORARY) as name:
        folder = Path(name) / "front"
        folder.mkdir()
        found = _export(front, tensors, folder, formats)
        origin = {"problem": front.problem.name, "run": str(front.directory)}
        report = {"format": 1, "paretocli": __version__, **origin, **asdict(found)}
        write_text(folder / REPORT, json.dumps(report, indent=2))
        if place == out:
            for file in folder.iterdir():
                file.replace(out / file.name)
        else:
            folder.replace(out)
    return found


def _export(
    front: SolvedFront, tensors: FrontTensors, folder: Path, formats: Sequence[str]
) -> ExportedFront:
    problem = front.problem
    network = FrontNetwork(front, tensors).eval()
    inputs = {identifier(n, "inputs"): tensor for n, tensor in raw_inputs(problem, FEW).items()}
    name = WEIGHTS_INPUT if WEIGHTS_INPUT not in inputs else f"front_{WEIGHTS_INPUT}"
    batch = {name: front.weights[0].float(), **inputs}
    with torch.no_grad():
        outputs = AsUsed(problem, front.network).eval().by_task(*inputs.values())
    names = output_names(network.names, outputs)
    functions: dict[str, Callable[..., Any]] = {}
    with refusing(f"of problem {problem.name}"):
        for one in formats:
            FORMATS[one].write(network, names, batch, folder)
            functions[one] = FORMATS[one].read(folder)
    compared = {
        point: compare_outputs(
            problem,
            {"point": AsUsed(problem, front.network_of(place)).eval()}
            | {one: _at(functions[one], front.weights[place]) for one in formats},
            outputs,
        )
        for place, point in enumerate(front.points)
    }
    parameters = [name for name, _ in front.network.named_parameters()]
    interpolated = tuple(tensors.tables)
    about: dict[str, Any] = {
        "objectives": front.objectives,
        "weights_input": name,
        "points": dict(zip(front.points, map(tuple, front.weights.tolist()), strict=True)),
        "left_out": dict(front.left_out),
        "exact": "parameters, which are affine in the weights",
        "interpolated": interpolated,
        "rule": "mean over the points, by the inverse fourth power of the distance in weights"
        if interpolated
        else "",
    }
    if "onnx" in formats:
        describe_onnx(folder, about)
    return ExportedFront(
        **about,
        parameters=numbers_of(tensors, parameters),
        parameters_of_one=sum(p.numel() for p in front.network.parameters()),
        differences={one: _refused_where_far(one, compared) for one in formats},
        metrics={point: found.metrics[formats[0]] for point, found in compared.items()},
        between=_between(front, tensors, outputs) if interpolated else {},
        samples=len(problem.test),
        bytes={file.name: file.stat().st_size for file in sorted(folder.iterdir())},
    )


def _between(
    front: SolvedFront, tensors: FrontTensors, form: Outputs
) -> dict[int, dict[str, float]]:
    """Metrics of points whose own buffers are left out, but for those that are at an end."""
    found, ends = {}, {int(column.argmax()) for column in front.weights.T}
    for place, point in enumerate(front.points):
        if place in ends:
            continue
        others = [other for other in range(len(front.points)) if other != place]
        tables = {name: table[others] for name, table in tensors.tables.items()}
        fewer = replace(front, weights=front.weights[others])
        network = FrontNetwork(fewer, replace(tensors, tables=tables)).eval()
        function = {"between": _at(network, front.weights[place])}
        found[point] = compare_outputs(front.problem, function, form).metrics["between"]
    return found


def _at(function: Callable[..., Any], weights: Tensor) -> Callable[..., Sequence[Tensor]]:
    """A network of weights and inputs as one of inputs."""

    def of_inputs(*tensors: Tensor) -> Sequence[Tensor]:
        found: Sequence[Tensor] = function(weights.float(), *tensors)
        return found

    return of_inputs


def _refused_where_far(name: str, compared: Mapping[int, Compared]) -> dict[int, float]:
    """The largest relative difference at each point.

    Raises:
        RunError: One is too large.
    """
    found = {}
    for point, outputs in compared.items():
        gaps = outputs.difference[name]
        relative = [gap / max(1.0, outputs.largest[output]) for output, gap in gaps.items()]
        found[point] = max(relative)
        if not all(gap <= FRONT_TOLERANCE for gap in relative):  # not a number is none either
            raise RunError(
                f"At the weights of point {point} the {name} gives outputs that differ by "
                f"{max(relative):.2g} of the largest from those of the point's own network, more "
                f"than {FRONT_TOLERANCE:.2g}; nothing was written. Export its points one by one."
            )
    return found
