"""When subproblems pass parameters to each other: now and then, before the optimiser's step."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from paretocli.population.transfer import Transfer
from paretocli.training.descent import Descent

# Steps between two transfers: at every step they would cost a small network a tenth of its time.
TRANSFER_INTERVAL = 10


class Passing:
    """What the subproblems of a population pass to each other, if anything.

    Args:
        transfer: The rule, None where they pass nothing.
        names: The parameters and buffers that take part.
    """

    def __init__(self, transfer: Transfer | None, names: Sequence[str]) -> None:
        self.transfer = transfer
        self.names = tuple(names)

    def after(self, objectives: Tensor, step: int, steps: int, descent: Descent) -> None:
        """See the objectives (K, m) of a step, and mix the parameters where it is time to."""
        if self.transfer is None:
            return
        self.transfer.observe(objectives)
        if (step + 1) % TRANSFER_INTERVAL:
            return
        matrix = self.transfer.matrix(step / steps)
        if matrix is not None:
            descent.mix(matrix, self.names, objectives.isfinite().all(dim=1))

    def state_dict(self) -> dict[str, Any]:
        """The rule's state."""
        return {} if self.transfer is None else self.transfer.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a state given by `state_dict`."""
        if self.transfer is not None:
            self.transfer.load_state_dict(state)
