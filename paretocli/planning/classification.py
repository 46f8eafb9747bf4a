"""What should change from a point on: which columns improve, which may get worse, which stay.

The classes are those of NIMBUS (Miettinen and Mäkelä, *Synchronous approach in interactive
multiobjective optimization*, European Journal of Operational Research 170, 2006): improve as far as
possible, or until a level; may get worse, down to a bound or freely; leave as good as it is.
"""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from paretocli.core.names import SPARSITY
from paretocli.errors import InputError
from paretocli.front.columns import is_share, is_size, metric_and_task
from paretocli.front.directions import Directions
from paretocli.front.results import Results
from paretocli.front.selection import find_column, row_of
from paretocli.planning.judged import SPLIT, columns_that_matter
from paretocli.planning.unmeasured import refuse_measured

Kind = Literal["improve", "worsen", "leave"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_STATEMENT = re.compile(r"\s*([^<>=\s]+)\s*(?:(>=|<=|\bto\b)\s*([^<>=\s]+?)\s*(%?))?\s*")
_COUNTS = ("sparsity_rate", "compression_rate", "parameter_sharing")


@dataclass(frozen=True)
class Classes:
    """What somebody says of columns, as text.

    Attributes:
        point: From which point on, by its number.
        improve: Columns that should improve, such as "accuracy_left" or "accuracy_left to 95 %".
        worsen: Columns that may get worse, such as "size" or "size <= 30000".
        leave: Columns that should stay as good as they are.
    """

    point: int
    improve: tuple[str, ...] = ()
    worsen: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """As on the command line."""
        words = [f"--from {self.point}"]
        for kind in KINDS:
            words += [f"--{kind} {shlex.quote(text)}" for text in getattr(self, kind)]
        return " ".join(words)

    def saying(self, one: "ColumnClass") -> "Classes":
        """The same, but for what is said of a column now."""
        texts = {
            kind: tuple(text for text in getattr(self, kind) if text.split()[0] != one.column)
            for kind in KINDS
        }
        texts[one.kind] += (str(one),)
        return Classes(self.point, **texts)


def classes_of(
    point: int | None, improve: Sequence[str], worsen: Sequence[str], leave: Sequence[str]
) -> Classes | None:
    """What is said from a point on; None where nothing is.

    Raises:
        InputError: Something is said, but not from which point on.
    """
    said = {"improve": tuple(improve), "worsen": tuple(worsen), "leave": tuple(leave)}
    if point is not None:
        return Classes(point, **said)
    if given := [name for name, texts in said.items() if texts]:
        raise InputError(
            f"--{given[0]} says what should change, but not from which point on; name it with "
            "--from POINT."
        )
    return None


@dataclass(frozen=True)
class ColumnClass:
    """What should become of one column.

    Attributes:
        column: Its name.
        kind: The class.
        higher: Whether more of it is better.
        level: Where improving is enough, or down to where it may get worse; None for as far as
            possible, or as far as it has to.
    """

    column: str
    kind: Kind
    higher: bool
    level: float | None = None

    def reached(self, value: float) -> bool:
        """Whether a value is as good as the level, which anything is where there is none."""
        if self.level is None:
            return True
        return value >= self.level if self.higher else value <= self.level

    def __str__(self) -> str:
        """As it can be said again."""
        if self.level is None:
            return self.column
        return f"{self.column} {'>=' if self.higher else '<='} {self.level!r}"


@dataclass(frozen=True)
class Classification:
    """What should change from a point on.

    Attributes:
        row: Of the point.
        classes: Of all columns that count, one a column.
    """

    row: int
    classes: tuple[ColumnClass, ...]

    def of(self, kind: Kind) -> list[ColumnClass]:
        """The columns of one class."""
        return [one for one in self.classes if one.kind == kind]


def classified(results: Results, asked: Classes) -> Classification:
    """What somebody says, with what is left out: it stays as good as it is.

    An objective that is not spoken of is left in its metric, size or loss; of others count the
    columns that are named.

    Raises:
        InputError: There is no such point or column, a level lies on the wrong side, nothing is to
            improve or nothing may get worse.
    """
    row = row_of(results, asked.point)
    said: dict[str, ColumnClass] = {}
    for kind in KINDS:
        for text in getattr(asked, kind):
            one = parse_class(results, row, kind, text)
            if one.column in said:
                raise InputError(f"{one.column} is named twice; say one thing of it.")
            said[one.column] = one
    if not any(one.kind == "improve" for one in said.values()):
        raise InputError(
            "Nothing is to improve; say what, a metric, a loss or a size, as in "
            f'"improve {_example(results)}".'
        )
    if not any(one.kind == "worsen" for one in said.values()):
        raise InputError(
            f"Nothing may get worse than at point {asked.point}, and what improves has to be paid "
            "for elsewhere; say what may get worse, with or without a bound."
        )
    spoken_of = {_objective(results, column) for column in said}
    left = [
        parse_class(results, row, "leave", column)
        for column in columns_that_matter(results)
        if _objective(results, column) not in spoken_of
    ]
    return Classification(row, (*said.values(), *left))


def parse_class(results: Results, row: int, kind: Kind, text: str) -> ColumnClass:
    """Read what should become of a column, such as "accuracy_left to 95 %" is to improve.

    Args:
        results: The sweep.
        row: From which point on.
        kind: The class.
        text: The column, and its level if any.

    Raises:
        InputError: It names no column that counts, or a level on the wrong side.
    """
    match = _STATEMENT.fullmatch(text)
    if match is None:
        raise InputError(
            f'"{text}" names no column; it should be a column, with a level if need be, as in '
            '"accuracy_left to 95 %" or "size <= 30000".'
        )
    name, sign, number, percent = match.groups()
    if number is not None and kind == "leave":
        raise InputError(f'What is left has no level; say "leave {name}".')
    column = find_column(results, name, SPLIT)
    refuse_measured([column], "a point that is changed")
    if not _objective(results, column):
        raise InputError(
            f"{column} is no figure that a trade-off is about; name a metric or a loss of a task, "
            "or a size."
        )
    values = results.values([column])[:, 0]
    here = float(values[row])
    if not np.isfinite(here):
        raise InputError(
            f"Point {results.point(row)} has no finite number in {column}; name another column, or "
            "begin at another point."
        )
    if np.unique(values[np.isfinite(values)]).size == 1:
        raise InputError(f"All points have the same {column}; name a column in which they differ.")
    higher = _higher(results, column, sign)
    if number is None:
        return ColumnClass(column, kind, higher)
    try:
        level = float(number) / (100 if percent else 1)
    except ValueError:
        raise InputError(f'"{number}" in "{text}" is no number; write it as in 0.95.') from None
    found = ColumnClass(column, kind, higher, level)
    _refuse_level(found, here, results.point(row), shares=is_share(column, values))
    return found


def _refuse_level(one: ColumnClass, here: float, point: int, *, shares: bool) -> None:
    level = one.level
    assert level is not None
    if not np.isfinite(level) or (is_size(one.column) and level <= 0):
        above = " above 0" if is_size(one.column) else ""
        raise InputError(f"{one} is no level to hold {one.column} to; give a finite number{above}.")
    if shares and not 0 <= level <= 1:
        raise InputError(
            f"{one.column} is a share from 0 to 1, and {level:g} is none; write 95 % or 0.95."
        )
    beyond = level > here if one.higher else level < here
    if beyond == (one.kind == "improve") and level != here:
        return
    more = "above" if one.higher == (one.kind == "improve") else "below"
    does = "improves from there to a level" if one.kind == "improve" else "gets worse to a bound"
    raise InputError(
        f"{one.column} is {here:.6g} at point {point} and {does} {more} that; found {level:g}."
    )


def _higher(results: Results, column: str, sign: str | None) -> bool:
    """Whether more of a column is better: as is known of it, else as the sign of its level says."""
    known = Directions([results]).of(column)
    if known is None and sign not in (">=", "<="):
        raise InputError(
            f"Whether lower or higher is better is not known for {column}; say it by a level, as "
            f'in "{column} >= 3" where higher is.'
        )
    higher = sign == ">=" if known is None else known == "higher"
    if sign in (">=", "<=") and (sign == ">=") != higher:
        raise InputError(
            f"{column} is better {known}, so a level of it is written {'>=' if higher else '<='}; "
            f"found {sign}."
        )
    return higher


def _objective(results: Results, column: str) -> str:
    """The objective that a column tells of; empty where it is none of an objective."""
    metric, task = metric_and_task(column, results.objectives)
    if is_size(column) or column in _COUNTS:
        return SPARSITY
    return task if task in results.objectives and metric != "weight" else ""


def _example(results: Results) -> str:
    """A column as it may be called."""
    return columns_that_matter(results)[0].removesuffix(f"_{SPLIT}").removeprefix("loss_")
