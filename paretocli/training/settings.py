"""What a training run needs to know."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch

from paretocli.core.problem import OptimizerHook
from paretocli.training.rounded_widths import RoundedWidths
from paretocli.training.size_limit import SizeLimit


@dataclass(frozen=True)
class TrainingSettings:
    """How a population is trained.

    Attributes:
        epochs: Passes over the training data; each is one outer iteration of the solver.
        batch_size: Samples a step; an epoch takes the full batches and leaves the rest out.
        optimizer, lr, weight_decay, schedule: The optimiser and its learning rate.
        seed: Seed of the batches' order and of the network's own randomness.
        device: Where to compute.
        retrain_epochs: Epochs after similar rows were tied, with zero rows and ties kept; 0 leaves
            out the tying too. For runs with sparsity.
        retrain_lr: Learning rate at the start of these.
        relaxed: Whether these are for the tasks alone.
        share_similarity: Rows more similar than this are tied.
        jobs: Threads that look for similar rows.
        micro_batch: Samples of a step whose graph is there at once; 0 for all.
        warm_up: Share of a phase's steps in which its learning rate rises.
        clip_norm: The largest norm of a subproblem's gradient; 0 for any.
        lr_factors: Of the learning rate, by the parameters' names; 1 for those left out.
        thaw_epochs: For how many epochs parameters are frozen at first, by name.
        undecayed: Names of the parameters without weight decay.
        patience: Epochs in which nothing gets better after which a phase ends; 0 for never.
        evaluate_every: Epochs after which the test split is measured; 0 for the last alone.
        streams: A number for each subproblem; each sees batches of its own, whose order goes by
            its number. None where all see the same.
        kept: Epochs of each subproblem that are kept beside its best one.
        ema: How much of the moving average of the parameters stays in a step; 0 for no average.
        hook: Makes the problem's own optimiser; None for the one of that name.
        size_limit: What the networks are to be no larger than when rows are tied, if anything.
        widths: What rounds the widths of the networks then, if anything does.
    """

    epochs: int
    batch_size: int
    optimizer: str
    lr: float
    weight_decay: float
    schedule: str
    seed: int
    device: torch.device
    retrain_epochs: int = 0
    retrain_lr: float = 0.0
    relaxed: bool = False
    share_similarity: float = 1.0
    jobs: int = 1
    micro_batch: int = 0
    warm_up: float = 0.0
    clip_norm: float = 0.0
    lr_factors: Mapping[str, float] = field(default_factory=dict)
    thaw_epochs: Mapping[str, int] = field(default_factory=dict)
    undecayed: frozenset[str] = frozenset()
    patience: int = 0
    evaluate_every: int = 1
    streams: tuple[int, ...] | None = None
    kept: int = 0
    ema: float = 0.0
    hook: OptimizerHook | None = None
    size_limit: SizeLimit | None = None
    widths: RoundedWidths | None = None

    @property
    def at_once(self) -> int:
        """Samples with a graph at the same time, at most."""
        return min(self.micro_batch or self.batch_size, self.batch_size)
