"""The history of a shard's points, `history/<shard>.jsonl`: a line an epoch and point."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from paretocli.run_directory import forms
from paretocli.run_directory.files import read_lines
from paretocli.run_directory.points import figures_form
from paretocli.run_directory.sweep_file import SweepFile

HISTORY = "history"

Line = dict[str, Any]


def history_files(sweep: SweepFile) -> dict[Path, range]:
    """The files that have a shard's name, and the points of each, in order."""
    try:
        files = sorted((sweep.path / HISTORY).iterdir())
    except OSError:
        return {}
    found = {}
    for file in files:
        match = re.fullmatch(r"([0-9]{4,18})-([0-9]{4,18})\.jsonl", file.name)
        if match:
            first, last = (int(number) for number in match.groups())
            if first <= last < sweep.points:
                found[file] = range(first, last + 1)
    return found


def read_history_lines(sweep: SweepFile, file: Path, points: range) -> Iterator[Line | None]:
    """The lines of a shard's history, None in place of each that is torn or damaged.

    Raises:
        FileNotFoundError: There is no such file.
        DamagedError: It is no regular file, or too large.
        InputError: The system does not let it be read.
    """
    figures = figures_form(sweep.config["objectives"])
    line = forms.made_of(
        {
            "point": forms.whole(points[0], points[-1]),
            "epoch": forms.whole(1, sweep.epochs),
            "seconds": forms.not_negative,
            "subproblem_epochs": forms.whole(),
        },
    )

    def form(value: Any) -> None:
        line(value)
        figures(value)

    return read_lines(file, form)
