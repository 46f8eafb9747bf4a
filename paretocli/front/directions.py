"""Which direction of a column is better: as it was declared, as the user says, or by its name."""

import difflib
import shlex
from collections.abc import Collection, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from paretocli.core.metric_names import Direction, known_direction
from paretocli.core.splits import SPLITS
from paretocli.errors import InputError
from paretocli.front.columns import POINT_COLUMNS, body_of, readings
from paretocli.front.results import Results
from paretocli.run_directory import forms
from paretocli.run_directory.files import DamagedError, read_object
from paretocli.run_directory.sweep_file import SWEEP_FILE

_SWEEP = forms.made_of({}, {"directions": forms.made_of({})})

MOST_NAMED = 20


class Directions:
    """The better directions of the columns of some inputs.

    What counts is, in this order, what the user says now; what this program knows of its own
    columns; what the metrics declared, which `sweep.json` keeps; and the whole name of the metric,
    never a part of it. Inputs have to agree.

    Args:
        results: The inputs.
        minimise: What the user says is better lower: columns, with or without their split, or
            metrics.
        maximise: The same, better higher.

    Raises:
        InputError: A name is in both.
    """

    def __init__(
        self,
        results: Sequence[Results],
        minimise: Collection[str] = (),
        maximise: Collection[str] = (),
    ) -> None:
        if both := sorted(set(minimise) & set(maximise)):
            raise InputError(
                f'"{both[0]}" cannot be better both lower and higher; give one of --minimize '
                "and --maximize."
            )
        self._sources = [_Source(one) for one in results]
        self._asked: dict[str, Direction] = {
            **dict.fromkeys(minimise, "lower"),
            **dict.fromkeys(maximise, "higher"),
        }

    def of(self, column: str) -> Direction | None:
        """The better direction of a column, None where nobody says, or inputs do not agree."""
        for name in self._names(column):
            if name in self._asked:
                return self._asked[name]
        said = {source.direction(column) for source in self._sources if source.has(column)}
        return said.pop() if len(said) == 1 else None

    def higher(self, columns: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Whether higher is better, for each of m columns (m,).

        Raises:
            InputError: Nobody says so of one of them.
        """
        found = [(column, self.of(column)) for column in columns]
        unknown = [column for column, direction in found if direction is None]
        if unknown:
            named = " and ".join(f'"{column}"' for column in unknown)
            first = shlex.quote(unknown[0])
            say = "say so with" if len(unknown) == 1 else "say so for each, as with"
            raise InputError(
                f"Whether lower or higher is better is not known for {named}; {say} "
                f"--minimize {first} or --maximize {first}."
            )
        return np.array([direction == "higher" for _, direction in found], dtype=np.bool_)

    def refuse_unused(self, columns: Sequence[str], what: str) -> None:
        """Refuse what the user says of none of these columns, which are `what`, such as drawn.

        Raises:
            InputError: There is such a thing.
        """
        used = {name for column in columns for name in self._names(column)}
        if not (unused := sorted(set(self._asked) - used)):
            return
        option = "--maximize" if self._asked[unused[0]] == "higher" else "--minimize"
        # A page offers a hundred columns: of these, name the most alike.
        near = difflib.get_close_matches(unused[0], columns, n=6, cutoff=0.0)
        named = columns if len(columns) <= MOST_NAMED else [*near, "…"]
        raise InputError(
            f'{option} names "{unused[0]}", which is not {what}; the columns {what} are '
            f"{', '.join(named)}."
        )

    def _names(self, column: str) -> list[str]:
        """What the user may call a column, the most exact name first."""
        objectives = {name for source in self._sources for name in source.results.objectives}
        metrics = [metric for metric, _ in readings(column, objectives)]
        return [column, body_of(column), *metrics]


class _Source:
    """One input, with what its run directory declares."""

    def __init__(self, results: Results) -> None:
        self.results = results

    def has(self, column: str) -> bool:
        return column in self.results.frame.columns

    def direction(self, column: str) -> Direction | None:
        objectives = self.results.objectives
        if column in POINT_COLUMNS:
            return POINT_COLUMNS[column]
        body = body_of(column)
        if column in self._losses:
            return "lower"
        if body in self._declared:
            return self._declared[body]
        found = {known_direction(metric) for metric, _ in readings(column, objectives)}
        whole = known_direction(body)
        if whole is not None or not found:
            # top1_error may be the figure top1 of a task called error.
            found.add(whole)
        return found.pop() if len(found) == 1 else None

    @cached_property
    def _losses(self) -> set[str]:
        return {f"loss_{name}_{split}" for name in self.results.objectives for split in SPLITS}

    @cached_property
    def _declared(self) -> dict[str, Direction | None]:
        """By `<metric>_<task>`; empty for a CSV, and for older run directories.

        Raises:
            InputError: The `sweep.json` beside the results cannot be read.
        """
        if self.results.path.name != "results.csv":
            return {}
        file = self.results.path.parent / SWEEP_FILE
        try:
            found = read_object(file, _SWEEP)
        except DamagedError as error:
            raise InputError(f"{error}; give the run directory of a sweep.") from None
        declared = (found or {}).get("directions", {})
        return {name: _checked(direction) for name, direction in declared.items()}


def _checked(found: Any) -> Direction | None:
    """A direction of a file; whatever else stands there says nothing."""
    return found if found in ("higher", "lower") else None
