"""Test problems of multi-objective optimization whose fronts are known.

They run through the same machinery as networks: the module's parameter is the variable, its
outputs are the objectives' values, the loss of a "task" is its output, and an epoch is a number
of steps.

Box constraints 0 ≤ x ≤ 1 are built into the objectives, so the variable itself is free. Variables
that place a point along the front are *reflected* at the box's faces, which leaves no stationary
point there to get stuck on. Those that measure the distance to a front on the box's face are
mapped *smoothly*, so that a point on the front is stationary and the certificate holds.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from paretocli.core.problem import Defaults, Problem, Samples, Task

STEPS_PER_EPOCH = 60


class Variable(nn.Module):
    """A variable x (n,) to be optimised, and the objectives' values there.

    Args:
        function: Maps x (n,) to the objectives' values (m,).
        start: x (n,) at the start.
    """

    def __init__(self, function: Callable[[Tensor], Tensor], start: Tensor) -> None:
        super().__init__()
        self.function = function
        self.variable = nn.Parameter(start)

    def forward(self, inputs: Tensor) -> list[Tensor]:
        """The objectives' values, each repeated for the B samples of the batch."""
        return [value.expand(len(inputs)) for value in self.function(self.variable)]


def reflected(variable: Tensor) -> Tensor:
    """Fold the real line into [0, 1], as light between two mirrors."""
    return 1 - (variable.remainder(2) - 1).abs()


def smooth(variable: Tensor) -> Tensor:
    """Map the real line into [0, 1] by sin²(πx/2), flat where it touches 0 and 1."""
    return torch.sin(0.5 * math.pi * variable) ** 2


def vlmop2(point: Tensor) -> Tensor:
    """Two concave objectives of x (n,).

        f_1 = 1 − exp(−Σ (x_i − 1/√n)²),   f_2 = 1 − exp(−Σ (x_i + 1/√n)²)

    Van Veldhuizen and Lamont (1999). Front: x_1 = … = x_n in [−1/√n, 1/√n].
    """
    offset = 1 / math.sqrt(len(point))
    return torch.stack(
        [-torch.expm1(-((point - sign * offset) ** 2).sum()) for sign in (1.0, -1.0)]
    )


def zdt1(point: Tensor) -> Tensor:
    """Two objectives of x (n,) in the unit box, with the convex front f_2 = 1 − √f_1.

    Zitzler, Deb and Thiele, Evolutionary Computation 8 (2000). Front: x_2 = … = x_n = 0.
    """
    first, distance = _zdt(point)
    # The root's slope is infinite at zero; a tiny shift keeps it finite.
    return torch.stack([first, distance * (1 - torch.sqrt(first / distance + 1e-12))])


def zdt2(point: Tensor) -> Tensor:
    """Two objectives of x (n,) in the unit box, with the concave front f_2 = 1 − f_1².

    Zitzler, Deb and Thiele, Evolutionary Computation 8 (2000). Front: x_2 = … = x_n = 0.
    """
    first, distance = _zdt(point)
    return torch.stack([first, distance * (1 - (first / distance) ** 2)])


def _zdt(point: Tensor) -> tuple[Tensor, Tensor]:
    return reflected(point[0]), 1 + 9 * smooth(point[1:]).mean()


def dtlz2(point: Tensor) -> Tensor:
    """Three objectives of x (n,) in the unit box, whose front is the unit sphere's octant.

    Deb, Thiele, Laumanns and Zitzler (2002). Front: x_3 = … = x_n = 1/2.
    """
    first, second = 0.5 * math.pi * reflected(point[:2])
    radius = 1 + ((reflected(point[2:]) - 0.5) ** 2).sum()
    return radius * torch.stack(
        [
            torch.cos(first) * torch.cos(second),
            torch.cos(first) * torch.sin(second),
            torch.sin(first),
        ]
    )


def _value(output: Tensor, target: Tensor) -> Tensor:
    return output.mean()


def _problem(
    name: str,
    function: Callable[[Tensor], Tensor],
    objectives: int,
    start: Callable[[], Tensor],
    *,
    epochs: int = 30,
    lr: float = 0.05,
) -> Problem:
    nothing = torch.empty(STEPS_PER_EPOCH, 0)
    samples = Samples(nothing, tuple(torch.empty(STEPS_PER_EPOCH, 0) for _ in range(objectives)))
    return Problem(
        name=name,
        tasks=[Task(f"f{i + 1}", loss=_value, lower_bound=0.0) for i in range(objectives)],
        train=samples,
        val=samples,
        test=samples,
        networks={"variable": lambda: Variable(function, start())},
        generic=False,
        defaults=Defaults(
            network="variable",
            points=21,
            epochs=epochs,
            batch_size=1,
            lr=lr,
            scale="none",
            penalty=10.0,
            averaging=1,
        ),
    )


def make_vlmop2() -> Problem:
    """`vlmop2` in 10 variables."""
    return _problem("vlmop2", vlmop2, 2, lambda: torch.rand(10) - 0.5)


def make_zdt1() -> Problem:
    """`zdt1` in 30 variables."""
    return _problem("zdt1", zdt1, 2, lambda: _inside(30))


def make_zdt2() -> Problem:
    """`zdt2` in 30 variables."""
    return _problem("zdt2", zdt2, 2, lambda: _inside(30))


def make_dtlz2() -> Problem:
    """`dtlz2` in 12 variables."""
    return _problem("dtlz2", dtlz2, 3, lambda: _inside(12), epochs=80, lr=0.03)


def _inside(variables: int) -> Tensor:
    # Away from the box's faces, where the map to the box is flat.
    return 0.2 + 0.6 * torch.rand(variables)
