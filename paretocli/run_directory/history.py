"""The history of a shard's points, `history/<shard>.jsonl`: a line an epoch and point."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NotRequired, cast

from paretocli.core.splits import DECIDING, Split
from paretocli.run_directory import forms
from paretocli.run_directory.files import read_lines
from paretocli.run_directory.point_record import (
    AuxiliaryPart,
    LossesAndMetrics,
    figures_form,
)
from paretocli.run_directory.sweep_file import SweepFile

HISTORY = "history"


class HistoryLine(LossesAndMetrics, AuxiliaryPart):
    """A line of the history: a point after an epoch; auxiliary losses are means over its batches.

    Attributes:
        point: Its number.
        epoch: From 1.
        seconds: Spent on the shard so far.
        subproblem_epochs: Epochs of single networks spent on the shard so far.
        multipliers: One an objective, where the solver has any.
        penalty: The relative penalty, where it has one.
        gap: How far its Chebyshev value is from the best at most, where it is known.
        relative_gap: The same, as a share.
        hypervolume_val: Of the shard's points on the validation data, where it is known.
        hypervolume_test: The same on the test data, where that was measured; so with the losses
            and metrics on it.
        hypervolume_exact: False where these are approximated.
        below_ideal: The objectives whose training losses have fallen below their ideal.
        zero_rows: Of the counted layers, with sparsity.
    """

    point: forms.Count
    epoch: forms.Positive
    seconds: forms.NotNegative
    subproblem_epochs: forms.Count
    multipliers: NotRequired[list[float | None] | None]
    penalty: NotRequired[float | None]
    gap: NotRequired[float | None]
    relative_gap: NotRequired[float | None]
    hypervolume_val: NotRequired[float | None]
    hypervolume_test: NotRequired[float | None]
    hypervolume_exact: NotRequired[bool]
    below_ideal: NotRequired[list[str]]
    zero_rows: NotRequired[int]


def history_files(sweep: SweepFile) -> dict[Path, tuple[int, ...]]:
    """The files that have a shard's name, and the points of each, in order."""
    try:
        files = sorted((sweep.path / HISTORY).iterdir())
    except OSError:
        return {}
    found: dict[Path, tuple[int, ...]] = {}
    for file in files:
        match = re.fullmatch(r"([0-9]{4,18})-([0-9]{4,18})\.jsonl", file.name)
        if match:
            first, last = (int(number) for number in match.groups())
            if first <= last < sweep.points:
                # A shard has consecutive points of one round.
                number = sweep.round_of(first)
                points = range(first, last + 1)
                found[file] = tuple(p for p in points if sweep.round_of(p) == number)
    return found


def read_history_lines(
    sweep: SweepFile, file: Path, points: Sequence[int]
) -> Iterator[HistoryLine | None]:
    """The lines of a shard's history, None in place of each that is torn or damaged.

    Raises:
        FileNotFoundError: There is no such file.
        DamagedError: It is no regular file, or too large.
        InputError: The system does not let it be read.
    """
    figures = figures_form(sweep.config["objectives"], known=DECIDING)
    line = forms.form_of(
        HistoryLine,
        point=forms.whole(points[0], points[-1]),
        epoch=forms.whole(1, sweep.epochs_of(sweep.round_of(points[0]))),
    )

    def form(value: Any) -> None:
        line(value)
        figures(value)

    return cast(Iterator[HistoryLine | None], read_lines(file, form))


def losses_on(line: HistoryLine, split: Split, objectives: list[str]) -> list[float | None] | None:
    """The losses of a line of the history, in the order of the objectives.

    None where the split was not measured after the epoch.
    """
    losses = line["loss"].get(split)
    return None if losses is None else [losses[name] for name in objectives]
