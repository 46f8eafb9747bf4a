"""What a sweep is, as its run directory says it: `sweep.json`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paretocli.core.metric_names import Direction
from paretocli.errors import InputError
from paretocli.run_directory import forms
from paretocli.run_directory.files import DamagedError, read_object
from paretocli.run_directory.older_sweeps import as_meant

SWEEP_FILE = "sweep.json"
FORMAT = 1

_GIVE = "give the run directory of a sweep"

_SETTINGS = {
    "targets": forms.listed(forms.text),
    "network": forms.name,
    "solver": forms.name,
    "epochs": forms.whole(1),
    "retrain_epochs": forms.whole(),
    "stack": forms.whole(1),
}


@dataclass(frozen=True)
class SweepFile:
    """A sweep.

    Attributes:
        path: The run directory.
        config: Its identity: `problem`, `objectives`, `weights` and `seed`, and more where it is
            not written by hand; what older ones do not name is there as it was meant.
        checksums: Of the data of each split, and of the user's own code, if any.
        runtime: Settings that change no results.
        directions: The better directions of the metrics, as they were declared.
        unnamed: Those fields of its identity that it is too old to name.
        versions: Of the packages that it was begun with.
        imported: SHA-256 of the modules that the user's own code imported then, by file.
    """

    path: Path
    config: dict[str, Any]
    checksums: dict[str, str]
    runtime: dict[str, Any]
    directions: Mapping[str, Direction] = field(default_factory=dict)
    unnamed: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    imported: Mapping[str, str] = field(default_factory=dict)

    @property
    def points(self) -> int:
        """How many points it has."""
        return len(self.config["weights"])

    def setting(self, name: str) -> Any:
        """A field of its identity.

        Raises:
            InputError: It is not there.
        """
        if name not in self.config:
            raise InputError(
                f"{self.path / SWEEP_FILE} is not of the form that this program writes (config, "
                f"{name} is missing); {_GIVE}."
            )
        return self.config[name]

    @property
    def epochs(self) -> int:
        """Epochs of each point, of both phases."""
        return int(self.setting("epochs") + self.setting("retrain_epochs"))


def read_sweep_file(directory: Path, advice: str = _GIVE) -> SweepFile:
    """Read what a run directory says of its sweep.

    Args:
        directory: The run directory.
        advice: How a sentence on a file that is none ends.

    Raises:
        InputError: There is none, or it is none of this program's.
    """
    path = directory / SWEEP_FILE
    try:
        found = read_object(path, _sweep)
    except DamagedError as error:
        raise InputError(
            f"{path} is not of the form that this program writes: it {error.reason}; {advice}."
        ) from None
    if found is None:
        raise InputError(f"{directory} holds no {SWEEP_FILE}; {_GIVE}.")
    runtime = found.get("runtime", {})
    said = found.get("directions", {})
    directions: dict[str, Direction] = {
        name: word for name, word in said.items() if word in ("higher", "lower")
    }
    config = as_meant(found["config"])
    return SweepFile(
        directory,
        config,
        found["data"],
        runtime,
        directions,
        {name: value for name, value in config.items() if name not in found["config"]},
        found.get("versions", {}),
        found.get("imported", {}),
    )


def _sweep(value: Any) -> None:
    forms.made_of(
        {"config": _config, "data": forms.mapped(forms.text)},
        {
            "format": _format,
            "runtime": forms.made_of({}, {"jobs": forms.whole(1)}),
            "directions": forms.made_of({}),
            "versions": forms.mapped(forms.text),
            "imported": forms.mapped(forms.text),
        },
    )(value)


def _format(value: Any) -> None:
    forms.whole(1)(value)
    if value > FORMAT:
        raise forms.FormError(
            f"is {value}, of a newer version of the program, which this one does not know", ()
        )


def _config(value: Any) -> None:
    forms.made_of({"objectives": forms.listed(forms.name)}, _SETTINGS)(value)
    objectives = value["objectives"]
    if not objectives or len(set(objectives)) < len(objectives):
        raise forms.FormError("are not distinct names", ("objectives",))
    weights = forms.listed(forms.listed(forms.not_negative, len(objectives)))
    forms.made_of({"problem": forms.text, "seed": forms.whole(), "weights": weights})(value)
    if not value["weights"]:
        raise forms.FormError("is empty", ("weights",))
