"""The solvers by name: what is known of each without making it, and the options that it takes.

Nothing here brings torch: the command's help knows all solvers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from paretocli.option import POSITIVE, NoOptions, Option, at_least, option, options_of, told
from paretocli.registries import Registry, described, enumerated

if TYPE_CHECKING:
    from paretocli.solvers.base import Solver
    from paretocli.solvers.chebyshev import Scalarization

PANEL = "Training"

Rows = list[list[float]]


@dataclass(frozen=True, kw_only=True)
class LagrangianOptions:
    """What the augmented Lagrangian method may be told."""

    penalty: float = option(
        "The augmented Lagrangian's penalty at the start, relative to the largest term.",
        range=POSITIVE,
        shown="the problem's",
    )
    averaging: int = option(
        "Batches over which the multipliers see a running mean.",
        range=at_least(1),
        shown="the problem's",
    )


@dataclass(frozen=True, kw_only=True)
class SmoothingOptions:
    """What the smooth Chebyshev scalarizations may be told."""

    smoothing: float = option(
        "How smooth the maximum of the solver stch is, relative to the largest term, and with "
        "stch-set the minimum too.",
        range=POSITIVE,
        default=0.1,
    )


@dataclass(frozen=True)
class SolverKind:
    """What is known of a solver without making it.

    Attributes:
        make: Makes one, from a scalarization and its options; torch is imported there.
        title: What pictures call it.
        summary: A few words for the help, where its name does not say it.
        options: A dataclass that declares what it may be told, each field by
            `paretocli.option.option`.
        on_rays: Whether the normalised losses of a minimiser lie on the ray u_i ∝ 1/w_i, where that
            meets the front.
        corners: Whether a lattice of weights keeps its corners, which ask for one objective alone.
        weights: The rows (K, m) that it is always used with, for so many objectives of which the
            last so many are tasks. Without, the user's weights choose its points.
        joins: Whether its points are one set of networks with the same weights, which serve each
            task by the best of them, and so have to train together.
        needs: Modules of the extra `rivals` that it needs.
    """

    make: "Callable[[Scalarization, Any], Solver]"
    title: str = ""
    summary: str = ""
    options: type = NoOptions
    on_rays: bool = False
    corners: bool = False
    weights: Callable[[int, int], Rows] | None = None
    joins: bool = False
    needs: tuple[str, ...] = ()

    @property
    def declared(self) -> tuple[Option, ...]:
        """The options that it takes heed of."""
        return options_of(self.options, PANEL)

    @property
    def takes_more(self) -> bool:
        """Whether points for other weights can be added to those that are solved."""
        return self.weights is None and not self.joins

    def made(self, scalarization: "Scalarization", values: Mapping[str, Any]) -> "Solver":
        """One, told what concerns it.

        Args:
            scalarization: Weights (K, m), ideal, scale and ε.
            values: Of its options, by name, and perhaps of others.
        """
        return self.make(scalarization, told(self.options, values))


def _chebyshev(scalarization: "Scalarization", options: LagrangianOptions) -> "Solver":
    from paretocli.solvers.augmented_lagrangian import AugmentedLagrangian

    noisy = options.averaging > 1
    return AugmentedLagrangian(
        scalarization,
        penalty=options.penalty,
        memory=1 - 1 / options.averaging,
        # A running mean is asked for where batches have noise, and so has their gap.
        tolerance=0.05 if noisy else 0.01,
    )


def _stch(scalarization: "Scalarization", options: SmoothingOptions) -> "Solver":
    from paretocli.solvers.smooth_chebyshev import SmoothChebyshev

    return SmoothChebyshev(scalarization, smoothing=options.smoothing)


def _stch_set(scalarization: "Scalarization", options: SmoothingOptions) -> "Solver":
    from paretocli.solvers.chebyshev_set import SmoothChebyshevSet

    return SmoothChebyshevSet(scalarization, smoothing=options.smoothing)


def _linear(scalarization: "Scalarization", options: NoOptions) -> "Solver":
    from paretocli.solvers.weighted_sum import WeightedSum

    return WeightedSum(scalarization)


def _weighing(rule: str, scalarization: "Scalarization", options: NoOptions) -> "Solver":
    from paretocli.solvers import gradient_weighting

    return gradient_weighting.GradientWeighting(scalarization, getattr(gradient_weighting, rule))


def _rival(rule: str, title: str, *needs: str) -> SolverKind:
    """A method that weighs the objectives by their gradients, by a rule's name."""
    return SolverKind(
        partial(_weighing, rule), title, weights=_one_point, needs=("torchjd", *needs)
    )


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


SOLVERS = Registry(
    {
        "chebyshev": SolverKind(_chebyshev, "Chebyshev", options=LagrangianOptions, on_rays=True),
        "linear": SolverKind(_linear, "linear (weighted sum)", "a weighted sum", corners=True),
        # What every comparison should show: no method at all, and a network for each task.
        "equal": SolverKind(_linear, "equal", "one point, all tasks alike", weights=_equal),
        "single": SolverKind(_linear, "single", "a network for each task", weights=_single),
        # Smoothing rounds its corners: its minimisers lie beside the rays.
        "stch": SolverKind(_stch, "smooth Chebyshev", "smooth Chebyshev", options=SmoothingOptions),
        "stch-set": SolverKind(
            _stch_set,
            "smooth Chebyshev set",
            "few networks for many tasks, each served by the best of them",
            options=SmoothingOptions,
            joins=True,
        ),
        "mgda": _rival("mgda", "MGDA"),
        "pcgrad": _rival("pcgrad", "PCGrad"),
        "cagrad": _rival("cagrad", "CAGrad", "cvxpy"),
        "upgrad": _rival("upgrad", "UPGrad", "quadprog"),
        "nash": _rival("nash_mtl", "Nash-MTL", "ecos"),
        "aligned": _rival("aligned_mtl", "Aligned-MTL"),
        "imtl": _rival("imtl_g", "IMTL-G"),
    },
    "solver",
    SolverKind,
)


def is_set(solver: str) -> bool:
    """Whether the points of a solver, perhaps one that is not installed, are one set."""
    kind = SOLVERS.sound.get(solver)
    return kind is not None and kind.joins


def solver_help() -> str:
    """All solvers, as the help says them."""
    known = SOLVERS.sound
    own = {name: kind for name, kind in known.items() if name in SOLVERS.own}
    fronts = {name: kind.summary for name, kind in own.items() if kind.weights is None}
    rivals = [name for name, kind in own.items() if kind.needs]
    baselines = {n: k.summary for n, k in own.items() if not (n in fronts or n in rivals)}
    others = {name: kind.summary for name, kind in known.items() if name not in own}
    return (
        f"{enumerated(described(fronts))}. One point alone, with the extra rivals: "
        f"{enumerated(rivals)}. Baselines: {enumerated(described(baselines), 'and')}."
        + (f" Installed: {enumerated(described(others), 'and')}." if others else "")
    )
