"""Choosing one point of a front: conditions that it has to fulfil, and a rule that decides."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from paretocli.errors import InputError
from paretocli.front.columns import SERVES
from paretocli.front.complete import LeftOut, complete_rows
from paretocli.front.results import Results, read_results
from paretocli.front.selection import (
    closest,
    find_column,
    front_of,
    fulfilling,
    losses_of,
    only_one,
    parse_condition,
)
from paretocli.front.selection import knee as knee_of
from paretocli.planning.preferences import checked, parse_weights


def front_rows(path: Path, split: str) -> tuple[Results, list[int]]:
    """A sweep's points, and the rows of those that are on its front.

    Raises:
        InputError: No point is finished.
    """
    results = read_results(path)
    mask, _ = front_of(results, split)
    return results, np.flatnonzero(mask).tolist()


def refuse_several(rules: Mapping[str, Any]) -> None:
    """Refuse more than one rule, by option names.

    Raises:
        InputError: There are several.
    """
    given = [f"--{name.replace('_', '-')}" for name, value in rules.items() if _is_given(value)]
    if len(given) > 1:
        raise InputError(f"{given[0]} does not go with {given[1]}; give one of them.")


def matching(
    results: Results, rows: list[int], where: Sequence[str], split: str
) -> tuple[list[int], list[LeftOut]]:
    """The rows that fulfil all conditions, and the points that lack a number for one.

    Raises:
        InputError: A condition makes no sense, or no row fulfils them all.
    """
    without = []
    for text in where:
        condition = parse_condition(text, results, split)
        left, left_out = fulfilling(results, rows, condition)
        without.append(left_out)
        if not left:
            values = results.values([condition.column])[rows, 0]
            values = values[np.isfinite(values)]
            raise InputError(
                f"No point of the front fulfils {condition} (where the conditions before hold, "
                f"{condition.column} is from {values.min():.4g} to {values.max():.4g}); loosen it."
            )
        rows = left
    return rows, without


def chosen_by(
    results: Results,
    rows: list[int],
    split: str,
    *,
    knee: bool = False,
    closest_to: str | Sequence[float] | None = None,
    minimize: str | None = None,
    maximize: str | None = None,
) -> tuple[int, list[str], LeftOut]:
    """The row that a rule picks, notes on it, and the points that it cannot judge.

    Args:
        results: The sweep.
        rows: Among which to choose.
        split: The split that decides where a column's name does not say so.
        knee: The row that bulges farthest to the ideal.
        closest_to: Weights: the row with the nearest ones.
        minimize: A column: the row with the least of it.
        maximize: A column: the row with the most of it.

    Raises:
        InputError: A column or weights are wrong, or no rule is given and there are several rows.
    """
    if knee:
        row, bulge = knee_of(losses_of(results, split)[rows])
        flat = "The front does not bulge towards the ideal: this point is no better than an end."
        return rows[row], [] if bulge > 0 or len(rows) == 1 else [flat], LeftOut()
    if closest_to is not None:
        if SERVES in results.frame.columns:
            raise InputError(
                "--closest-to finds a point by its weights, and all networks of a set have the "
                "same; --minimize with a task's loss finds the one that serves it."
            )
        wanted = _weights(closest_to, results.objectives)
        columns = [f"weight_{name}" for name in results.objectives]
        mask, left_out = complete_rows(results, columns, rows)
        judged = np.flatnonzero(mask)
        return int(judged[closest(results.values(columns)[judged], wanted)]), [], left_out
    for name, sign in ((minimize, 1), (maximize, -1)):
        if name:
            column = find_column(results, name, split)
            mask, left_out = complete_rows(results, [column], rows)
            judged = np.flatnonzero(mask)
            values = sign * results.values([column])[judged, 0]
            return int(judged[values.argmin()]), [], left_out
    return only_one(results, rows), [], LeftOut()


def _weights(wanted: str | Sequence[float], names: Sequence[str]) -> Any:
    if isinstance(wanted, str):
        return parse_weights(wanted, names, "--closest-to")
    return checked(wanted, names, "closest_to")


def _is_given(value: Any) -> bool:
    return value is not None and value is not False
