"""Each subproblem takes from the two beside it, in the order of the points."""

from dataclasses import dataclass

from paretocli.option import SHARE, option
from paretocli.population.transfer import Transfer, TransferRule


@dataclass(frozen=True, kw_only=True)
class RingOptions:
    ring_share: float = option(
        "How much of a network comes from the two beside it (ring).",
        metavar="SHARE",
        range=SHARE,
        default=0.2,
    )


class Ring(Transfer):
    """The two beside: the last point and the first are neighbours too."""

    def __init__(self, weights, share):
        super().__init__(strength=share, until=0.7)
        eye = weights.new_zeros(len(weights), len(weights)).fill_diagonal_(1)
        self.beside = (eye.roll(1, dims=0) + eye.roll(-1, dims=0)) / 2

    def _others(self):
        return self.beside


def make(solver, options):
    return Ring(solver.scalarization.weights, options.ring_share)


RING = TransferRule("from the two points beside", RingOptions, make)
