"""What a step costs at a point of the front, in figures that people read."""

from dataclasses import asdict, dataclass
from typing import Any

from paretocli.front.cost_words import paragraph
from paretocli.front.slopes import Figure


@dataclass(frozen=True)
class Change:
    """A change of what an objective is read by: a metric, a size, or its training loss.

    Attributes:
        objective: Whose.
        column: Of the results.
        change: In its units, as measured: higher accuracy is positive, fewer parameters negative.
        share: Whether people read it as a percentage, of 1.
    """

    objective: str
    column: str
    change: float
    share: bool

    @classmethod
    def of(cls, figure: Figure, change: float) -> "Change":
        """That of a figure."""
        return cls(figure.objective, figure.column, change, figure.share)


@dataclass(frozen=True)
class Step:
    """What a step to the better in one objective costs.

    Attributes:
        objective: The objective.
        gain: The step; None where there are no exchange rates.
        costs: What each other objective would have to give for it, were it the only one.
        beside: The point of the front with the next smaller loss of the objective; None without.
        measured: What really changes with that point, in all objectives; all at once.
    """

    objective: str
    gain: Change | None
    costs: tuple[Change, ...]
    beside: int | None
    measured: tuple[Change, ...]


@dataclass(frozen=True)
class ExchangeRates:
    """The exchange rates between the objectives at a point.

    Attributes:
        point: Its number.
        split: Whose losses decide what the front is, and whose metrics are shown.
        reason: Why there are none, a sentence; empty where there are. Steps have what was measured
            alone then, as far as the point is on the front.
        unbound: Objectives that do not bind here, and have no rate.
        rates: By objective a and b, what a unit less of the training loss a costs in that of b.
        steps: The same in figures that people read, through the slopes of these over the training
            losses, which are fitted to the point and its neighbours on the front; and what was
            measured there.
        factor: How far a rate may be off between two objectives, by the certificate.
        averaged: Whether they are by the mean of the multipliers over epochs.
    """

    point: int
    split: str
    reason: str = ""
    unbound: tuple[str, ...] = ()
    rates: dict[str, dict[str, float]] | None = None
    steps: tuple[Step, ...] = ()
    factor: float | None = None
    averaged: bool = False

    def __str__(self) -> str:
        return paragraph(self)

    def as_plain(self) -> dict[str, Any]:
        """Ready for JSON: `reason` is null where there are rates, `training_losses` where not."""
        return {
            "split": self.split,
            "reason": self.reason or None,
            "factor": self.factor,
            "averaged_multipliers": self.averaged,
            "unbound": list(self.unbound),
            "training_losses": self.rates,
            "steps": [asdict(step) for step in self.steps],
        }
