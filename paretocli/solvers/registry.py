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
        has_preferences: Whether weights choose the point; otherwise there is one.
        needs: Modules of the extra `rivals` that it needs.
    """

    make: Callable[[Scalarization, SolverSettings], Solver]
    options: tuple[str, ...] = ()
    has_preferences: bool = True
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

    return SolverKind(make, has_preferences=False, needs=("torchjd", *needs))


SOLVERS: dict[str, SolverKind] = {
    "chebyshev": SolverKind(_chebyshev, options=("penalty", "averaging")),
    "linear": SolverKind(_linear),
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
