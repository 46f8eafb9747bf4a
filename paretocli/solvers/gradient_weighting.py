"""Methods that weigh the objectives by their gradients, anew at every step, through TorchJD."""

import warnings
from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor

from paretocli.solvers.base import Solver
from paretocli.solvers.chebyshev import Scalarization

# From a Gramian (m, m) to weights (m,).
Weighting = Callable[[Tensor], Tensor]

CAGRAD_RADIUS = 0.4  # of the ball around the mean gradient, as in the paper's experiments


class GradientWeighting(Solver):
    """Follow Σ_j α_j ∇u_j, with α from the inner products of the gradients ∇u_i.

    Such a method looks for a direction that serves all objectives; it knows no preference and
    gives one point of the front, whatever the weights.

    A task without a label in a batch has no gradient there, which says nothing about it: such a
    step combines the other objectives alone. Where a gradient is 0 with labels, the task is at its
    best, and counts.

    Args:
        scalarization: Ideal and scale; its weights do not matter.
        make: Makes the rule for m objectives; each subproblem has its own, one for each set of
            objectives that it is asked about, which may remember earlier steps of the same epoch.
    """

    needs_gramian: ClassVar[bool] = True
    state_names: ClassVar[tuple[str, ...]] = ("current_weights", "sum_of_weights")

    def __init__(self, scalarization: Scalarization, make: Callable[[int], Weighting]) -> None:
        super().__init__(scalarization)
        self.make = make
        weights = scalarization.weights
        self.of_batch = torch.full_like(weights, 1 / weights.shape[1])
        self.current_weights = self.of_batch.clone()
        self.sum_of_weights = torch.zeros_like(weights)
        self.in_batch = torch.ones_like(weights)
        self.times = torch.zeros_like(weights)  # 0 between epochs, as the sum is
        self._forget()

    def weigh(self, gramian: Tensor, there: Tensor | None = None) -> None:
        """Take up the inner products ∇f_i · ∇f_j (K, m, m) of one batch's objectives."""
        scale = self.scalarization.scale
        normalised = (gramian / (scale.unsqueeze(0) * scale.unsqueeze(1))).cpu().double()
        counted = _counted(normalised, there)
        self.in_batch.copy_(counted)
        for member, products in enumerate(normalised):
            # A network that has diverged follows nothing that matters.
            if products.isfinite().all():
                self.of_batch[member] = self._weights(member, products, counted[member])

    def loss(self, objectives: Tensor) -> Tensor:
        """Σ_j α_j u_j (K,), with the α of this batch."""
        self.sum_of_weights.add_(self.of_batch * self.in_batch)
        self.times.add_(self.in_batch)
        return (self.of_batch * self.scalarization.normalised(objectives)).sum(dim=-1)

    def value(self, objectives: Tensor) -> Tensor:
        """The mean of u (K,): the best epoch is the one that is best for all together."""
        return self.scalarization.normalised(objectives).mean(dim=-1)

    def coefficients(self) -> Tensor:
        """α_j / s_j (K, m), with the mean α of the last epoch."""
        return self.current_weights / self.scalarization.scale

    def end_outer_iteration(self) -> None:
        """Take the mean over the epoch's batches; the rules begin anew, as in a resumed sweep.

        Of a task, over those with a label of it: the mean of α_j ∇u_j over all of them is then that
        of α_j times that of ∇u_j, as a batch without any adds nothing to either.
        """
        self.current_weights.copy_(self.sum_of_weights / self.times.clamp(min=1))
        self.sum_of_weights.zero_()
        self.times.zero_()
        self._forget()

    def _weights(self, member: int, products: Tensor, counted: Tensor) -> Tensor:
        """α (m,) of one subproblem, 0 for objectives that do not count."""
        found = torch.zeros_like(self.of_batch[member])
        objectives = tuple(counted.nonzero().flatten().tolist())
        if not objectives:
            return found
        rules = self.rules[member]
        if objectives not in rules:
            rules[objectives] = self.make(len(objectives))
        rows = torch.tensor(objectives)
        of_counted = rules[objectives](products[rows][:, rows])
        found[rows.to(found.device)] = of_counted.to(found)
        return found

    def _forget(self) -> None:
        self.rules: list[dict[tuple[int, ...], Weighting]] = [{} for _ in self.of_batch]


def _counted(gramian: Tensor, there: Tensor | None) -> Tensor:
    """Which objectives (K, m) a batch says something about; on the CPU.

    Those without labels may have a gradient all the same, from a teacher.
    """
    counted = gramian.diagonal(dim1=-2, dim2=-1) != 0
    first = counted.shape[1] - (0 if there is None else there.shape[1])
    counted[:, :first] = True
    if there is not None:
        counted[:, first:] |= there.cpu()
    return counted


def mgda(objectives: int) -> Weighting:
    """The shortest convex combination of the gradients.

    Désidéri, *Multiple-gradient descent algorithm (MGDA) for multiobjective optimization* (2012);
    Sener and Koltun, *Multi-task learning as multi-objective optimization*, NeurIPS 2018.
    """
    return _weighting("MGDAWeighting")


def pcgrad(objectives: int) -> Weighting:
    """The sum of the gradients, with what conflicts with another one projected away.

    Yu et al., *Gradient surgery for multi-task learning*, NeurIPS 2020.
    """
    return _weighting("PCGradWeighting")


def cagrad(objectives: int) -> Weighting:
    """The best worst improvement near the mean gradient.

    Liu et al., *Conflict-averse gradient descent for multi-task learning*, NeurIPS 2021.
    """
    return _weighting("CAGradWeighting", c=CAGRAD_RADIUS)


def upgrad(objectives: int) -> Weighting:
    """The mean of the gradients, each projected so that it conflicts with none.

    Quinton and Rey, *Jacobian descent for multi-objective optimization* (2024).
    """
    return _weighting("UPGradWeighting")


def aligned_mtl(objectives: int) -> Weighting:
    """The gradients made orthogonal and equally long.

    Senushkin et al., *Independent component alignment for multi-task learning*, CVPR 2023.
    """
    return _weighting("AlignedMTLWeighting")


def imtl_g(objectives: int) -> Weighting:
    """The direction with equal projections on all gradients.

    Liu et al., *Towards impartial multi-task learning*, ICLR 2021.
    """
    return _weighting("IMTLGWeighting")


def nash_mtl(objectives: int) -> Weighting:
    """The Nash bargaining solution.

    Navon et al., *Multi-task learning as a bargaining game*, ICML 2022.
    """
    from torchjd.aggregation import NashMTL  # noqa: PLC0415 - an extra

    if objectives == 1:  # G α = 1 / α, which TorchJD does not solve for one
        return _of_length_one
    aggregator = NashMTL(n_tasks=objectives)

    def rule(gramian: Tensor) -> Tensor:
        # It asks for the gradients, of which the inner products alone matter.
        values, vectors = torch.linalg.eigh(gramian)
        with warnings.catch_warnings():
            # cvxpy's, on how it is asked and how exact it was: for the makers of the rule to hear.
            warnings.simplefilter("ignore", UserWarning)
            found: Tensor = aggregator.weighting(vectors * values.clamp(min=0).sqrt())
        return found

    return rule


def _of_length_one(gramian: Tensor) -> Tensor:
    """The weight (1,) that makes a single gradient as long as 1; 0 without one."""
    products = gramian.diagonal()
    return torch.where(products > 0, products, torch.inf).rsqrt()


def _weighting(name: str, **settings: Any) -> Weighting:
    import torchjd.aggregation  # noqa: PLC0415 - an extra

    rule: Weighting = getattr(torchjd.aggregation, name)(**settings)
    return rule
