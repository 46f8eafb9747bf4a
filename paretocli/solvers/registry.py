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
        scalarization,
        penalty=penalty,
        memory=memory,
        # A running mean is asked for where batches have noise, and so has their gap.
        tolerance=0.05 if memory > 0 else 0.01,
    ),
    "linear": lambda scalarization, penalty, memory: WeightedSum(scalarization),
}
