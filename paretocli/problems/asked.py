"""What is asked of a problem beside its name: the options that say what it is made of."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from paretocli.errors import InputError
from paretocli.option import UNSET, as_tuples
from paretocli.options.declared import declared
from paretocli.problems.catalogue import FAMILIES
from paretocli.problems.table_form import TableForm
from paretocli.run_directory.sweep_file import SweepFile


@dataclass(frozen=True)
class Asked(TableForm):
    """Options of a sweep that its problem is made by; what was not given is empty.

    Attributes:
        targets: Names of the columns to predict.
        labels: The table that goes with a folder of images.
        image_size: The side in pixels that these are brought to.
        set: Arguments of the function that makes the problem, by name.
    """

    targets: tuple[str, ...] = ()
    labels: Path | None = None
    image_size: int | None = None
    set: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of_options(
        cls, options: Mapping[str, Any], source: str = "", older: Mapping[str, Any] | None = None
    ) -> "Asked":
        """What a user said, among other options; None is not given.

        Args:
            options: What the user said.
            source: The problem as it is named.
            older: What an older directory means by options that it does not name.

        Raises:
            InputError: A value is none of its option's.
        """
        meant = {name: (older or {}).get(name) for name in taken_by(source)}
        said = {**meant, **{name: options.get(name, meant.get(name)) for name in NAMES}}
        given = {name: value for name, value in said.items() if value not in (None, [], ())}
        values = {name: declared()[name].value(value) for name, value in given.items()}
        for name, value in values.items():
            declared()[name].check(value)
        return cls(**values)

    @classmethod
    def of_sweep(cls, sweep: SweepFile, source: str) -> "Asked":
        """What a sweep's problem was made by.

        Args:
            sweep: The sweep.
            source: Its problem as it is named here.

        Raises:
            InputError: Its directory does not say, or the table of its images is not found.
        """
        found = {name: sweep.setting(name) for name in taken_by(source)}
        if found.get("labels") is not None:
            found["labels"] = _labels_here(found["labels"], sweep.path, source)
        return cls(**{name: as_tuples(value) for name, value in found.items()})

    def settled(self, source: str, without_effect: Collection[str]) -> dict[str, Any]:
        """What a sweep's identity says of it.

        What is without effect is said as in directories that lack it: these go on.

        Args:
            source: The problem as it is named.
            without_effect: Options that made no difference to it.
        """
        taken = {*taken_by(source)} - {*without_effect}
        return {name: getattr(self, name) if name in taken else _without(name) for name in NAMES}

    @property
    def given(self) -> list[str]:
        """The options that were given."""
        return [name for name in NAMES if getattr(self, name) != getattr(NOTHING, name)]


def _labels_here(named: str, run: Path, source: str) -> Path:
    """The table of a folder of images, as its path leads there from here.

    One that was named relative to another folder is looked for above the run directory, and then
    where the images are, which may have moved with it.
    """
    images = Path(source.partition(":")[2])
    places = [place / named for place in (Path(), *run.resolve().parents)]
    places += [place / Path(named).name for place in (images, images.parent)]
    for place in places:
        if place.is_file():
            return place
    raise InputError(
        f"The labels {named} of {run} are neither here nor above the run directory nor with the "
        f"images in {images}; put the file there."
    )


def taken_by(source: str) -> tuple[str, ...]:
    """The options by which a problem is made, by how it is named."""
    family = FAMILIES.get(source.partition(":")[0])
    return family.takes if family else ("set",)


def _without(name: str) -> Any:
    before = declared()[name].before
    return getattr(NOTHING, name) if before is UNSET else before


# What an option says, in the sentence that refuses it where there is no such thing.
SAYS = {
    "targets": "names columns of a table",
    "labels": "names the table that goes with a folder of images",
    "image_size": "is the side of a folder's images",
    "task": "says what a column of labels holds",
    "class_weights": "weighs the classes of a table's columns",
    "split": "names a column of a table",
    "group": "names a column of a table",
    "stratify": "divides the rows of a table",
    "indicators": "says how a table's missing features are filled",
    "embed": "is of the categories of a table",
    "fair": "names a column of a table",
    "fair_notion": "is of the groups of a table",
    "fair_surrogate": "is of the groups of a table",
    "fair_feature": "is of the groups of a table",
    "delimiter": "says how the file of a table is written",
    "encoding": "says how the file of a table is written",
    "set": "gives arguments to a function of somebody's own",
}
NAMES = tuple(entry.name for entry in fields(Asked))
NOTHING = Asked()
