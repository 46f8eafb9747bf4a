"""The subproblems of a sweep, as they are sent to whoever solves some of them.

They are complete in themselves, but for data that is read as it is needed: its files have to be
there too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from torch import Tensor

from paretocli.core.problem import Problem
from paretocli.options.config import SweepConfig
from paretocli.planning.rounds import first_round
from paretocli.run_directory.rounds import Round, Row, SizeLimits
from paretocli.sweeping.normalisation import Normalisation


@dataclass(frozen=True)
class Subproblems:
    """The subproblems of a sweep, and all that they have in common.

    Attributes:
        config: Its configuration.
        problem: Its problem, with the data.
        normalisation: Ideal and scale of its objectives.
        frozen: The network whose zero rows and ties are kept, None where there is none.
        teachers: The networks that are imitated, one a task, or none.
        later: The rounds after the first.
        limits: What the exported networks are to have at most; nothing where any size will do.
        pruned_to: The parameters that the exported networks of points are to have at most that are
            pruned from what they start from, by their numbers.
        pretrained: What all networks start from, by name, as far as it goes; None where all is new.
    """

    config: SweepConfig
    problem: Problem
    normalisation: Normalisation
    frozen: Mapping[str, Tensor] | None = None
    teachers: tuple[Mapping[str, Tensor], ...] = ()
    later: tuple[Round, ...] = ()
    limits: SizeLimits = field(default_factory=SizeLimits)
    pruned_to: Mapping[int, int] = field(default_factory=dict)
    pretrained: Mapping[str, Tensor] | None = None

    @property
    def rounds(self) -> tuple[Round, ...]:
        """All rounds; the first one has number 0."""
        return (first_round(self.config, self.later), *self.later)

    @property
    def weights(self) -> tuple[Row, ...]:
        """Of all points, in order."""
        found = dict(enumerate(self.config.weights))
        for one in self.later:
            found |= dict(zip(one.points, one.weights, strict=True))
        return tuple(found[point] for point in sorted(found))

    def round_of(self, point: int) -> Round:
        """The round of a point."""
        return next(one for one in self.rounds if point in one.points)

    def as_trained(self, one: Round) -> "Subproblems":
        """The same, configured as the points of a round are trained, if they are.

        Those that start from others do not learn from each other besides, and what was frozen for
        these at first is trained.
        """
        config = replace(self.config, weights=self.weights)
        if not one.looked_at:
            config = replace(config, epochs=one.epochs, retrain_epochs=one.retrain_epochs)
        if any(parent is not None for parent in one.parents):
            config = replace(config, transfer="none", transfer_options={}, thaw=())
        sizes = dict(zip(one.points, one.pruned_to, strict=True)) if one.pruned_to else {}
        return replace(self, config=config, limits=one.limits, pruned_to=sizes)
