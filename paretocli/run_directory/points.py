"""The records of a sweep's points, `points/<number>.json`: the only mark of "done"."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paretocli.errors import InputError
from paretocli.run_directory import forms
from paretocli.run_directory.files import DamagedError, read_object
from paretocli.run_directory.sweep_file import SweepFile

POINTS = "points"
CHECKSUM = "weights_sha256"  # of the network, in the record of a point
SPLITS = ("train", "val", "test")

Record = dict[str, Any]

_NUMBER = forms.or_null(forms.number)
_LAYER_ENTRIES = forms.made_of(
    {
        "layer": forms.name,
        "role": forms.name,
        **dict.fromkeys(("rows", "zero_rows", "shared_rows", "unique_rows"), forms.whole()),
    },
    dict.fromkeys(("parameters", "parameters_kept", "unique_parameters", "macs"), forms.whole()),
)


def _layer(value: Any) -> None:
    _LAYER_ENTRIES(value)
    if value["zero_rows"] + value["shared_rows"] > value["rows"]:
        raise forms.FormError("do not add up", ("rows",))


_FURTHER = {
    **dict.fromkeys(
        ("best_epoch", "failed_epoch", "chebyshev_value", "gap", "relative_gap", "stationarity"),
        _NUMBER,
    ),
    **dict.fromkeys(("device", "error", "weights_file", CHECKSUM), forms.text),
    "multipliers": forms.or_null(forms.listed(_NUMBER)),
    "sparsity": forms.mapped(_NUMBER),
    "layers": forms.listed(_layer),
    "made_with": forms.made_of({}, {"versions": forms.mapped(forms.text)}),
}

RECORD_ALONE = forms.made_of(
    {"status": forms.one_of("done", "failed")},
    {**_FURTHER, "weights": forms.listed(forms.not_negative)},
)
"""The form of a record of which nobody knows the sweep."""


@dataclass(frozen=True)
class Records:
    """What a run directory has of its points.

    Attributes:
        found: The records that can be read, by point, in order.
        damaged: What is wrong with those that are none, by point.
        unreadable: What is wrong with those that the system does not let be read.
        strangers: Files that look like records, of points that the sweep does not have.
    """

    found: dict[int, Record]
    damaged: dict[int, str]
    unreadable: tuple[str, ...]
    strangers: tuple[Path, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out, a sentence each."""
        return (
            *(
                f"{reason}, and is left out; the sweep's command solves point {point} anew."
                for point, reason in self.damaged.items()
            ),
            *self.unreadable,
            *(f"{file} is of no point of this sweep, and is left out." for file in self.strangers),
        )


def point_name(point: int) -> str:
    """The point's number as it stands in file names."""
    return f"{point:04d}"


def record_path(directory: Path, point: int) -> Path:
    """The file of a point's record."""
    return directory / POINTS / f"{point_name(point)}.json"


def network_path(directory: Path, point: int) -> Path:
    """The file of a point's network: whatever its record says, it is nowhere else."""
    return directory / POINTS / f"{point_name(point)}.safetensors"


def read_record(sweep: SweepFile, point: int) -> Record | None:
    """The record of a point, None where it has none.

    Raises:
        DamagedError: It is none, or not that point's.
        InputError: The system does not let it be read.
    """
    weights = sweep.config["weights"][point]

    def form(value: Any) -> None:
        check_record(value, sweep.config["objectives"])
        if value["point"] != point:
            raise forms.FormError(f"is not {point}", ("point",))
        if value["weights"] != weights:
            raise forms.FormError("are not those of the sweep's point", ("weights",))

    found = read_object(record_path(sweep.path, point), form)
    if found is not None and "weights_file" in found:
        found["weights_file"] = str(network_path(Path(), point))  # it is nowhere else
    return found


def read_records(sweep: SweepFile) -> Records:
    """The records of all points that are done or failed."""
    found: dict[int, Record] = {}
    damaged: dict[int, str] = {}
    unreadable = []
    for point in range(sweep.points):
        try:
            record = read_record(sweep, point)
        except DamagedError as error:
            damaged[point] = str(error)
        except InputError as error:
            unreadable.append(str(error))
        else:
            if record is not None:
                found[point] = record
    return Records(found, damaged, tuple(unreadable), _strangers(sweep))


def check_record(value: Any, objectives: list[str]) -> None:
    """Refuse what is no record of a point of some objectives.

    Raises:
        FormError: It is none.
    """
    forms.made_of(
        {
            "point": forms.whole(),
            "status": forms.one_of("done", "failed"),
            "weights": forms.listed(forms.not_negative, len(objectives)),
            "epochs": forms.whole(),
            "seconds": forms.not_negative,
        },
        _FURTHER,
    )(value)
    # One that failed has no figures, or all of them, and no network.
    if value["status"] == "done" or value.keys() & {"loss", "metric"}:
        figures_form(objectives)(value)
    if value["status"] == "failed" and CHECKSUM in value:
        raise forms.FormError("is failed, but there is a network", ("status",))


def figures_form(objectives: list[str]) -> forms.Form:
    """The form of what has losses of all objectives and metrics, on all splits."""
    losses = forms.made_of(dict.fromkeys(objectives, _NUMBER))
    metrics = forms.mapped(_NUMBER)

    def both(value: Any) -> None:
        forms.mapped(_NUMBER)(value)
        losses(value)

    return forms.made_of(
        {
            "loss": forms.made_of(dict.fromkeys(SPLITS, both)),
            "metric": forms.made_of(dict.fromkeys(SPLITS, metrics)),
        }
    )


def _strangers(sweep: SweepFile) -> tuple[Path, ...]:
    known = {record_path(sweep.path, point).name for point in range(sweep.points)}
    try:
        files = sorted((sweep.path / POINTS).iterdir())
    except OSError:
        return ()
    return tuple(
        file
        for file in files
        if re.fullmatch(r"[0-9]+\.json", file.name) and file.name not in known
    )


def losses_on(record: Mapping[str, Any], split: str, objectives: list[str]) -> list[float | None]:
    """The losses of a record or a line of the history, in the order of the objectives."""
    losses: Mapping[str, float | None] = record["loss"][split]
    return [losses[name] for name in objectives]
