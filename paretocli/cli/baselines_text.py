"""What is said of baselines beside fronts: a table, and which of them a front does not beat."""

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from paretocli.cli.point_tables import as_figure
from paretocli.cli.tables import as_text
from paretocli.errors import InputError
from paretocli.front.baselines import Beside, beside
from paretocli.front.columns import is_share, metric_and_task
from paretocli.front.results import Results, read_results
from paretocli.front.standings import Judged, Standing

WIDTH = 80
NAME_WIDTH = 26
NAMED = 3  # tasks of which figures are said in a sentence
SPLIT_WORDS = {"val": "validation", "test": "test"}


def baselines_as_json(path: Path) -> dict[str, Any] | None:
    """The baselines of a run directory and its front as one JSON object, None without any."""
    with suppress(InputError):
        found = beside(read_results(path))
        return None if found is None else found.as_plain()
    return None


def baselines_of_run(path: Path) -> list[str]:
    """The baselines of a run directory that has just been written, and its front, in lines."""
    with suppress(InputError):  # a sweep of which no point is there
        return [line for text in baselines_text(read_results(path)) for line in (text, "")]
    return []


def baselines_text(results: Results) -> list[str]:
    """A sweep's front beside its baselines: a table and what it means; nothing without any."""
    found = beside(results)
    return [] if found is None else [baselines_table(found, "test"), baselines_notes(found)]


def baselines_table(found: Beside, split: str) -> str:
    """What fronts and baselines reach in each task on a split, in as many tables as it takes."""
    rows = [*found.fronts, *found.baselines]
    by, values = found.by, np.array([row.on(split) for row in rows])
    shares = [is_share(column, values[:, place]) for place, column in enumerate(by.columns)]
    headers = [_header(by, place, split) for place in range(len(by.columns))]
    cells = [
        [as_figure("", float(value), share=share) or "–" for value in column]
        for column, share in zip(values.T, shares, strict=True)
    ]
    names = [_name(row) for row in rows]
    width_left = WIDTH - max(len(line) for name in names for line in name.split("\n"))
    room = width_left
    parts: list[list[int]] = [[]]
    for place, (header, column) in enumerate(zip(headers, cells, strict=True)):
        width = 2 + max(map(len, [*header.split("\n"), *column]))
        if parts[-1] and room < width:
            parts.append([])
            room = width_left
        parts[-1].append(place)
        room -= width
    return "\n\n".join(_table(names, [(headers[p], cells[p]) for p in part]) for part in parts)


def baselines_notes(found: Beside) -> str:
    """How to read the table, and a sentence on each baseline that a front does not beat."""
    return "\n".join(textwrap.fill(note, WIDTH) for note in _notes(found))


def _notes(found: Beside) -> Iterator[str]:
    if any(front.kind == "front" for front in found.fronts):
        yield "Of a front the point of each task that is best on the validation data."
    yield from found.notes
    failures = found.failures()
    for front, baseline, places in failures:
        yield unbeaten_text(front, baseline, places, found.by)
    if not failures:
        yield "No baseline is as good in any task on the validation data."


def unbeaten_text(front: Standing, baseline: Standing, places: Sequence[int], by: Judged) -> str:
    """A sentence on the tasks in which a front does not beat a baseline."""
    words = []
    for place in places[:NAMED]:
        figures = [one.on(split)[place] for split in ("val", "test") for one in (front, baseline)]
        share = is_share(by.columns[place], figures)
        mine, theirs, my_test, their_test = (
            as_figure("", float(figure), share=share) or "–" for figure in figures
        )
        metric = metric_and_task(by.columns[place], by.tasks)[0].replace("_", " ")
        words.append(
            f"{by.tasks[place]} ({metric} {mine} against {theirs} on validation, {my_test} against "
            f"{their_test} on test)"
        )
    more = len(places) - len(words)
    if more:
        words.append(f"{more} more")
    listed = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
    verb = "do" if front.kind == "separate" else "does"
    return f"{_subject(front)} {verb} not beat the {baseline.name} in {listed}."


def _subject(front: Standing) -> str:
    if front.kind == "separate":
        return f"The {front.name}"
    what = "front" if front.kind == "front" else "point"
    return f"The {what} of {front.name}" if front.name else f"The {what}"


def _name(row: Standing) -> str:
    """What a row is called, in lines."""
    own = {"front": "the front's best", "point": "the point"}
    return textwrap.fill(row.name, NAME_WIDTH) or own[row.kind]


def _header(by: Judged, place: int, split: str) -> str:
    """The split, the metric and the task, in lines, and which direction is better."""
    metric, task = metric_and_task(by.columns[place], by.tasks)
    arrow = "↑" if by.higher[place] else "↓"
    return "\n".join([SPLIT_WORDS[split], f"{metric.replace('_', ' ')} {arrow}", task])


def _table(names: Sequence[str], columns: Sequence[tuple[str, Sequence[str]]]) -> str:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("", no_wrap=True)
    for header, _ in columns:
        table.add_column(header, justify="right", no_wrap=True, vertical="bottom")
    for place, name in enumerate(names):
        table.add_row(name, *(cells[place] for _, cells in columns))
    return as_text(table)
