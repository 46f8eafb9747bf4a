"""The solvers by name."""

from collections.abc import Callable

from paretocli.solvers.augmented_lagrangian import AugmentedLagrangian
from paretocli.solvers.base import Solver
from paretocli.solvers.chebyshev import Scalarization
from paretocli.solvers.weighted_sum import WeightedSum

# Each makes a solver from the scalarization, the relative penalty and the memory of the running
# mean, and takes what concerns it.
SOLVERS: dict[str, Callable[[Scalarization, float, float], Solver]] = {
    "chebyshev": lambda scalarization, penalty, memory: AugmentedLagrangian(
        scalarization, penalty=penalty, memory=memory
    ),
    "linear": lambda scalarization, penalty, memory: WeightedSum(scalarization),
}
