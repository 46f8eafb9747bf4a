"""What training tells: a report after each epoch, and the outcome at the end."""

from dataclasses import dataclass

from torch import Tensor

from paretocli.core.problem import Split
from paretocli.training.breakdown import Breakdown
from paretocli.training.kept import KeptEpoch

Figures = dict[Split, tuple[Tensor, Tensor]]  # by split: objectives (K, m) and metrics (K, q)


@dataclass(frozen=True)
class EpochReport:
    """What an epoch did to each subproblem; all tensors have K on the leading axis.

    Attributes:
        epoch: Number of the epoch, from 1.
        seconds: Time spent so far.
        figures: Losses and metrics by split; those of training are means over the epoch's batches.
            Of the test split only where it was measured.
        multipliers: λ (K, m), or None.
        penalty: Relative penalty (K,), or None.
        gap: max_i g_i − Σ_i λ_i g_i (K,) on the training losses, or None.
        relative_gap: The gap over max_i |g_i| (K,), or None.
        below_ideal: Which objectives' training losses have fallen below their ideal so far (K, m);
            where one has, there is no gap.
        zero_rows: Rows of the counted layers that are zero (K,), or None without sparsity.
        failed_epoch: The epoch in which the subproblem diverged (K,), 0 if it did not.
        subproblem_epochs: Epochs of single networks spent so far; one network trained for one
            epoch counts one.
        auxiliary: The auxiliary losses (K, a), means over the epoch's batches.
    """

    epoch: int
    seconds: float
    figures: Figures
    multipliers: Tensor | None
    penalty: Tensor | None
    gap: Tensor | None
    relative_gap: Tensor | None
    below_ideal: Tensor
    zero_rows: Tensor | None
    failed_epoch: Tensor
    subproblem_epochs: int
    auxiliary: Tensor


@dataclass(frozen=True)
class Outcome:
    """The K networks at their best epochs and what is to be said of them; K leads everywhere.

    `epochs` (K,) are those that each was trained for.
    `search_end` has the networks before rows were tied, and the solver's state then, as
    `paretocli.training.best` names them; where there is one phase alone (`two_phases`), those of
    the best epoch.
    `parameters` names those of `tensors` that were trained, the others being buffers.
    `figures` are over whole splits; `chebyshev_value`, the gaps and `stationarity` are on the
    training data, with the multipliers of the best epoch. Gaps and `chebyshev_value` are NaN where
    an objective fell below its ideal (`below_ideal`, (K, m)). `breakdown` knows the steps in which
    losses first were not finite. `mean_multipliers` are averaged over the epochs up to the best one
    (`Solver.mean_multipliers`), and `mean_stationarity` is with them. `auxiliary` (K, a) are the
    auxiliary losses over the training data. `kept` has further epochs of
    each that are kept, in order; nothing where none are.
    """

    tensors: dict[str, Tensor]
    search_end: dict[str, Tensor]
    two_phases: bool
    parameters: tuple[str, ...]
    figures: Figures
    best_epoch: Tensor
    epochs: Tensor
    failed_epoch: Tensor
    breakdown: Breakdown
    chebyshev_value: Tensor
    multipliers: Tensor | None
    gap: Tensor | None
    relative_gap: Tensor | None
    below_ideal: Tensor
    stationarity: Tensor
    mean_multipliers: Tensor | None
    mean_stationarity: Tensor | None
    seconds: float
    auxiliary: Tensor
    kept: tuple[tuple[KeptEpoch, ...], ...] = ()


def copy_of(tensor: Tensor | None) -> Tensor | None:
    """What does not change while training goes on, where there is something."""
    return None if tensor is None else tensor.clone()
