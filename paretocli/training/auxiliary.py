"""What auxiliary losses add to the scalars that a solver makes of the objectives."""

from collections.abc import Iterable

import torch
from torch import Tensor

from paretocli.core.auxiliary import targets_of
from paretocli.core.problem import Data
from paretocli.population.population import Population
from paretocli.training.evaluation import Prepare, shares


class Auxiliary:
    """How much the auxiliary losses count: Σ_a c_a A_a.

    Args:
        coefficients: c (a,) > 0; none where there are no such losses.
        device: Where the losses are.
    """

    def __init__(self, coefficients: Iterable[float], device: torch.device) -> None:
        self.coefficients = torch.tensor(list(coefficients), device=device)

    def apart(self, losses: Tensor) -> tuple[Tensor, Tensor]:
        """The tasks' losses (K, t) and the auxiliary ones (K, a), from all (K, t + a)."""
        tasks = losses.shape[1] - len(self.coefficients)
        return losses[:, :tasks], losses[:, tasks:]

    def added(self, scalars: Tensor, values: Tensor) -> Tensor:
        """Scalars (K,) with Σ_a c_a A_a, from the losses A (K, a)."""
        return scalars + values @ self.coefficients if len(self.coefficients) else scalars

    def beside(self, coefficients: Tensor) -> Tensor:
        """What the tasks' losses count (…, t), and after it what the auxiliary ones do (…, a)."""
        own = self.coefficients.expand(*coefficients.shape[:-1], -1)
        return torch.cat([coefficients, own.to(coefficients)], dim=-1)

    @torch.no_grad()
    def over(
        self, population: Population, samples: Data, prepare: Prepare, batch_size: int
    ) -> Tensor:
        """The auxiliary losses (K, a) over all samples: means over them, or over their batches.

        Args:
            population: K subproblems, in evaluation mode.
            samples: The data, where the population is.
            prepare: Makes the network's input of a batch.
            batch_size: Samples that are measured at once.
        """
        count = len(self.coefficients)
        found = torch.zeros(population.size, count, device=population.device)
        for share, batch in shares(samples, batch_size) if count else ():
            targets = targets_of(batch.targets, len(batch.targets) + count)
            losses, _ = population.measure(prepare(batch.inputs), targets)
            found += share * self.apart(losses)[1]
        return found
