"""Exchange rates between the objectives at the points of a sweep, and what a step costs there."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import pandas as pd

from paretocli.errors import InputError
from paretocli.front.agreement import needs_agreement, refuse_contradicted
from paretocli.front.costs import Change, ExchangeRates, Step
from paretocli.front.normal import NoRatesError, Normal, Numbers, normal_at
from paretocli.front.results import Results
from paretocli.front.selection import losses_of, next_better
from paretocli.front.sizes import SHRUNK_FROM
from paretocli.front.slopes import Figure, Slopes
from paretocli.run_directory.sweep_file import SweepFile, read_sweep_file

RESULTS_FILE = "results.csv"


class Exchange:
    """The exchange rates of the points of a sweep.

    Args:
        results: The sweep.
        front: Rows of its front.
        split: Whose losses decide what it is.
    """

    def __init__(self, results: Results, front: Sequence[int], split: str) -> None:
        self._results, self._whole_front, self._split = results, list(front), split
        self._sweep: SweepFile | None = None
        self._unread = ""
        if results.path.name != RESULTS_FILE:
            self._unread = f"{results.path} is not the table of a run directory"
            return
        try:
            self._sweep = read_sweep_file(results.path.parent)
        except InputError as error:
            self._unread = str(error)

    @cached_property
    def _front(self) -> list[int]:
        """Rows of the front that were solved: epochs on the way to them are no neighbours."""
        kept = {} if self._sweep is None else self._sweep.kept
        return [row for row in self._whole_front if self._results.point(row) not in kept]

    @cached_property
    def _slopes(self) -> Slopes:
        return Slopes(self._results, self._front, self._split)

    def at(self, row: int) -> ExchangeRates:
        """Those at a row of the results, or why there are none."""
        point = self._results.point(row)
        try:
            normal = self._normal(row, point)
            figures = self._slopes.at(row)
        except (NoRatesError, InputError) as error:
            reason = f"No exchange rates at point {point}: {str(error).rstrip('.')}."
            return ExchangeRates(point, self._split, reason, steps=self._measured_alone(row))
        return self._rates(row, normal, figures)

    def _normal(self, row: int, point: int) -> Normal:
        if self._sweep is None:
            raise NoRatesError(self._unread)
        if tuple(self._sweep.config["objectives"]) != self._results.objectives:
            raise NoRatesError("sweep.json and results.csv do not name the same objectives")
        if point in self._sweep.held or pd.notna(self._results.frame.iloc[row].get(SHRUNK_FROM)):
            raise NoRatesError(
                "its network was held to a size and retrained for the tasks alone, so its "
                "multipliers do not say what sparsity costs"
            )
        if point in self._sweep.kept:
            raise NoRatesError(
                f"it is an epoch on the way to point {self._sweep.kept[point]}, which has them"
            )
        if row not in self._front:
            raise NoRatesError(f"it is not on the front of the losses on {self._split}")
        normal = normal_at(self._sweep, point)
        if needs_agreement(normal, self._results.objectives):
            refuse_contradicted(normal, self._changes(row, normal))
        return normal

    def _beside(self, row: int) -> list[int | None]:
        """For each objective the row of the front that is next better in it."""
        losses = losses_of(self._results, self._split)[self._front]
        found = next_better(losses, self._front.index(row))
        return [None if place is None else self._front[place] for place in found]

    def _changes(self, row: int, normal: Normal) -> dict[int, dict[int, Numbers]]:
        """What changes in the training losses with the points beside a row, where these bind."""
        losses = losses_of(self._results, "train")
        found: dict[int, dict[int, Numbers]] = {}
        for a, other in enumerate(self._beside(row)):
            if other is not None and normal.binds[a]:
                point = self._results.point(other)
                found.setdefault(point, {})[a] = losses[other] - losses[row]
        return found

    def _rates(self, row: int, normal: Normal, figures: tuple[Figure, ...]) -> ExchangeRates:
        names = self._results.objectives
        bound = np.flatnonzero(normal.binds).tolist()
        return ExchangeRates(
            self._results.point(row),
            self._split,
            unbound=tuple(name for j, name in enumerate(names) if j not in bound),
            rates={
                names[a]: {names[b]: float(normal.rates[a, b]) for b in bound if b != a}
                for a in bound
            },
            steps=tuple(
                Step(
                    names[a],
                    Change.of(figures[a], figures[a].gain),
                    _costs(normal.rates[a], figures, a),
                    *self._measured(row, other, figures),
                )
                for a, other in enumerate(self._beside(row))
                if a in bound
            ),
            factor=normal.factor,
            averaged=normal.averaged,
        )

    def _measured_alone(self, row: int) -> tuple[Step, ...]:
        """Steps to the points beside a row of the front, with what was measured there alone."""
        if row not in self._front:
            return ()
        try:
            figures = self._slopes.seen(row)
            beside = self._beside(row)
        except InputError:
            return ()
        return tuple(
            Step(name, None, (), *self._measured(row, other, figures))
            for name, other in zip(self._results.objectives, beside, strict=True)
            if other is not None
        )

    def _measured(
        self, row: int, other: int | None, figures: Sequence[Figure]
    ) -> tuple[int | None, tuple[Change, ...]]:
        """The point of another row, and what changes in the figures from a row to it."""
        if other is None:
            return None, ()
        values = self._results.values([figure.column for figure in figures])
        changes = (values[other] - values[row]).tolist()
        found = map(Change.of, figures, changes)
        return self._results.point(other), tuple(c for c in found if np.isfinite(c.change))


def _costs(rates: Numbers, figures: Sequence[Figure], a: int) -> tuple[Change, ...]:
    """What a step in objective a costs in the others, from what a unit of its loss costs (m,)."""
    less = figures[a].step / abs(figures[a].slope)  # of the training loss
    return tuple(
        Change.of(figure, less * rate * figure.slope)
        for figure, rate in zip(figures, rates.tolist(), strict=True)
        if np.isfinite(rate)
    )
