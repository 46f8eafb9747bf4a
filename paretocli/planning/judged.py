"""How the points of a sweep are judged when further ones are placed: columns, region and losses."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from paretocli.core.names import SPARSITY
from paretocli.errors import InputError
from paretocli.front.directions import Directions
from paretocli.front.normal import LARGEST_GAP
from paretocli.front.results import Results, read_results
from paretocli.front.selection import parse_condition
from paretocli.front.sizes import COMPACT, PRUNED_TO, SHRUNK_FROM
from paretocli.front.task_columns import judged_by
from paretocli.run_directory.box import NormalisationNote, read_normalisation
from paretocli.run_directory.files import DamagedError
from paretocli.run_directory.sweep_file import SWEEP_FILE, SweepFile
from paretocli.solvers.registry import SOLVERS

SPLIT = "val"  # points are placed by what is not reported on
GIVEN_UP = 0.95  # of the loss before training, above the ideal: who learns nothing is about there

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def refuse_other_table(sweep: SweepFile, results: Results) -> None:
    """Refuse a table of points that the sweep does not have.

    Raises:
        InputError: It has such points, or other objectives.
    """
    numbers = {results.point(row) for row in range(len(results.frame))}
    same = tuple(sweep.config["objectives"]) == results.objectives
    if not same or not numbers <= {*range(sweep.points)}:
        raise InputError(
            f"{sweep.path / SWEEP_FILE} and {results.path} are not of the same sweep; the sweep's "
            "own command writes the table anew."
        )


def own_results(sweep: SweepFile) -> Results:
    """The table of a sweep.

    Raises:
        InputError: There is none, or it is another one's.
    """
    results = read_results(sweep.path)
    refuse_other_table(sweep, results)
    return results


def led_by_weights(sweep: SweepFile, results: Results, *, shrunk: bool = False) -> Mask:
    """Which rows (N,) of a table landed where their weights led: those that others are placed by.

    Epochs on the way to others have no weights of their own; pruned networks have their size from
    elsewhere. Nor did weights lead to a network that was held to a size: rows were taken away, and
    even where none had to be, it was retrained for the tasks alone.

    Args:
        sweep: The sweep.
        results: Its table.
        shrunk: Whether such networks count, as where further ones will be held to sizes too.
    """
    elsewhere = {*sweep.kept} if shrunk else {*sweep.kept, *sweep.held}
    rows = range(len(results.frame))
    found = np.array([results.point(row) not in elsewhere for row in rows], dtype=bool)
    for column in (PRUNED_TO,) if shrunk else (PRUNED_TO, SHRUNK_FROM):
        if column in results.frame:
            found &= results.frame[column].isna().to_numpy()
    return found


def where_weights_led(sweep: SweepFile, results: Results, *, shrunk: bool = False) -> Results:
    """The table of those points alone."""
    return replace(results, frame=results.frame[led_by_weights(sweep, results, shrunk=shrunk)])


def columns_that_matter(results: Results) -> list[str]:
    """The first metric of each task and the size where sparsity is an objective, else the losses.

    A task has its loss where it has no metric, or nobody knows which direction of that is better.
    """
    losses = {name: f"loss_{name}_{SPLIT}" for name in results.objectives}
    size = COMPACT[0]
    if (
        SPARSITY not in losses
        or results.frame.get(size) is None
        or results.frame[size].isna().all()
    ):
        return list(losses.values())
    del losses[SPARSITY]
    tasks = judged_by(results, SPLIT, Directions([results]))
    return [*(column for task, column in tasks.items() if task in losses), size]


def of_interest(sweep: SweepFile, results: Results, where: Sequence[str] = ()) -> Mask:
    """Which rows (N,) are: by conditions, or those whose every task has learned something.

    Nobody knows that where losses are not measured against those before training.

    Raises:
        InputError: A condition is none, or names no column.
    """
    found = np.ones(len(results.frame), dtype=bool)
    for text in where:
        found &= parse_condition(text, results, SPLIT).holds(results)
    known = _scaled(sweep)
    if where or known is None or sweep.config.get("scale") != "initial":
        return found
    for name, low, size in zip(results.objectives, known["ideal"], known["scale"], strict=True):
        if name != SPARSITY:
            reached = results.values([f"loss_{name}_{SPLIT}"])[:, 0] - low
            found &= reached < GIVEN_UP * size
    return found


def losses_on_rays(sweep: SweepFile, results: Results, rows: npt.NDArray[np.intp]) -> Array | None:
    """The normalised losses (n, m) of some rows, where weights say on which rays they lie.

    None where they do not: for solvers whose minimisers lie elsewhere, where a point is not close
    to its minimiser, and where rows are tied after the search, so that something else was
    minimised. They are those of training, which the weights are of.
    """
    known = _scaled(sweep)
    solver = SOLVERS.sound.get(str(sweep.config.get("solver")))
    if known is None or solver is None or not solver.on_rays or SPARSITY in results.objectives:
        return None
    if "relative_gap" not in results.frame.columns:
        return None
    if not (results.values(["relative_gap"])[rows] <= LARGEST_GAP).all():
        return None
    losses = results.values([f"loss_{name}_train" for name in results.objectives])[rows]
    found: Array = ((losses - known["ideal"]) / known["scale"]).clip(min=0)
    return found if np.isfinite(found).all() else None


def wanted_losses(sweep: SweepFile, results: Results, wanted: Sequence[float]) -> Array | None:
    """Losses (m,) of all objectives, normalised, where they are all above the ideal; else None."""
    known = _scaled(sweep)
    solver = SOLVERS.sound.get(str(sweep.config.get("solver")))
    if known is None or solver is None or not solver.on_rays:
        return None
    found: Array = (np.array(wanted) - known["ideal"]) / known["scale"]
    return found if (found > 0).all() else None


def _scaled(sweep: SweepFile) -> NormalisationNote | None:
    with suppress(DamagedError):  # a sweep works it out anew
        known = read_normalisation(sweep)
        return known if known is not None and "scale" in known else None
    return None
