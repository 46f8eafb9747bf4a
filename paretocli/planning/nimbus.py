"""Points for a classification: weights that should move a point as somebody asked for.

Every properly Pareto-optimal point is the minimiser of the Chebyshev scalarization for the weights
w_i ∝ 1/u_i. So the answer to a classification (`achievement`) is sought among the columns that a
model expects all over the front, and trained with the weights of that place. With its point the
model is exact there: aiming again is a step of regula falsi.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from paretocli.errors import InputError
from paretocli.front.columns import is_size
from paretocli.front.results import Results
from paretocli.front.selection import front_of
from paretocli.options.config import SweepConfig
from paretocli.planning.achievement import Achievement
from paretocli.planning.aiming import LEAST_STEP, MET, best_weights, sparser
from paretocli.planning.classification import Classes, classified
from paretocli.planning.column_model import ColumnModel
from paretocli.planning.held_sizes import held_by_classes
from paretocli.planning.judged import (
    SPLIT,
    led_by_weights,
    losses_on_rays,
    of_interest,
    own_results,
)
from paretocli.planning.preferences import ALIKE, Weights, point_with
from paretocli.planning.rounds import Further, added_round, solved_points
from paretocli.run_directory.point_record import PointRecord
from paretocli.run_directory.rounds import Round, SizeLimits
from paretocli.run_directory.sweep_file import SweepFile

MARGIN = 3e-4  # by which to stay within bounds, in units of each column
CLOSE = MARGIN / 10  # how much nearer to a level is worth another point


@dataclass(frozen=True, eq=False)
class Step:
    """What can be done for a classification.

    Attributes:
        words: What of it the points do that are there.
        point: The number of the one that does it best, or of those that were trained for it comes
            nearest; None where there is none.
        tries: How many were trained for it.
        weights: Of a point that should do it better (m,); None where nothing is to be gained.
        expected: What is expected there, by column; empty where nobody knows.
    """

    words: str
    point: int | None
    tries: int
    weights: Weights | None = None
    expected: Mapping[str, float] = field(default_factory=dict)


def moved(config: SweepConfig, asked: Classes, text: str, note: Callable[[str], None]) -> Further:
    """One point at a time that should do what a classification asks for, until one does.

    Args:
        config: The sweep's configuration.
        asked: The classification.
        text: What asked for it, by which earlier tries are known.
        note: Is told what was reached.
    """

    def further(sweep: SweepFile, records: Sequence[PointRecord]) -> Round | None:
        if not solved_points(records):
            return None
        try:
            step = next_step(sweep, asked, text)
        except InputError as error:  # a sweep knows its columns when its points are solved
            note(str(error))
            return None
        if step.weights is None:
            note(step.words)
            return None
        limits = limits_for(sweep, asked)
        rows = [tuple(step.weights.tolist())]
        return added_round(config, sweep, records, rows, asked=text, limits=limits)

    return further


def limits_for(sweep: SweepFile, asked: Classes) -> SizeLimits:
    """What the networks that are trained for a classification are to have at most."""
    results = own_results(sweep)
    return held_by_classes(sweep, results, classified(results, asked))


def most_tries(objectives: int) -> int:
    """How many points are trained for a classification at most: a correction an objective."""
    return objectives + 1


def next_step(sweep: SweepFile, asked: Classes, text: str) -> Step:
    """What to do next for a classification.

    Args:
        sweep: The sweep, whose table is up to date.
        asked: The classification.
        text: As for `moved`.

    Raises:
        InputError: It makes no sense for the points that are there.
    """
    return _Search(sweep, own_results(sweep), asked, text).step()


class _Search:
    """The search for the answer to a classification."""

    def __init__(self, sweep: SweepFile, results: Results, asked: Classes, text: str) -> None:
        self._sweep, self._results = sweep, results
        self._asked = classified(results, asked)
        rounds = [one for one in sweep.rounds if one.asked == text]
        tried = {point for one in rounds for point in one.points}
        self._tries = len(rounds)
        self._held = bool(held_by_classes(sweep, results, self._asked))
        self._own = np.array([results.point(row) in tried for row in range(len(results.frame))])
        # What is asked for stays the same while it is being trained.
        self._judged = Achievement(
            results, self._asked, axes=~self._own, of_use=of_interest(sweep, results) & ~self._own
        )
        self._best = self._judged.best(front_of(results, SPLIT)[0])

    def step(self) -> Step:
        """What to do next."""
        judged, best, known = self._judged, self._best, np.array(self._sweep.weights)
        # A point that will be held to a size lands like those that were.
        led = led_by_weights(self._sweep, self._results, shrunk=self._held)
        finite = np.isfinite(judged.table).all(axis=1)
        rows = np.flatnonzero(finite & led if (finite & led).any() else finite)
        losses = losses_on_rays(self._sweep, self._results, rows)
        # Elsewhere points scatter by more than another correction would gain.
        exact = losses is not None and all(name.startswith("loss_") for name in judged.columns)
        done = best is not None and bool(self._own[best]) and not exact
        least = (CLOSE if self._short() else MARGIN) if exact else MET  # that is worth a point
        if done or self._tries >= most_tries(known.shape[1]):
            return self._end()
        weights, columns = self._aim(rows, losses)
        beyond = self._beyond(known, known[self._numbers(rows), 0].max(), weights, columns)
        if beyond is not None:
            return self._end() if point_with(known, beyond) is not None else self._step(beyond)
        if best is not None:
            kept = judged.missed(columns[None])[0] <= 0
            if not kept or judged.gain(judged.table[best], columns) <= least:
                return self._end()
        if point_with(known, weights) is not None:
            return self._end()
        values = judged.in_units(columns).tolist()
        return self._step(weights, dict(zip(judged.columns, values, strict=True)))

    def _step(self, weights: Weights, expected: Mapping[str, float] | None = None) -> Step:
        point = self._number(self._best)
        return Step(self._words(), point, self._tries, weights, expected or {})

    def _end(self) -> Step:
        """What was reached, and that no more is to be trained."""
        best, own = self._best, np.flatnonzero(self._own)
        near = own[self._judged.best_first(self._judged.table[own])]
        if best is None and len(near):
            number, figures = self._number(int(near[0])), self._figures(int(near[0]))
            return Step(
                f"No point does all that; of those trained for it, point {number} comes nearest: "
                f"{figures}.",
                number,
                self._tries,
            )
        words = self._words()
        if not self._tries:
            words += " No weights between those of the points are expected to do better."
        elif best is None or not self._own[best]:
            words += " What was trained for it does no better."
        return Step(words, self._number(best), self._tries)

    def _aim(
        self, rows: npt.NDArray[np.intp], losses: npt.NDArray[np.float64] | None
    ) -> tuple[Weights, npt.NDArray[np.float64]]:
        known = np.array(self._sweep.weights)[self._numbers(rows)]
        _, once = np.unique(known.round(9), axis=0, return_index=True)
        table = self._judged.table[rows][once]
        model = ColumnModel(known[once], table, None if losses is None else losses[once])
        return best_weights(model, lambda columns: self._judged.best_first(columns, MARGIN))

    def _beyond(
        self, known: Weights, led: float, weights: Weights, expected: npt.NDArray[np.float64]
    ) -> Weights | None:
        """Sparser weights than any known, where the sparsest point is not yet what is asked for.

        Args:
            known: Of all points (K, m).
            led: Sparsity's largest weight among points that tell where weights lead.
            weights: That are best among those between them.
            expected: What is expected there.
        """
        sizes = [one for one in self._asked.of("improve") if is_size(one.column)]
        if not self._sweep.config.get("sparsity") or not sizes:
            return None
        if weights[0] < led - ALIKE or self._judged.missed(expected[None])[0] > 0:
            return None
        there = dict(zip(self._judged.columns, self._judged.in_units(expected), strict=True))
        times = [LEAST_STEP if s.level is None else there[s.column] / s.level for s in sizes]
        return sparser(known, weights, max(*times, LEAST_STEP)) if max(times) > 1 else None

    def _words(self) -> str:
        if self._best is None:
            return "No point that is there does that."
        words = f"Point {self._number(self._best)} does that best: {self._figures(self._best)}"
        return words + (f"; short of {' and '.join(short)}." if (short := self._short()) else ".")

    def _short(self) -> list[str]:
        """The levels that the best point has not reached."""
        if self._best is None:
            return []
        values = self._results.values(self._judged.columns)[self._best]
        reached = dict(zip(self._judged.columns, values, strict=True))
        improve = self._asked.of("improve")
        return [str(one) for one in improve if not one.reached(reached[one.column])]

    def _figures(self, row: int) -> str:
        columns = self._judged.columns
        values = self._results.values(columns)[row]
        return ", ".join(f"{name} {value:.6g}" for name, value in zip(columns, values, strict=True))

    def _numbers(self, rows: npt.NDArray[np.intp]) -> list[int]:
        return [self._results.point(int(row)) for row in rows]

    def _number(self, row: int | None) -> int | None:
        return None if row is None else self._results.point(row)
