"""The subproblems of a sweep, as they are sent to whoever solves some of them.

They are complete in themselves, but for data that is read as it is needed: its files have to be
there too.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from paretocli.core.problem import Problem
from paretocli.options.config import SweepConfig
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
    """

    config: SweepConfig
    problem: Problem
    normalisation: Normalisation
    frozen: Mapping[str, Tensor] | None = None
    teachers: tuple[Mapping[str, Tensor], ...] = ()
