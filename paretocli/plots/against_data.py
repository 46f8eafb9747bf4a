"""What a picture of all tasks against one column shows."""

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from paretocli.errors import InputError
from paretocli.front.columns import POINT_COLUMNS, label, metric_and_task, split_of
from paretocli.front.complete import LeftOut, complete_rows
from paretocli.front.directions import Directions
from paretocli.front.dominance import non_dominated
from paretocli.front.measured import measure_first
from paretocli.front.measured_alike import refuse_measured_otherwise
from paretocli.front.results import Results
from paretocli.front.task_columns import task_columns
from paretocli.plots.data import Axis, axis_of, same_on_all_splits
from paretocli.plots.input_names import legend_names, title_of


@dataclass(frozen=True)
class Input:
    """One input as a whole.

    Attributes:
        name: what the legend calls it.
        points: how many of its points are drawn.
        failed: points that the input lists as not finished.
        left_out: finished points without a number in one of the columns.
    """

    name: str
    points: int
    failed: int
    left_out: LeftOut


@dataclass(frozen=True, eq=False)
class Curve:
    """One task of one input.

    Attributes:
        task: the number of the task in the picture.
        source: the number of the input.
        column: where the task's figures come from.
        values: (N, 2), the chosen column and the task's own.
        on_front: (N,), not dominated by another point of the same input in these two.
    """

    task: int
    source: int
    column: str
    values: npt.NDArray[np.float64]
    on_front: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Panel:
    """The tasks that are measured alike, on one upright axis."""

    axis: Axis
    curves: tuple[Curve, ...]


@dataclass(frozen=True, eq=False)
class AgainstData:
    """A whole picture: the axis that all panels share, the panels, and the names in the legend."""

    axis: Axis
    panels: tuple[Panel, ...]
    tasks: tuple[str, ...]
    inputs: tuple[Input, ...]
    title: str

    @property
    def curves(self) -> list[Curve]:
        """All tasks of all inputs: task by task, and in each, input by input."""
        every = [curve for panel in self.panels for curve in panel.curves]
        return sorted(every, key=lambda curve: (curve.task, curve.source))

    @property
    def columns(self) -> list[str]:
        """All columns drawn: the chosen one, then those of the tasks."""
        return [self.axis.column, *(one.column for one in self.curves if one.source == 0)]


def gather_against(
    results: Sequence[Results],
    column: str,
    split: str,
    *,
    minimise: Collection[str] = (),
    maximise: Collection[str] = (),
    title: str | None = None,
) -> AgainstData:
    """Collect what a picture of all tasks against one column shows.

    Args:
        results: the inputs, at least one; all with the same tasks.
        column: the column that all tasks are drawn against.
        split: whose figures of the tasks to draw: `train`, `val` or `test`.
        minimise: what the user says is better lower.
        maximise: the same, better higher.
        title: the title; by default problem and split.

    Raises:
        InputError: a column is missing or holds words, nobody knows which direction of it is
            better, the inputs have different tasks, or an input has no point to draw.
    """
    named = _common_columns(results, column, split)
    columns = [column, *named.values()]
    for result in results:
        _check(result, columns, split)
    refuse_measured_otherwise(results, columns)
    directions = Directions(results, minimise, maximise)
    directions.refuse_unused(columns, "drawn")
    higher = directions.higher(columns).tolist()
    tables, inputs = _tables(results, columns)
    everything = np.concatenate(tables)
    splitless = [same_on_all_splits(results, name) for name in columns]
    objectives = results[0].objectives
    panels = tuple(
        Panel(
            axis_of(
                columns[places[0]],
                label(
                    columns[places[0]],
                    objectives,
                    has_splits=not all(splitless[j] for j in places),
                    named=len(places) == 1,
                ),
                everything[:, places].ravel(),
                higher=higher[places[0]],
            ),
            tuple(
                _curve(table, j, source, columns[j], higher)
                for source, table in enumerate(tables)
                for j in places
            ),
        )
        for places in _alike([metric_and_task(name, objectives)[0] for name in columns], higher)
    )
    shared = axis_of(
        column,
        label(column, objectives, has_splits=not splitless[0]),
        everything[:, 0],
        higher=higher[0],
    )
    if column == "sparsity_rate":
        # Per cents are shown whole: so pictures of several sweeps compare at a glance.
        shared = replace(shared, low=0.0, high=100.0)
    splits = {split_of(name) for name, same in zip(columns, splitless, strict=True) if not same}
    return AgainstData(
        axis=shared,
        panels=panels,
        tasks=tuple(named),
        inputs=inputs,
        title=title or title_of(results, splits - {None}),
    )


def _curve(
    table: npt.NDArray[np.float64], j: int, source: int, column: str, higher: Sequence[bool]
) -> Curve:
    """Take the chosen column and column j of an input's table (N, m)."""
    values = table[:, [0, j]]
    on_front = non_dominated(values, maximise=[higher[0], higher[j]])
    return Curve(j - 1, source, column, values, on_front)


def _alike(metrics: Sequence[str], higher: Sequence[bool]) -> list[list[int]]:
    """Group the columns after the first by what they measure: angles and accuracies do not mix."""
    groups: dict[tuple[str, bool], list[int]] = {}
    for j in range(1, len(metrics)):
        groups.setdefault((metrics[j], higher[j]), []).append(j)
    return list(groups.values())


def _common_columns(results: Sequence[Results], column: str, split: str) -> dict[str, str]:
    """Name the columns of all tasks by task, leaving out a task that is the chosen column."""
    first = results[0]
    named = task_columns(first, split)
    for other in results[1:]:
        theirs = task_columns(other, split)
        if set(theirs.values()) != set(named.values()):
            raise InputError(
                f"{first.path} and {other.path} judge different tasks "
                f"({', '.join(named.values())} against {', '.join(theirs.values())}); overlay "
                f"sweeps of the same tasks, or choose two common columns with --x and --y."
            )
    named = {task: name for task, name in named.items() if name != column}
    if not named:
        raise InputError(
            f'"{column}" is the only task of {first.path}; choose another column with --against.'
        )
    return named


def _check(result: Results, columns: Sequence[str], split: str) -> None:
    """Make sure that an input has the columns, and the chosen one as numbers."""
    chosen, *tasks = columns
    if chosen not in result.frame and (said := measure_first(result.path, chosen)):
        raise InputError(said)
    numeric = [str(name) for name in result.frame.select_dtypes("number").columns]
    if chosen not in numeric:
        # First those that one wants to see tasks against: not figures of the tasks themselves.
        others = sorted(numeric, key=lambda name: (name not in POINT_COLUMNS, bool(split_of(name))))
        close = difflib.get_close_matches(chosen, numeric, n=3, cutoff=0.5)
        found = "holds words, not numbers" if chosen in result.frame.columns else "is not there"
        names = f"the closest are {', '.join(close)}" if close else f"try {', '.join(others[:6])}"
        raise InputError(
            f'Column "{chosen}" of {result.path} {found}; choose one of numbers with --against '
            f"({names})."
        )
    for name in tasks:
        if name not in result.frame.columns:
            raise InputError(
                f'{result.path} has no column "{name}"; choose another split than {split} with '
                f"--split."
            )


def _tables(
    results: Sequence[Results], columns: Sequence[str]
) -> tuple[list[npt.NDArray[np.float64]], tuple[Input, ...]]:
    """Take each input's complete points as numbers (N, m), and count what is left out."""
    tables, inputs = [], []
    for result, name in zip(results, legend_names(results), strict=True):
        complete, left_out = complete_rows(result, columns)
        tables.append(result.values(columns)[complete])
        inputs.append(Input(name, int(complete.sum()), result.failed, left_out))
    return tables, tuple(inputs)
