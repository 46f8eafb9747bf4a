"""The pictures of run directories, and what is said of each.

Each function writes a file and returns what it shows. Matplotlib is imported when it is needed:
help has to be instant.
"""

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from paretocli.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paretocli.plots.against_data import Input
    from paretocli.plots.data import Axis, Series


class Better(NamedTuple):
    """What the user says is better lower, and what higher."""

    lower: set[str]
    higher: set[str]


class Drawn(NamedTuple):
    """What was drawn.

    Attributes:
        report: The file, under `picture` or `page`, and what it shows; ready for JSON.
        hints: What it leaves out and the like, a sentence each.
    """

    report: dict[str, Any]
    hints: list[str]


def _beside(first: Path, name: str) -> Path:
    return (first if first.is_dir() else first.parent) / name


def draw_front(
    paths: "Sequence[Path]",
    split: str,
    better: Better,
    out: Path | None = None,
    title: str | None = None,
) -> Drawn:
    """Draw all tasks against size where size is an objective, else the losses of all objectives.

    This is what a sweep draws when it ends, and what `plot-front` draws where nothing is said.
    """
    from paretocli.front.directions import Directions
    from paretocli.front.results import read_results
    from paretocli.plots.opening import tasks_against_size

    picture = out or _beside(paths[0], "front.png")
    results = [read_results(path) for path in paths]
    columns = tasks_against_size(results, split, Directions(results, better.lower, better.higher))
    if columns is None:
        return draw_columns(paths, None, split, better, picture, title)
    return draw_against(paths, columns[0], split, better, picture, title)


def draw_columns(
    paths: "Sequence[Path]",
    columns: list[str] | None,
    split: str,
    better: Better,
    out: Path | None,
    title: str | None = None,
) -> Drawn:
    """Draw chosen columns, or the losses of all objectives; say what the picture shows."""
    from paretocli.front.results import read_results
    from paretocli.plots.data import loss_columns
    from paretocli.plots.front_figure import save_front
    from paretocli.plots.saving import check_target

    picture = out or _beside(paths[0], "front.png" if columns else "losses.png")
    check_target(picture)
    results = [read_results(path) for path in paths]
    columns = columns or loss_columns(results, split)
    data = save_front(
        results, columns, picture, title, minimise=better.lower, maximise=better.higher
    )
    inputs = [
        {
            "name": series.name,
            "path": str(result.path),
            "points": len(series.values),
            "front_points": int(series.on_front.sum()),
            "failed_points": series.failed,
            "incomplete_points": len(series.left_out.points),
            "left_out_points": list(series.left_out.points),
        }
        for series, result in zip(data.series, results, strict=True)
    ]
    report = {
        "picture": str(picture),
        "columns": columns,
        "better": _better(data.axes),
        "inputs": inputs,
    }
    return Drawn(report, _left_out(data.series))


def draw_against(
    paths: "Sequence[Path]",
    against: str,
    split: str,
    better: Better,
    out: Path | None,
    title: str | None = None,
) -> Drawn:
    """Draw all tasks against one column; say what the picture shows."""
    from paretocli.front.results import read_results
    from paretocli.front.sizes import meant
    from paretocli.plots.against_data import gather_against
    from paretocli.plots.against_figure import save_against
    from paretocli.plots.saving import check_target

    results = [read_results(path) for path in paths]
    against = meant(against, *(result.frame for result in results))
    # A foreign column may hold what a file's name cannot.
    word = re.sub(r"[^\w.]+", "-", against).strip("-")
    picture = out or _beside(paths[0], f"against-{word}.png")
    check_target(picture)
    data = gather_against(
        results, against, split, minimise=better.lower, maximise=better.higher, title=title
    )
    save_against(data, picture)
    inputs = [
        {
            "name": one.name,
            "path": str(result.path),
            "points": one.points,
            "failed_points": one.failed,
            "incomplete_points": len(one.left_out.points),
            "left_out_points": list(one.left_out.points),
            "tasks": [
                {
                    "task": data.tasks[curve.task],
                    "column": curve.column,
                    "front_points": int(curve.on_front.sum()),
                }
                for curve in data.curves
                if curve.source == source
            ],
        }
        for source, (one, result) in enumerate(zip(data.inputs, results, strict=True))
    ]
    report = {
        "picture": str(picture),
        "columns": data.columns,
        "better": _better(
            [
                data.axis,
                *(replace(p.axis, column=curve.column) for p in data.panels for curve in p.curves),
            ]
        ),
        "inputs": inputs,
    }
    return Drawn(report, _left_out(data.inputs))


def draw_layers(
    paths: "Sequence[Path]", point: int, out: Path | None, title: str | None = None
) -> Drawn:
    """Draw the layers of one point; say what the picture shows."""
    if len(paths) > 1:
        raise InputError(
            f"--layers draws a point of one run directory, but {len(paths)} paths were given; "
            f"give one."
        )
    (directory,) = paths
    from dataclasses import asdict

    from paretocli.plots.layers_data import read_layers
    from paretocli.plots.layers_figure import save_layers

    data = read_layers(directory, point, title=title)
    picture = out or directory / f"layers-{point}.png"
    save_layers(data, picture)
    report = {
        "picture": str(picture),
        "path": str(directory),
        "point": point,
        "weights": data.weights,
        "sparsity": data.sparsity,
        "layers": [asdict(layer) for layer in data.layers],
    }
    return Drawn(report, [])


def draw_history(
    paths: "Sequence[Path]", split: str, out: Path | None, title: str | None = None
) -> Drawn:
    """Draw how sweeps converged; say what they reached and at what cost."""
    if split == "train":
        raise InputError("--history draws the validation or the test split; give val or test.")
    from paretocli.front.comparable import code_hints
    from paretocli.front.history import read_history
    from paretocli.front.indicators import APPROXIMATED, NONE_BELOW
    from paretocli.plots.history_data import gather_histories
    from paretocli.plots.history_figure import save_histories
    from paretocli.plots.saving import check_target

    picture = out or _beside(paths[0], "history.png")
    check_target(picture)
    histories = [read_history(path) for path in paths]
    data = gather_histories(histories, split, title=title)
    save_histories(data, picture)
    hints = list(code_hints(histories))
    hints += [note for history in histories for note in history.notes]
    if not data.exact:
        hints.append(APPROXIMATED)
    hints += [f"{curve.name}: {NONE_BELOW}." for curve in data.curves if not curve.best.mean]
    report = {
        "picture": str(picture),
        "split": split,
        "ideal": data.box.ideal.tolist(),
        "reference_point": data.box.reference_point.tolist(),
        "exact": data.exact,
        "true_front": data.true_front,
        "inputs": [
            {
                "name": curve.name,
                "seeds": list(curve.seeds),
                "best_hypervolume_val": curve.best.content(),
                "hypervolume_test_at_best": curve.test_at_best.content(),
                "fill_distance_at_best": curve.hole_at_best.content(),
                "subproblem_epochs_to_target": curve.cost.content(),
                "seconds": float(curve.seconds[-1]),
            }
            for curve in data.curves
        ],
    }
    return Drawn(report, hints)


def _better(axes: "Sequence[Axis]") -> dict[str, str]:
    """The better direction of each axis, by its column."""
    return {axis.column: "higher" if axis.higher else "lower" for axis in axes}


def _left_out(inputs: "Sequence[Series | Input]") -> list[str]:
    """What a picture leaves out."""
    hints = []
    for one in inputs:
        hints += failed(one.name, one.failed)
        if one.left_out.points:
            hints.append(f"{one.name}: {one.left_out}.")
    return hints


def failed(name: str, points: int) -> list[str]:
    """That an input has points which failed or did not finish."""
    return [f"{name}: left out {points} unfinished or failed."] if points else []
