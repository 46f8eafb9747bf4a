"""Where points of a sweep were expected to land, and where they did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from paretocli.front.columns import by_factors
from paretocli.front.results import Results
from paretocli.run_directory.sweep_file import SweepFile


@dataclass(frozen=True)
class Prediction:
    """A point that was expected somewhere.

    Attributes:
        point: Its number.
        expected: Figures by column of `results.csv`, but sizes that it was held to.
        landed: What it has of them; empty while it is not solved, and where it failed.
    """

    point: int
    expected: Mapping[str, float]
    landed: Mapping[str, float]

    @property
    def errors(self) -> dict[str, float]:
        """How far it landed from where it was expected: |difference|, of sizes the factor ≥ 1."""
        found = {}
        for name, value in self.landed.items():
            expected = self.expected[name]
            if not by_factors(name):
                found[name] = abs(value - expected)
            elif value > 0 and expected > 0:
                found[name] = max(value / expected, expected / value)
        return found


@dataclass(frozen=True)
class TypicalError:
    """How far points landed from where they were expected, in one column.

    Attributes:
        points: How many are known.
        error: The median of their |differences|, of a size the median of the factors.
        is_factor: Whether it is one.
    """

    points: int
    error: float
    is_factor: bool

    def __str__(self) -> str:
        return f"a factor of {self.error:.3g}" if self.is_factor else f"{self.error:.3g}"


def predictions(sweep: SweepFile, results: Results | None) -> list[Prediction]:
    """What was expected of the points of all rounds, in order.

    Args:
        sweep: The sweep.
        results: Its finished points, None where there are none yet.
    """
    rows = {} if results is None else {results.point(i): i for i in range(len(results.frame))}
    found = []
    for one in sweep.rounds:
        for point, expected in zip(one.points, one.expected, strict=False):
            # That a point has the size that it was held to says nothing of predictions.
            free = {name: n for name, n in (expected or {}).items() if name not in one.limits}
            if free:
                landed = _landed(results, rows[point], free) if point in rows else {}
                found.append(Prediction(point, free, landed))
    return found


def typical_errors(found: Sequence[Prediction]) -> dict[str, TypicalError]:
    """The typical error of each column in which a point has landed."""
    errors: dict[str, list[float]] = {}
    for prediction in found:
        for name, error in prediction.errors.items():
            errors.setdefault(name, []).append(error)
    return {
        name: TypicalError(len(numbers), float(np.median(numbers)), by_factors(name))
        for name, numbers in errors.items()
    }


def _landed(results: Results | None, row: int, columns: Mapping[str, float]) -> dict[str, float]:
    assert results is not None
    numeric = {*map(str, results.frame.select_dtypes("number").columns)}
    values = {name: results.values([name])[row, 0] for name in columns if name in numeric}
    return {name: float(value) for name, value in values.items() if np.isfinite(value)}
