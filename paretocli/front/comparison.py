"""Indicators of several methods' fronts, over their seeds and folds."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import moocore
import numpy as np
import numpy.typing as npt
import pandas as pd

from paretocli.errors import InputError
from paretocli.front.box import Box
from paretocli.front.columns import split_of
from paretocli.front.complete import LeftOut, finite_rows
from paretocli.front.distribution import fill_distance, span, spread
from paretocli.front.dominance import non_dominated
from paretocli.front.indicators import ROUNDING, is_exact
from paretocli.front.known import POINTS, known_front, largest_share
from paretocli.front.measure import Columns, MeasuringBox, union_front
from paretocli.front.methods import group_by_method, method_names
from paretocli.front.repetitions import FOLD, Repetition, repeated_over
from paretocli.front.significance import Significance, against_first
from paretocli.front.statistics import Statistics, statistics
from paretocli.front.sweeps import Sweep

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Indicators:
    """The figures of one sweep.

    Attributes:
        hypervolume: The share of the box from the ideal to the reference point.
        igd_plus: The mean distance of the reference set to what the front attains, in boxes
            (Ishibuchi, Masuda, Tanigaki and Nojima, EMO 2015).
        epsilon: By how much the front has to be shifted, in boxes, to be as good as each point of
            the reference set (additive ε: Zitzler et al., IEEE Transactions on Evolutionary
            Computation 7, 2003).
        fill_distance: How far, in boxes, a point of the true front can be from the nearest of its
            points; of the reference set, where the true front is not known.
        spread: How unevenly its points lie; NaN for less than three.
        span: The share of the reference set's range that it covers.
        front_points: Points that no other one of the sweep beats.
        seconds: Training time of all points, failed ones too, one after another; NaN where it is
            not known.
    """

    hypervolume: float
    igd_plus: float
    epsilon: float
    fill_distance: float
    spread: float
    span: float
    front_points: int
    seconds: float


INDICATORS = tuple(Indicators.__dataclass_fields__)


@dataclass(frozen=True, eq=False)
class MeasuredSweep:
    """A sweep with its figures.

    Attributes:
        sweep: The sweep.
        front: The points of its front (N, m), in units of the columns.
        left_out: Finished points without a number in one of the columns.
        indicators: Its figures.
    """

    sweep: Sweep
    front: Array
    left_out: LeftOut
    indicators: Indicators


@dataclass(frozen=True, eq=False)
class Method:
    """A method over its seeds and folds.

    Attributes:
        name: The settings in which it differs from the others.
        sweeps: One for each seed and fold.
        significance: Of the hypervolume's difference from the first method's, None for the first,
            where there are not enough seeds, and over several folds.
    """

    name: str
    sweeps: tuple[MeasuredSweep, ...]
    significance: Significance | None

    def statistics(self, indicator: str) -> Statistics:
        """One of the `INDICATORS` over the seeds and folds."""
        return statistics(self.values(indicator))

    def values(self, indicator: str) -> list[float]:
        """One of the `INDICATORS` of each sweep."""
        return [float(getattr(one.indicators, indicator)) for one in self.sweeps]


@dataclass(frozen=True, eq=False)
class Comparison:
    """All methods, measured alike.

    Attributes:
        methods: In the order of their first sweeps.
        first: The first of all sweeps as they were given, whose box counts where none is given.
        columns: What is measured.
        box: Where.
        reference_set: The points (R, m), in costs, that no point of any of the sweeps beats; IGD+,
            ε and span are measured against it.
        exact: Whether hypervolumes are exact; all are, or all are approximated.
        true_front: Whether fill distances go by the true front, and not by the reference set.
        largest_hypervolume: That of the whole true front, None where it is not known in this box.
    """

    methods: tuple[Method, ...]
    first: Sweep
    columns: Columns
    box: MeasuringBox
    reference_set: Array
    exact: bool
    true_front: bool = False
    largest_hypervolume: float | None = None

    @property
    def sweeps(self) -> list[MeasuredSweep]:
        """All sweeps, method by method."""
        return [one for method in self.methods for one in method.sweeps]

    @property
    def repetitions(self) -> list[Repetition]:
        """The seed and the fold of each of the `sweeps`."""
        return [one.sweep.repetition for one in self.sweeps]

    @property
    def over(self) -> str:
        """What the sweeps of methods are: "seeds", "folds", or, where they are both, "sweeps"."""
        return repeated_over(
            [one.sweep.repetition for one in method.sweeps] for method in self.methods
        )

    @property
    def ideal(self) -> list[float]:
        """The box's better corner, in units of the columns."""
        return self._own_units(self.box.box.ideal)

    @property
    def reference_point(self) -> list[float]:
        """The box's worse corner, in units of the columns."""
        return self._own_units(self.box.box.reference_point)

    @property
    def split(self) -> str | None:
        """The split of the measured columns that have one; None where they differ, or none has."""
        splits = {split_of(name) for name in self.columns.names} - {None}
        return splits.pop() if len(splits) == 1 else None

    def table(self) -> pd.DataFrame:
        """One row a sweep: its method, seed and figures, and in which box they were measured.

        Where sweeps have folds, these have a column too.
        """
        has_folds = any(one.fold is not None for one in self.repetitions)
        labels = self.columns.labels
        box = dict(zip((f"ideal_{label}" for label in labels), self.ideal, strict=True))
        worse = (f"reference_{label}" for label in labels)
        box |= dict(zip(worse, self.reference_point, strict=True))
        rows = [
            {
                "method": method.name,
                "seed": one.sweep.seed,
                **({FOLD: one.sweep.repetition.fold} if has_folds else {}),
                "directory": str(one.sweep.path),
                "split": self.split,
                **dataclasses.asdict(one.indicators),
                **box,
            }
            for method in self.methods
            for one in method.sweeps
        ]
        return pd.DataFrame(rows)

    def _own_units(self, corner: Array) -> list[float]:
        # Adding 0 makes -0.0, a cost turned back, a plain 0.
        return [float(value) + 0.0 for value in self.columns.turned(corner)]


def compare(sweeps: Sequence[Sweep], columns: Columns, box: MeasuringBox) -> Comparison:
    """Measure all sweeps in one box and against one reference set.

    Objectives are scaled to the box, 0 at the ideal and 1 at the reference point, before distances
    are taken: IGD+, ε, fill distance, spread and span have no units. The reference set of IGD+, ε
    and span is the non-dominated union of all sweeps compared, so it changes with the company; that
    of the fill distance only where the problem's true front is not known, or not what is measured.

    Raises:
        InputError: A sweep has no point with a number in each column, or one that is better than
            the box's ideal.
    """
    costs = [columns.costs(sweep) for sweep in sweeps]
    # All in the same way, or an error of the approximation would look like a difference.
    exact = all(is_exact(*points.shape) for points in costs)
    for sweep, points in zip(sweeps, costs, strict=True):
        _refuse_beyond_ideal(sweep, points, columns, box.box)
    reference_set = union_front(costs)
    known = known_front(sweeps[0].config) if columns.are_losses(sweeps[0]) else None
    whole = reference_set if known is None else known.sample(POINTS)
    measured = [
        _measured(sweep, points, columns, box.box, reference_set, whole, exact)
        for sweep, points in zip(sweeps, costs, strict=True)
    ]
    groups = [
        [measured[place] for place in group]
        for group in group_by_method([sweep.config for sweep in sweeps])
    ]
    firsts = [group[0].sweep for group in groups]
    names = method_names([one.config for one in firsts], [one.path for one in firsts])
    tests = against_first(
        [[(one.sweep.repetition, one.indicators.hypervolume) for one in group] for group in groups]
    )
    methods = tuple(
        Method(name, tuple(sorted(group, key=lambda one: one.sweep.repetition.place)), test)
        for name, group, test in zip(names, groups, tests, strict=True)
    )
    return Comparison(
        methods,
        sweeps[0],
        columns,
        box,
        reference_set,
        exact,
        true_front=known is not None,
        largest_hypervolume=None if known is None else largest_share(known, box.box),
    )


def _refuse_beyond_ideal(sweep: Sweep, costs: Array, columns: Columns, box: Box) -> None:
    """Refuse a point outside of the box on its better side, of which a share says nothing."""
    for place in np.flatnonzero((box.scaled(costs) < -ROUNDING).any(axis=0)):
        corners = costs.min(axis=0), box.ideal
        best, ideal = (float(columns.turned(corner)[place]) for corner in corners)
        raise InputError(
            f"{sweep.path} reaches {best:.6g} in {columns.labels[place]}, which is better than the "
            f"ideal of the box ({ideal:.6g}); give a better one for all with --ideal."
        )


def _measured(
    sweep: Sweep,
    costs: Array,
    columns: Columns,
    box: Box,
    reference_set: Array,
    whole: Array,
    exact: bool,
) -> MeasuredSweep:
    front = costs[non_dominated(costs)]
    scaled, reference = box.scaled(front), box.scaled(reference_set)
    indicators = Indicators(
        hypervolume=box.share(front, exact=exact),
        igd_plus=float(moocore.igd_plus(scaled, ref=reference)),
        epsilon=float(moocore.epsilon_additive(scaled, ref=reference)),
        fill_distance=fill_distance(scaled, box.scaled(whole)),
        spread=spread(scaled),
        span=span(scaled, reference),
        front_points=len(front),
        seconds=sweep.results.total("seconds"),
    )
    _, left_out = finite_rows(sweep.results, columns.names)
    return MeasuredSweep(sweep, columns.turned(front), left_out, indicators)
