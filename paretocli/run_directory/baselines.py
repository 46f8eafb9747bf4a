"""What a constant and classical models reach on a sweep's data, as its run directory keeps it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, TypedDict, cast

from paretocli.run_directory import forms
from paretocli.run_directory.files import read_object

BASELINES = "baselines"
BASELINES_FILE = f"{BASELINES}.json"

RECIPE = 1
"""How they are worked out; with another number they are worked out anew."""

BaselineName = Literal["constant", "linear", "trees"]
NAMES: tuple[BaselineName, ...] = ("constant", "linear", "trees")


class Baseline(TypedDict):
    """One predictor a task, of one kind.

    Attributes:
        name: Of the kind.
        figures: Losses and metrics by their columns in `results.csv`, such as
            `accuracy_left_val`; null where a metric has no value.
        sampled: Of tasks that were learned from a part of the training rows: how many rows these
            were, and of how many.
    """

    name: Annotated[BaselineName, forms.one_of(*NAMES)]
    figures: Annotated[Mapping[str, float | None], forms.mapped(forms.or_null(forms.number))]
    sampled: NotRequired[
        Annotated[dict[str, list[int]], forms.mapped(forms.listed(forms.whole(1), 2))]
    ]


class BaselinesNote(TypedDict):
    """What `baselines.json` holds.

    Attributes:
        recipe: How they were worked out.
        data: Checksums of the data that they were worked out from.
        baselines: In the order in which they are shown.
        notes: What could not be worked out, a sentence each.
    """

    recipe: forms.Positive
    data: forms.Texts
    baselines: Annotated[list[Baseline], forms.listed(forms.form_of(Baseline))]
    notes: Annotated[list[str], forms.listed(forms.name)]


def read_baselines(directory: Path, checksums: Mapping[str, str]) -> BaselinesNote | None:
    """What `baselines.json` holds, None where there is none, or it is of other data.

    Args:
        directory: The run directory of a sweep.
        checksums: Those of the sweep's data.

    Raises:
        DamagedError: It is none.
        InputError: The system does not let it be read.
    """
    note = forms.form_of(BaselinesNote)

    def form(value: Any) -> None:
        note(value)
        names = [one["name"] for one in value["baselines"]]
        if len(set(names)) < len(names):
            raise forms.FormError("comes twice", ("baselines", "name"))

    found = cast(BaselinesNote | None, read_object(directory / BASELINES_FILE, form))
    if found is None or found["recipe"] != RECIPE or found["data"] != checksums:
        return None
    return found
