"""The solvers by name."""

from collections.abc import Callable
from dataclasses import dataclass

from paretocli.solvers import gradient_weighting as rivals
from paretocli.solvers.augmented_lagrangian import AugmentedLagrangian
from paretocli.solvers.base import Solver
from paretocli.solvers.chebyshev import Scalarization
from paretocli.solvers.gradient_weighting import GradientWeighting, Weighting
from paretocli.solvers.smooth_chebyshev import SmoothChebyshev
from paretocli.solvers.weighted_sum import WeightedSum

Rows = list[list[float]]


@dataclass(frozen=True)
class SolverSettings:
    """What solvers may be told; each takes what concerns it.

    Attributes:
        penalty: The augmented Lagrangian's relative penalty at the start.
        averaging: Batches over which its multipliers see a running mean.
        smoothing: Of the smooth maximum, relative to the largest term.
    """

    penalty: float = 2.0
    averaging: int = 1
    smoothing: float = 0.1


@dataclass(frozen=True)
class SolverKind:
    """What is known of a solver without making it.

    Attributes:
        make: Makes one.
        options: The settings that it takes heed of.
        corners: Whether a lattice of weights keeps its corners, which ask for one objective alone.
        weights: The rows (K, m) that it is always used with, for so many objectives of which the
            last so many are tasks. Without, the user's weights choose its points.
        needs: Modules of the extra `rivals` that it needs.
    """

    make: Callable[[Scalarization, SolverSettings], Solver]
    options: tuple[str, ...] = ()
    corners: bool = False
    weights: Callable[[int, int], Rows] | None = None
    needs: tuple[str, ...] = ()


def _chebyshev(scalarization: Scalarization, settings: SolverSettings) -> Solver:
    noisy = settings.averaging > 1
    return AugmentedLagrangian(
        scalarization,
        penalty=settings.penalty,
        memory=1 - 1 / settings.averaging,
        # A running mean is asked for where batches have noise, and so has their gap.
        tolerance=0.05 if noisy else 0.01,
    )


def _stch(scalarization: Scalarization, settings: SolverSettings) -> Solver:
    return SmoothChebyshev(scalarization, smoothing=settings.smoothing)


def _linear(scalarization: Scalarization, settings: SolverSettings) -> Solver:
    return WeightedSum(scalarization)


def _rival(rule: Callable[[int], Weighting], *needs: str) -> SolverKind:
    def make(scalarization: Scalarization, settings: SolverSettings) -> Solver:
        return GradientWeighting(scalarization, rule)

    return SolverKind(make, weights=_one_point, needs=("torchjd", *needs))


def _one_point(objectives: int, tasks: int) -> Rows:
    """All objectives alike, for a solver that takes no heed of weights."""
    return [[1 / objectives] * objectives]


def _equal(objectives: int, tasks: int) -> Rows:
    """The tasks alike, and nothing for sparsity."""
    return [[0.0] * (objectives - tasks) + [1 / tasks] * tasks]


def _single(objectives: int, tasks: int) -> Rows:
    """Each task by itself, and nothing for sparsity."""
    alone = range(objectives - tasks, objectives)
    return [[float(place == task) for place in range(objectives)] for task in alone]


SOLVERS: dict[str, SolverKind] = {
    "chebyshev": SolverKind(_chebyshev, options=("penalty", "averaging")),
    "linear": SolverKind(_linear, corners=True),
    # What every comparison should show: no method at all, and a network for each task.
    "equal": SolverKind(_linear, weights=_equal),
    "single": SolverKind(_linear, weights=_single),
    "stch": SolverKind(_stch, options=("smoothing",)),
    "mgda": _rival(rivals.mgda),
    "pcgrad": _rival(rivals.pcgrad),
    "cagrad": _rival(rivals.cagrad, "cvxpy"),
    "upgrad": _rival(rivals.upgrad, "quadprog"),
    "nash": _rival(rivals.nash_mtl, "ecos"),
    "aligned": _rival(rivals.aligned_mtl),
    "imtl": _rival(rivals.imtl_g),
}
OPTIONS = tuple(dict.fromkeys(name for kind in SOLVERS.values() for name in kind.options))
