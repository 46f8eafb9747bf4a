"""What a picture of the layers of one point shows, read from the point's record."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypedDict, cast

from paretocli.errors import InputError
from paretocli.problems.source_names import name_for_people
from paretocli.run_directory import forms
from paretocli.run_directory.files import DamagedError, read_object
from paretocli.run_directory.point_record import RECORD_ALONE, LayerRecord, RecordAlone


class _Config(TypedDict, total=False):
    problem: forms.Text
    objectives: forms.Names


class _Sweep(TypedDict):
    config: Annotated[_Config, forms.form_of(_Config)]


@dataclass(frozen=True)
class LayerRows:
    """The rows of one layer; those unshared, shared and zero make up all of them.

    Attributes:
        layer: its name.
        role: `input`, `hidden`, `head` or `adapter`.
        rows: all rows.
        unshared_rows: rows that are not zero and equal to no other.
        shared_rows: rows that are not zero and equal another one.
        zero_rows: rows whose entries are all zero.
        unique_rows: rows that are not zero, equal ones counted once.
    """

    layer: str
    role: str
    rows: int
    unshared_rows: int
    shared_rows: int
    zero_rows: int
    unique_rows: int


@dataclass(frozen=True)
class LayersData:
    """A whole picture.

    Attributes:
        point: the number of the point.
        layers: its layers, in order.
        sparsity: figures of the whole network by name, as in `results.csv`.
        weights: the point's weights by objective; empty if the directory does not name these.
        title: the title.
    """

    point: int
    layers: tuple[LayerRows, ...]
    sparsity: dict[str, float]
    weights: dict[str, float]
    title: str


def read_layers(directory: Path, point: int, *, title: str | None = None) -> LayersData:
    """Read the layers of one point of a sweep.

    Args:
        directory: a run directory.
        point: the number of the point in it.
        title: the title; by default problem and point.

    Raises:
        InputError: that is no run directory, there is no such point, or it has no layers.
    """
    file = _record_file(directory, point)
    record = cast(RecordAlone, _object(file, RECORD_ALONE))
    if record["status"] != "done":
        reason = record.get("error") or "it did not finish"
        raise InputError(f"Point {point} of {directory} has no network ({reason}); choose another.")
    if not record.get("layers"):
        raise InputError(
            f"Point {point} of {directory} has no layers, as those of analytic problems; give a "
            f"run directory whose points are networks."
        )
    problem, objectives = _sweep(directory)
    weights = record.get("weights", [])
    if objectives and len(weights) != len(objectives):
        raise _broken(file, f"it has {len(weights)} weights for {len(objectives)} objectives")
    return LayersData(
        point=point,
        layers=tuple(_layer(entry) for entry in record["layers"]),
        sparsity={n: value for n, value in record.get("sparsity", {}).items() if value is not None},
        weights=dict(zip(objectives, weights, strict=False)),
        title=title or f"{name_for_people(problem)}, point {point}: rows of each layer",
    )


def _layer(entry: LayerRecord) -> LayerRows:
    rows, zero, shared = entry["rows"], entry["zero_rows"], entry["shared_rows"]
    return LayerRows(
        layer=entry["layer"],
        role=entry["role"],
        rows=rows,
        unshared_rows=rows - zero - shared,
        shared_rows=shared,
        zero_rows=zero,
        unique_rows=entry["unique_rows"],
    )


def _record_file(directory: Path, point: int) -> Path:
    """Find the record of a point."""
    if not directory.exists():
        raise InputError(f"{directory} does not exist; give the run directory of a sweep.")
    found = (directory / "points").glob("*.json")
    files = {int(file.stem): file for file in found if file.stem.isdecimal()}
    if not files:
        raise InputError(
            f"{directory} is no run directory with finished points (it has no points/<id>.json); "
            f"give that of a sweep."
        )
    if point not in files:
        raise InputError(
            f"{directory} has no point {point}; choose one of those that it has: {_runs(files)}."
        )
    return files[point]


def _sweep(directory: Path) -> tuple[str, list[str]]:
    """Give problem and objectives; without a `sweep.json`, the directory's name and none."""
    name = directory.resolve().name
    file = directory / "sweep.json"
    if not file.exists():
        return name, []
    config = cast(_Sweep, _object(file, forms.form_of(_Sweep)))["config"]
    return config.get("problem") or name, config.get("objectives", [])


def _object(file: Path, form: forms.Form) -> dict[str, Any]:
    """Read a JSON object of a form."""
    try:
        content = read_object(file, form)
    except DamagedError as error:
        raise _broken(file, f"it {error.reason}") from None
    if content is None:
        raise InputError(f"{file} is not there any more; run the sweep again.")
    return content


def _broken(file: Path, reason: str) -> InputError:
    reason = reason.replace("\n", " ")
    return InputError(f"{file} is no file of a sweep ({reason}); run the sweep's command again.")


def _runs(numbers: Iterable[int]) -> str:
    """Print numbers in order, those that follow each other as a range: 0-4, 7."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
