"""The part of a dialogue that moves along a front: what should change, and a point for it."""

import shlex
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from rich.table import Table

from paretocli.cli.answers import agreed
from paretocli.cli.options.problem_file import may_run
from paretocli.cli.point_tables import as_figure, points_table
from paretocli.cli.tables import as_text
from paretocli.errors import InputError, StopError
from paretocli.front.columns import is_share
from paretocli.front.results import Results, read_results
from paretocli.front.selection import row_of
from paretocli.planning.classification import (
    KINDS,
    Classes,
    ColumnClass,
    Kind,
    parse_class,
)
from paretocli.planning.judged import SPLIT
from paretocli.planning.nimbus import Step
from paretocli.planning.offers import Offer, answer, offered
from paretocli.planning.refinement import Request
from paretocli.printing import say

WIDTH = 80
BEGIN = "Say first from which point on something should change, as in from 5."


@dataclass
class Training:
    """How points are trained from a dialogue.

    Attributes:
        path: The run directory.
        problem: Its problem as the user named it; None for what the directory names.
        data_dir: The folder of data sets.
    """

    path: Path
    problem: str | None
    data_dir: Path
    _allowed: set[str] = field(default_factory=set)

    def consent(self, file: str) -> bool:
        """Whether code in a file may run: asked once."""
        if file not in self._allowed and may_run(self.path, file):
            self._allowed.add(file)
        return file in self._allowed


def start_at(results: Results, text: str, split: str) -> Classes:
    """Begin at a point.

    Raises:
        InputError: There is no such point, or the dialogue goes by other data than training.
    """
    if split != SPLIT:
        raise InputError(
            f"Points are trained by the {SPLIT} data, and this dialogue goes by {split}; begin it "
            "without --on to say what should change."
        )
    if not text.strip().isdecimal():
        raise InputError(f'"from {text.strip()}" names no point; give its number, as in from 5.')
    point = int(text)
    row_of(results, point)
    say(f"From point {point}: what should improve, and what may get worse?\n", err=True)
    return Classes(point)


def change(results: Results, asked: Classes | None, answer: str) -> Classes:
    """Say what should become of a column.

    Raises:
        InputError: No point was named before, or it names no column that counts, or no level.
    """
    if asked is None:
        raise InputError(BEGIN)
    word, _, text = answer.partition(" ")
    if not text.strip():
        raise InputError(f"Say what, as in {word} accuracy_left.")
    row = row_of(results, asked.point)
    changed = asked.saying(parse_class(results, row, cast(Kind, word), text))
    show_classes(results, changed)
    return changed


def show_classes(results: Results, asked: Classes) -> None:
    """Show what was said of columns so far."""
    table = Table(box=None, pad_edge=False, show_header=False)
    row = row_of(results, asked.point)
    for kind in KINDS:
        for text in getattr(asked, kind):
            one = parse_class(results, row, kind, text)
            here = _figure(results, one.column, float(results.values([one.column])[row, 0]))
            table.add_row(kind, one.column, f"{here} here", _until(results, one))
    say(f"From point {asked.point}:\n{as_text(table)}\n", err=True)


def move(asked: Classes | None, training: Training) -> int | None:
    """Show the point that does best what is asked for, and train a better one, if that is wanted.

    Returns:
        The point to go on from, where one was trained; else None.

    Raises:
        InputError: It makes no sense, or the sweep cannot have further points.
        RunError: A point could not be solved.
        StopError: The user stopped it; what was done is saved.
    """
    if asked is None:
        raise InputError(BEGIN)
    results = read_results(training.path)  # somebody else may have added points
    step = answer(training.path, asked)
    say(step.words, err=True)
    if step.point is not None:
        rows = [row_of(results, asked.point), row_of(results, step.point)]
        say(f"\n{points_table(results, sorted({*rows}, key=rows.index), SPLIT)}\n", err=True)
    offer = offered(training.path, asked, step)
    if offer is None:
        return None
    say(_costs(results, step, offer), err=True)
    if not agreed("Train it?"):
        say("Nothing was trained.\n", err=True)
        return None
    _train(training, asked)
    reached = answer(training.path, asked).point
    return asked.point if reached is None else reached


def _train(training: Training, asked: Classes) -> None:
    from paretocli.execution.nursery import nursery
    from paretocli.library.refining import refine, reopen, told
    from paretocli.library.running import failure_of
    from paretocli.options.warm import warm_start

    request = Request(classes=asked)
    try:
        with nursery():
            runtime = {"data_dir": training.data_dir}
            resolved = reopen(training.path, training.problem, training.consent, runtime)
            records = refine(resolved, request, warm_start("nearest"), quiet=False)
            told(training.path)
    except StopError as stopped:
        again = f"paretocli refine {shlex.quote(str(training.path))} {request.text}"
        raise StopError(stopped.exit_code, f"question, or {again},") from None
    if failure := failure_of(records, resolved.config):
        say(failure, err=True)


def _costs(results: Results, step: Step, offer: Offer) -> str:
    """What training takes, and what is expected of it."""
    sentences = []
    if offer.pending:
        names = ", ".join(map(str, offer.pending))
        epochs = _epochs(sum(offer.pending.values()))
        sentences.append(f"Not solved yet, and first: point {names} (up to {epochs}).")
    if offer.epochs:
        start = "from scratch" if offer.parent is None else f"from point {offer.parent}"
        sentences.append(f"A point for that starts {start} and takes {_epochs(offer.epochs)}.")
    if offer.corrections:
        more = "one more is" if offer.corrections == 1 else f"up to {offer.corrections} more are"
        sentences.append(f"If it misses, {more} trained for as many each.")
    if step.expected:
        figures = ", ".join(
            f"{column} {_figure(results, column, value)}" for column, value in step.expected.items()
        )
        sentences.append(f"Expected there, by interpolation: {figures}.")
    return textwrap.fill(" ".join(sentences), WIDTH, break_long_words=False)


def _epochs(count: int) -> str:
    return f"{count} epoch{'s' if count > 1 else ''}"


def _until(results: Results, one: ColumnClass) -> str:
    if one.level is None:
        free = {"improve": "as far as possible", "worsen": "as far as it has to"}
        return free.get(one.kind, "")
    level = _figure(results, one.column, one.level)
    if one.kind == "improve":
        return f"to {level}"
    return f"{'at least' if one.higher else 'at most'} {level}"


def _figure(results: Results, column: str, value: float) -> str:
    return as_figure(column, value, share=is_share(column, results.values([column])))
