"""Ideal, scale and reference point of a sweep, as its run directory keeps them."""

from typing import Any, NotRequired, TypedDict, cast

from paretocli.run_directory import forms
from paretocli.run_directory.files import read_object
from paretocli.run_directory.sweep_file import SweepFile

NORMALISATION = "normalisation"
NORMALISATION_FILE = f"{NORMALISATION}.json"


class NormalisationNote(TypedDict):
    """Each has a number an objective; see `paretocli.sweeping.normalisation.Normalisation`."""

    ideal: list[float]
    reference_point: list[float]
    scale: NotRequired[list[float]]
    worst: NotRequired[list[float]]


def read_normalisation(sweep: SweepFile) -> NormalisationNote | None:
    """What `normalisation.json` holds, None where there is none.

    Raises:
        DamagedError: It is none, or not of the sweep's objectives.
        InputError: The system does not let it be read.
    """
    numbers = forms.listed(forms.number, len(sweep.config["objectives"]))
    note = forms.form_of(
        NormalisationNote, ideal=numbers, reference_point=numbers, scale=numbers, worst=numbers
    )

    def form(value: Any) -> None:
        note(value)
        if min(value.get("scale", [1])) <= 0:
            raise forms.FormError("is not above 0", ("scale",))
        if any(a >= b for a, b in zip(value["ideal"], value["reference_point"], strict=True)):
            raise forms.FormError("is not beyond the ideal", ("reference_point",))

    return cast(NormalisationNote | None, read_object(sweep.path / NORMALISATION_FILE, form))
