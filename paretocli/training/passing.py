"""When subproblems pass parameters to each other: now and then, before the optimiser's step."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from torch import Tensor

from paretocli.population.transfer import Transfer
from paretocli.training.descent import Descent

# Steps between two transfers: at every step they would cost a small network a tenth of its time.
TRANSFER_INTERVAL = 10


T = TypeVar("T")


@dataclass(frozen=True)
class Exchange:
    """A stop between a step's gradient and the step, for parameters to be passed on meanwhile.

    Attributes:
        seen: The objectives (k, m) of each step since the last one.
        progress: The place in training, from 0 to 1.
    """

    seen: list[Tensor]
    progress: float


class Passing:
    """What the subproblems of a population pass to each other, if anything.

    Args:
        transfer: The rule, None where they pass nothing.
        names: The parameters and buffers that take part.
    """

    def __init__(self, transfer: Transfer | None, names: Sequence[str]) -> None:
        self.transfer = transfer
        self.names = tuple(names)

    def after(
        self, objectives: Tensor, place: tuple[int, int], descent: Descent
    ) -> Iterator[Exchange]:
        """See the objectives (K, m) of a step, and mix the parameters where it is time to.

        Args:
            objectives: Of the step.
            place: Its number in its phase, and how many there are.
            descent: What steps.
        """
        yield from ()
        if self.transfer is None:
            return
        self.transfer.observe(objectives)
        step, steps = place
        if (step + 1) % TRANSFER_INTERVAL:
            return
        matrix = self.transfer.matrix(step / steps)
        if matrix is not None:
            descent.mix(matrix, self.names, objectives.isfinite().all(dim=1))

    def taken(self) -> list[Tensor]:
        """The objectives of steps that somebody else is to see."""
        return []

    def state_dict(self) -> dict[str, Any]:
        """The rule's state."""
        return {} if self.transfer is None else self.transfer.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a state given by `state_dict`."""
        if self.transfer is not None:
            self.transfer.load_state_dict(state)


class Handed(Passing):
    """Leaves it to whoever trains others of the same population beside these."""

    def __init__(self) -> None:
        super().__init__(None, ())
        self.seen: list[Tensor] = []

    def after(
        self, objectives: Tensor, place: tuple[int, int], descent: Descent
    ) -> Iterator[Exchange]:
        """See the objectives (k, m) of a step; stop where it is time to mix the parameters."""
        self.seen.append(objectives)
        step, steps = place
        if (step + 1) % TRANSFER_INTERVAL == 0:
            yield Exchange(self.taken(), step / steps)

    def taken(self) -> list[Tensor]:
        """The objectives of each step since they were asked for."""
        seen, self.seen = self.seen, []
        return seen


def completed(training: Generator[Exchange, None, T]) -> T:
    """What training comes to that nobody has to be waited for."""
    while True:
        try:
            next(training)
        except StopIteration as ended:
            found: T = ended.value
            return found
