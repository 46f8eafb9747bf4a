"""Whose fronts are better: sweeps measured alike."""

from collections.abc import Collection, Sequence
from pathlib import Path

from paretocli.errors import InputError
from paretocli.front.comparable import check_comparable, check_same_objectives
from paretocli.front.comparison import Comparison, compare
from paretocli.front.measure import chosen_columns, loss_columns, stored_box, union_box
from paretocli.front.sweeps import read_sweep


def compared(
    paths: Sequence[Path],
    *,
    on: str = "val",
    columns: Sequence[str] | None = None,
    minimize: Collection[str] = (),
    maximize: Collection[str] = (),
    ideal: Sequence[float] | None = None,
    reference: Sequence[float] | None = None,
) -> Comparison:
    """Measure the fronts of sweeps; those that differ in seed or fold alone are one method.

    Args:
        paths: Their run directories.
        on: The split that is measured on, `val` or `test`.
        columns: Columns of `results.csv`, a name without a split meaning that of `on`; without,
            the losses of all objectives.
        minimize: Columns or metrics that are better lower, where neither they nor their names say.
        maximize: The same, better higher.
        ideal: Where the box of the hypervolume begins; without, the stored one, or with `columns`
            that of the common front.
        reference: Where it ends, likewise.

    Raises:
        InputError: The sweeps are not comparable, or a column is not there.
    """
    sweeps = [read_sweep(path) for path in paths]
    check_comparable(sweeps)
    if columns is None:
        check_same_objectives(sweeps, "name what they have in common with --columns")
        if minimize or maximize:
            raise InputError(
                "Losses are minimised; --minimize and --maximize go with --columns, which names "
                "what is measured in their place."
            )
        measured = loss_columns(sweeps, on)
        box = stored_box(sweeps, measured, ideal, reference)
    else:
        measured = chosen_columns(
            sweeps, list(columns), on, minimise=set(minimize), maximise=set(maximize)
        )
        costs = [measured.costs(sweep) for sweep in sweeps]
        box = union_box(costs, measured, ideal, reference)
    return compare(sweeps, measured, box)
