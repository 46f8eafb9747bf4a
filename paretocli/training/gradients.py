"""The gradient of a step: of the scalar that a solver makes of a batch's objectives.

Auxiliary losses are added to that scalar: a solver knows nothing of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from paretocli.core.generators import generators_kept
from paretocli.core.problem import Samples
from paretocli.population.population import Population
from paretocli.solvers.base import Solver
from paretocli.sparsity.layers import per_member
from paretocli.training.descent import Descent
from paretocli.training.losses import Part, TrainingLosses
from paretocli.training.scaling import scaling_for
from paretocli.training.thawing import trained

Measured = tuple[Tensor, Tensor, Tensor]  # objectives, statistics, auxiliary losses


class StepGradients:
    """Leaves the gradient of a step in the parameters' `grad`.

    A batch may be taken in parts, one after the other, so that no more than a part's graph is
    there at a time. How much each loss counts follows from those of the whole batch, as every
    solver asks: they are found by a first pass over the parts without a graph. Where a solver
    weighs gradients, each loss's gradient is summed over the parts instead.

    Args:
        population: The K networks.
        solver: Makes a scalar of the objectives.
        losses: Measures batches.
        largest: Samples of a part at most; 0 for the whole batch.

    Attributes:
        scaling: Of the losses, for networks that compute in fp16.
    """

    def __init__(
        self, population: Population, solver: Solver, losses: TrainingLosses, largest: int
    ) -> None:
        self._population = population
        self._company = population.company
        self._solver = solver
        self._losses = losses
        self._auxiliary = losses.auxiliary
        self._largest = largest
        self.scaling = scaling_for(population)

    @property
    def skipped(self) -> Tensor | None:
        """Whose gradient has overflowed, and is zero (K,); None where none can."""
        return None if self.scaling is None else self.scaling.skipped

    @property
    def exhausted(self) -> Tensor | None:
        """Whose gradient overflows however small its scale (K,); None where none can."""
        return None if self.scaling is None else self.scaling.exhausted

    def state_dict(self) -> dict[str, Any]:
        """Entries of a training state, for a checkpoint."""
        return {} if self.scaling is None else {"scaling": self.scaling.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up the entries of a training state that are given by `state_dict`."""
        if self.scaling is not None:
            self.scaling.load_state_dict(state["scaling"])

    def of(self, batch: Samples, descent: Descent) -> Measured:
        """Work out the gradient on a batch.

        Args:
            batch: Samples of training.
            descent: What steps with it.

        Returns:
            The objectives (K, m), without a graph, the metrics' statistics (K, s), and the
            auxiliary losses (K, a).
        """
        descent.zero_grad()
        found = self._left(batch, descent)
        if self.scaling is not None:
            self.scaling.unscale_()
        return found

    def _left(self, batch: Samples, descent: Descent) -> Measured:
        parts = self._losses.parts(batch, self._largest)
        if len(parts) == 1 and self._company.size == 1:
            return self._at_once(parts[0], descent)
        with self._company.own_draws(self._population.device):
            if self._solver.needs_gramian:
                return self._by_gradients(parts, descent)
            return self._by_values(parts, descent)

    def _at_once(self, part: Part, descent: Descent) -> Measured:
        found, statistics = self._losses_of(part)
        losses, values = self._auxiliary.apart(found)
        objectives = descent.objectives(losses)
        if self._solver.needs_gramian:
            there = self._population.there(statistics)[:, : losses.shape[1]]
            self._solver.weigh(descent.gramian(objectives), there)
        scalars = self._auxiliary.added(self._solver.loss(objectives), values)
        torch.autograd.backward(scalars.sum())
        return objectives.detach(), statistics, values.detach()

    def _by_values(self, parts: Sequence[Part], descent: Descent) -> Measured:
        if len(parts) == 1:  # its graph is there to stay
            found = [self._measured(parts[0])]
        else:
            # What is drawn, and what batch norm remembers, is that of the second pass.
            with (
                torch.no_grad(),
                generators_kept(self._population.device),
                _buffers_kept(self._population),
            ):
                found = [self._measured(part) for part in parts]
        whole, statistics = self._of_all(found)
        losses, values = self._auxiliary.apart(whole)
        objectives, coefficients = self._weighed(losses, descent)
        for part in parts:
            of_part, _ = found[0] if len(parts) == 1 else self._measured(part)
            torch.autograd.backward(of_part, self._auxiliary.beside(coefficients))
        self._sum_gradients()
        return objectives, statistics, values

    def _by_gradients(self, parts: Sequence[Part], descent: Descent) -> Measured:
        parameters = trained(self._population)
        found: list[tuple[Tensor, Tensor]] = []
        sums: list[dict[str, Tensor]] = []
        for part in parts:
            losses, statistics = self._measured(part)
            sums = _sums(sums, descent.gradients_of(losses))
            found.append((losses, statistics))
        self._company.sum_([gradient for one in sums for gradient in one.values()])
        whole, statistics = self._of_all(found)
        losses, values = self._auxiliary.apart(whole)
        tasks = losses.shape[1]
        there = self._population.there(statistics)[:, :tasks]
        objectives, coefficients = self._weighed(losses, descent, (sums[:tasks], there))
        of_all = self._auxiliary.beside(coefficients).unbind(dim=1)
        for name, parameter in parameters.items():
            parameter.grad = torch.zeros_like(parameter)
            for total, weight in zip(sums, of_all, strict=True):
                parameter.grad += per_member(weight, total[name]) * total[name]
        return objectives, statistics, values

    def _of_all(self, found: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
        """The whole batch's losses (K, t + a) and statistics (K, s), from those of its parts."""
        losses, statistics = zip(*found, strict=True)
        whole = [torch.stack(each).detach().sum(dim=0) for each in (losses, statistics)]
        self._company.sum_(whole)
        return whole[0], whole[1]

    def _sum_gradients(self) -> None:
        """What each process found of the gradient makes up that of the batch."""
        if self._company.size == 1:
            return
        parameters = list(self._population.parameters.values())
        reached = torch.tensor([float(p.grad is not None) for p in parameters])
        reached = reached.to(self._population.device)
        self._company.sum_([reached])
        there = [p for p, one in zip(parameters, reached.tolist(), strict=True) if one]
        for parameter in there:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        self._company.sum_([p.grad for p in there if p.grad is not None])

    def _weighed(
        self,
        losses: Tensor,
        descent: Descent,
        known: tuple[list[dict[str, Tensor]], Tensor] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """The objectives (K, m), and by what each task's loss counts in the scalar (K, t).

        Args:
            losses: Of the whole batch (K, t), without a graph.
            descent: What steps.
            known: The losses' gradients, and which tasks have labels, for a solver that asks.
        """
        leaf = losses.detach().requires_grad_()
        objectives = descent.objectives(leaf)
        if known is not None:
            self._solver.weigh(descent.products(known[0]), known[1])
        torch.autograd.backward(self._solver.loss(objectives).sum())
        assert leaf.grad is not None
        return objectives.detach(), leaf.grad

    def _measured(self, part: Part) -> tuple[Tensor, Tensor]:
        """A part's share in the batch's losses (K, t + a) and statistics (K, s)."""
        losses, statistics = self._losses_of(part)
        return part.share * losses, part.share * statistics

    def _losses_of(self, part: Part) -> tuple[Tensor, Tensor]:
        losses, statistics = self._losses.of(part)
        if self.scaling is not None:
            self.scaling.scale_gradient_of(losses)
        return losses, statistics


def _sums(
    totals: list[dict[str, Tensor]], gradients: list[dict[str, Tensor]]
) -> list[dict[str, Tensor]]:
    """Each task's gradients added up, by the parameters' names; those of before are changed."""
    for total, one in zip(totals, gradients, strict=bool(totals)):
        for name, gradient in one.items():
            total[name] += gradient
    return totals or gradients


@contextmanager
def _buffers_kept(population: Population) -> Iterator[None]:
    """Afterwards what the networks remember of their inputs is as it was."""
    changing = [population.buffers[name] for name in population.changing]
    before = [tensor.clone() for tensor in changing]
    yield
    for tensor, value in zip(changing, before, strict=True):
        tensor.copy_(value)
