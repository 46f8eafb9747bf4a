import torch

from paretocli.solvers.chebyshev import Scalarization
from paretocli.solvers.chebyshev_set import SmoothChebyshevSet
from paretocli.solvers.smooth_chebyshev import SmoothChebyshev
from paretocli.training.claims import Claims

SCALARIZATION = Scalarization(torch.full((2, 2), 0.5), torch.zeros(2), torch.ones(2), 0.0)
LOSSES = torch.tensor([[1.0, -2.0], [3.0, 4.0]])


def values(kind):
    claims = Claims(kind(SCALARIZATION, smoothing=0.1))
    claims.gap(LOSSES)
    return claims.chebyshev_value(LOSSES)


def test_below_its_ideal_a_network_claims_nothing():
    found = values(SmoothChebyshev)
    assert found.isnan().tolist() == [True, False]
    assert found[1] == 2.0


def test_and_neither_do_those_of_its_set():
    assert values(SmoothChebyshevSet).isnan().all()
