"""Options: what a table's columns are, and how its rows are divided."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

from paretocli.errors import InputError
from paretocli.lists import columns_in, kinds_in
from paretocli.option import at_least, one_of, option

PANEL = "Tables"
KINDS = ("class", "number", "count")


def _task(given: Any) -> dict[str, str]:
    return kinds_in(given, KINDS)


def _delimiter(given: Any) -> str:
    found = {"tab": "\t", r"\t": "\t"}.get(str(given), str(given))
    if len(found) != 1 or found in {'"', "\n", "\r"}:
        raise InputError(
            f"--delimiter {given} should be a single character, or tab, as in --delimiter ';'."
        )
    return found


def _not_fair(config: Mapping[str, Any]) -> str:
    return "" if config.get("fair", "") is not None else "without --fair"


@dataclass(frozen=True, kw_only=True)
class TableOptions:
    """What a table's columns are, and how its rows are divided."""

    task: Mapping[str, str] = option(
        "What a column of --targets holds: class, number or count, as in income=class; names may "
        "hold * and ?. Repeatable.",
        given=list,
        metavar="COLUMN=KIND",
        parse=_task,
        default={},
        before={"*": "number"},
        shown="by the column: texts, two values and up to 20 whole numbers are classes",
    )
    class_weights: str = option(
        "How much the classes of a column count in its loss: each row the same (none), or each "
        "class the same (balanced).",
        metavar="NAME",
        range=one_of("none", "balanced"),
        default="none",
        before="none",
    )
    leave_out: tuple[str, ...] = option(
        "Columns that are no features, such as one that numbers the rows; names may hold * and ?.",
        metavar="A,B",
        parse=partial(columns_in, option="--leave-out"),
        default=(),
        before=(),
        shown="none",
    )
    split: str | None = option(
        "The column that marks each row as train, val or test. Where none is val, a fifth of the "
        "training rows is taken.",
        metavar="COLUMN",
        default=None,
        before=None,
        shown="none: 60 : 20 : 20 at random",
    )
    group: str | None = option(
        "Rows with the same value in this column stay in one split: a patient, a place, a day.",
        metavar="COLUMN",
        default=None,
        before=None,
        shown="none",
    )
    stratify: bool = option(
        "Divide the rows so that each class of each target has the same shares in all splits.",
        flags=("--stratify/--no-stratify",),
        default=False,
        before=False,
        shown="off",
    )
    indicators: bool = option(
        "For each number among the features that some training rows lack, add one that says so.",
        flags=("--indicators/--no-indicators",),
        default=True,
        before=False,
        shown="on",
    )
    embed: int = option(
        "Categories of features that have more than so many in the training rows get an embedding "
        "each, learned with the network; 0 for none.",
        range=at_least(0),
        default=0,
        before=0,
        shown="none: an input for each, and of more than 100 the rare ones share one",
    )
    fair: str | None = option(
        "The column whose groups are to be treated alike: the difference between them in the first "
        "target of two classes is an objective.",
        metavar="COLUMN",
        default=None,
        before=None,
        shown="none",
    )
    fair_notion: str = option(
        "What --fair compares: how often the second class is predicted among all rows (parity), "
        "among those whose label it is (opportunity), or among those of either label (odds).",
        metavar="NAME",
        range=one_of("parity", "opportunity", "odds"),
        default="opportunity",
        before="opportunity",
        idle=_not_fair,
    )
    fair_surrogate: str = option(
        "What stands for the rates in the loss of --fair: mean probabilities of each group "
        "(probability), or sums of their hyperbolic tangents by the number of all rows (tanh), as "
        "COSMOS has it.",
        metavar="NAME",
        range=one_of("probability", "tanh"),
        default="probability",
        before="probability",
        idle=_not_fair,
    )
    fair_feature: bool = option(
        "Whether the column of --fair is a feature too.",
        flags=("--fair-feature/--no-fair-feature",),
        default=True,
        before=True,
        shown="on",
        idle=_not_fair,
    )
    delimiter: str | None = option(
        "What is between the cells of the file: a character, or tab.",
        metavar="CHARACTER",
        parse=_delimiter,
        default=None,
        before=None,
        shown="found: commas, or else semicolons, tabs or bars",
    )
    encoding: str | None = option(
        "The encoding of the file, such as cp1252 or utf-16.",
        metavar="NAME",
        default=None,
        before=None,
        shown="found: UTF-8, or else Windows-1252",
    )


TABLE_OPTIONS = tuple(entry.name for entry in fields(TableOptions))
