"""The solvers by name."""

from paretocli.solvers.augmented_lagrangian import AugmentedLagrangian
from paretocli.solvers.base import Solver
from paretocli.solvers.weighted_sum import WeightedSum

SOLVERS: dict[str, type[Solver]] = {
    "chebyshev": AugmentedLagrangian,
    "linear": WeightedSum,
}
