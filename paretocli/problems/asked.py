"""What is asked of a problem beside its name: the options that say what it is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from paretocli.options.declared import declared
from paretocli.run_directory.sweep_file import SweepFile


@dataclass(frozen=True)
class Asked:
    """Options of a sweep that its problem is made by; what was not given is empty.

    Attributes:
        targets: Names of the columns to predict.
        set: Arguments of the function that makes the problem, by name.
    """

    targets: tuple[str, ...] = ()
    set: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of_options(cls, options: Mapping[str, Any]) -> "Asked":
        """What a user said, among other options; None is not given.

        Raises:
            InputError: A text is none of its option's.
        """
        given = {name: options.get(name) for name in NAMES}
        return cls(**{n: declared()[n].value(v) for n, v in given.items() if v not in (None, [])})

    @classmethod
    def of_sweep(cls, sweep: SweepFile) -> "Asked":
        """What a sweep's problem was made by.

        Raises:
            InputError: Its directory does not say.
        """
        return cls(targets=tuple(sweep.setting("targets")), set=sweep.setting("set"))

    @property
    def given(self) -> list[str]:
        """The options that were given."""
        return [name for name in NAMES if getattr(self, name)]


# What an option says, in the sentence that refuses it where there is no such thing.
SAYS = {
    "targets": "names columns of a table",
    "set": "gives arguments to a function of somebody's own",
}
NAMES = tuple(entry.name for entry in fields(Asked))
NOTHING = Asked()
