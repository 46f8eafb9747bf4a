"""Parameters that are frozen in the first epochs."""

from collections.abc import Mapping

from torch import Tensor

from paretocli.population.copies import Copies
from paretocli.population.population import Population
from paretocli.sparsity.objective import SparsityObjective


class Thawing:
    """Freezes parameters of a population for some epochs each.

    What is frozen has no gradient, so no optimiser steps or remembers anything of it; its rows
    cannot become zero, and nothing of it passes from one network to another. Where it begins to
    train, its moments begin too.

    Args:
        population: The K networks.
        epochs: For how many epochs a parameter is frozen, by name.
        sparsity: Whose blocks thaw as a whole, with the last of their layers.
    """

    def __init__(
        self,
        population: Population,
        epochs: Mapping[str, int],
        sparsity: SparsityObjective | None = None,
    ) -> None:
        self._population = population
        whole = {} if sparsity is None or not epochs else sparsity.blocks.latest(epochs)
        self._epochs = {**epochs, **whole}
        self.frozen = False

    def begin_epoch(self, epoch: int) -> None:
        """Freeze what is frozen in an epoch, and nothing else.

        Args:
            epoch: How many there were before.
        """
        parameters = self._population.parameters
        for name, epochs in self._epochs.items():
            parameters[name].requires_grad_(epoch >= epochs)
        self.frozen = any(epoch < epochs for epochs in self._epochs.values())

    def end(self) -> None:
        """Nothing is frozen any more: a certificate is over all that was to be trained."""
        self.begin_epoch(max(self._epochs.values(), default=0))


def trained(population: Copies) -> dict[str, Tensor]:
    """The stacked parameters (K, …) that are trained now, by name."""
    return {name: p for name, p in population.parameters.items() if p.requires_grad}
