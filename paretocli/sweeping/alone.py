"""Training objectives alone, to learn how low each gets."""

import dataclasses
from collections.abc import Callable, Sequence

import torch

from paretocli.core.problem import SPLITS, Split
from paretocli.errors import RunError
from paretocli.planning.plan import shards
from paretocli.sweeping.subproblems import Subproblems
from paretocli.sweeping.trainers import trainer_of
from paretocli.training.reports import Figures


@dataclasses.dataclass(frozen=True)
class Alone:
    """What came of minimising some objectives, each alone.

    Attributes:
        losses: By split (k, m), row i from the run of the i-th of them, at its best epoch.
        smallest: The smallest value that each reached in its run, by its place among all
            objectives: of the epochs' means in training, of validation, and of all training data
            at the best epoch.
        typical: The median of the epochs' means in training, likewise.
    """

    losses: dict[Split, torch.Tensor]
    smallest: dict[int, float]
    typical: dict[int, float]


def train_alone(
    subproblems: Subproblems, objectives: Sequence[int], stop: Callable[[], bool]
) -> Alone | None:
    """Minimise objectives alone, from the start of all points and for as many epochs.

    The same comes of it each time, so that whoever was stopped may begin anew.

    Args:
        subproblems: The sweep.
        objectives: Their places.
        stop: Asked after every epoch whether to stop; the outcome is None then.

    Raises:
        RunError: A run diverged.
    """
    config = subproblems.config
    weights = tuple(
        tuple(float(place == other) for other in range(len(config.objectives)))
        for place in objectives
    )
    single = dataclasses.replace(
        config,
        weights=weights,
        solver="linear",
        transfer="none",
        patience=0,
        evaluate_every=0,
    )
    runs = dataclasses.replace(subproblems, config=single)
    figures: list[Figures] = []
    smallest: dict[int, float] = {}
    typical: dict[int, float] = {}
    for shard in shards(range(len(weights)), config.stack):
        trainer = trainer_of(runs, shard.points)
        places = torch.tensor([objectives[point] for point in shard.points])
        seen: dict[Split, list[torch.Tensor]] = {"train": [], "val": []}
        while not trainer.finished:
            report = trainer.run_epoch()
            for split, values in seen.items():
                values.append(_own(report.figures[split][0], places))
            if stop():
                return None
        if trainer.failed_epoch.any():
            advice = "a smaller --lr, or " if trainer.breakdown.grew.any() else ""
            raise RunError(
                "A run of one objective alone, to learn its range, diverged; try "
                f"{advice}{'--scale initial' if config.scale == 'payoff' else '--ideal'}."
            )
        outcome = trainer.finish()
        last = _own(outcome.figures["train"][0], places)
        reached = torch.stack([*seen["train"], *seen["val"], last]).amin(dim=0)
        median = torch.stack(seen["train"]).median(dim=0).values
        typical |= dict(zip(places.tolist(), median.tolist(), strict=True))
        smallest |= dict(zip(places.tolist(), reached.tolist(), strict=True))
        figures.append(outcome.figures)
    losses = {split: torch.cat([found[split][0] for found in figures]) for split in SPLITS}
    return Alone(losses, smallest, typical)


def _own(losses: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """Of each run (k,) the loss that it minimised, from all of its losses (k, m)."""
    return losses.detach().cpu().gather(1, places.unsqueeze(1)).squeeze(1)
