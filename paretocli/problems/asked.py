"""What is asked of a problem beside its name: the options that say what it is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from paretocli.errors import InputError
from paretocli.options.declared import declared
from paretocli.run_directory.sweep_file import SweepFile


@dataclass(frozen=True)
class Asked:
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
    def of_options(cls, options: Mapping[str, Any]) -> "Asked":
        """What a user said, among other options; None is not given.

        Raises:
            InputError: A value is none of its option's.
        """
        given = {n: options[n] for n in NAMES if options.get(n) not in (None, [], ())}
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
        labels = sweep.setting("labels")
        return cls(
            targets=tuple(sweep.setting("targets")),
            labels=None if labels is None else _labels_here(labels, sweep.path, source),
            image_size=sweep.setting("image_size"),
            set=sweep.setting("set"),
        )

    @property
    def given(self) -> list[str]:
        """The options that were given."""
        return [name for name in NAMES if getattr(self, name)]


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


# What an option says, in the sentence that refuses it where there is no such thing.
SAYS = {
    "targets": "names columns of a table",
    "labels": "names the table that goes with a folder of images",
    "image_size": "is the side of a folder's images",
    "set": "gives arguments to a function of somebody's own",
}
NAMES = tuple(entry.name for entry in fields(Asked))
NOTHING = Asked()
