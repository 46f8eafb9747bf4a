"""Test problems of multi-objective optimization whose fronts are known.

They run through the same machinery as networks: the module's parameter is the variable, its
outputs are the objectives' values, the loss of a "task" is its output, and an epoch is a number
of steps.

Box constraints 0 ≤ x ≤ 1 are built into the objectives, so the variable itself is free. Variables
that place a point along the front are *reflected* at the box's faces, which leaves no stationary
point there to get stuck on. Those that measure the distance to a front on the box's face are
mapped *smoothly*, so that a point on the front is stationary and the certificate holds.

Each problem holds its whole front, with a reference point and the largest hypervolume.
"""

import math
from collections.abc import Callable
from functools import partial, reduce
from itertools import pairwise
from operator import mul

import torch
from torch import Tensor, nn

from paretocli.core.problem import Defaults, Problem, Samples, Task
from paretocli.problems.known_fronts import (
    KNOWN_FRONTS,
    RE21_FLEXIBILITY,
    RE21_LENGTH,
    ZDT3_PARTS,
)

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


def zdt3(point: Tensor) -> Tensor:
    """Two objectives of x (n,) in the unit box, with a front in five parts.

        f_2 = g (1 − √(f_1/g) − (f_1/g) sin 10πf_1)

    Zitzler, Deb and Thiele, Evolutionary Computation 8 (2000). Front: x_2 = … = x_n = 0, and x_1
    in five intervals.

    Any other x_1 is dominated, whatever the rest is, and a barrier to each descent: f_2 rises there
    before it falls. The variable goes through the five intervals alone, from one into the next; f_2
    is the same on both sides, f_1 jumps. So the gaps stay, and the barriers do not.
    """
    first = _in_parts(reflected(point[0]), ZDT3_PARTS)
    distance = _distance(point)
    share = first / distance
    wave = share * torch.sin(10 * math.pi * first)
    return torch.stack([first, distance * (1 - torch.sqrt(share + 1e-12) - wave)])


def _zdt(point: Tensor) -> tuple[Tensor, Tensor]:
    return reflected(point[0]), _distance(point)


def _distance(point: Tensor) -> Tensor:
    return 1 + 9 * smooth(point[1:]).mean()


def _in_parts(place: Tensor, parts: tuple[tuple[float, float], ...]) -> Tensor:
    """Map [0, 1] onto intervals, each after the one before it, by a line with jumps."""
    total = sum(high - low for low, high in parts)
    found, begun = parts[0][0] + place * total, parts[0][1] - parts[0][0]
    for (_, before), (low, high) in pairwise(parts):
        found = found + (place * total > begun) * (low - before)
        begun += high - low
    return found


def dtlz2(point: Tensor, objectives: int = 3) -> Tensor:
    """Objectives (m,) of x (n,) in the unit box, whose front is the unit sphere's octant.

    Deb, Thiele, Laumanns and Zitzler (2002). Front: x_m = … = x_n = 1/2.
    """
    places, radius = _polar(point, objectives)
    return radius * places


def idtlz2(point: Tensor, objectives: int = 3) -> Tensor:
    """`dtlz2` upside down: (1 + g) − f, with the front 1 − s for s on the unit sphere's octant.

    Jain and Deb, IEEE Transactions on Evolutionary Computation 18 (2014), who invert DTLZ1 so; for
    DTLZ2: Tian, Cheng, Zhang and Jin, IEEE Computational Intelligence Magazine 12 (2017). A regular
    lattice of weights has many outside of such a front, whose points lie together on its edge.
    """
    places, radius = _polar(point, objectives)
    return radius * (1 - places)


def _polar(point: Tensor, objectives: int) -> tuple[Tensor, Tensor]:
    """Where on the unit sphere's octant (m,), and how far out, at least 1."""
    angles = list(0.5 * math.pi * reflected(point[: objectives - 1]))
    radius = 1 + ((reflected(point[objectives - 1 :]) - 0.5) ** 2).sum()
    places = []
    for left in range(objectives - 1, -1, -1):
        factors = [torch.cos(angle) for angle in angles[:left]]
        factors += [torch.sin(angle) for angle in angles[left : left + 1]]
        places.append(reduce(mul, factors))
    return torch.stack(places), radius


def re21(point: Tensor) -> Tensor:
    """Volume and displacement of a truss of four bars, from their sections x (4,) within bounds.

    Cheng and Li, Engineering Optimization 31 (1999); RE21 of Tanabe and Ishibuchi, Applied Soft
    Computing 89 (2020). Front: x_3 at its lower bound.
    """
    root = math.sqrt(2)
    low = point.new_tensor([1, root, root, 1])
    x1, x2, x3, x4 = low + (3 - low) * smooth(point)
    volume = RE21_LENGTH * (2 * x1 + root * x2 + x3.sqrt() + x4)
    displacement = RE21_FLEXIBILITY * (2 / x1 + 2 * root / x2 - 2 * root / x3 + 2 / x4)
    return torch.stack([volume, displacement])


def _value(output: Tensor, target: Tensor) -> Tensor:
    return output.mean()


def _problem(
    name: str,
    function: Callable[[Tensor], Tensor],
    start: Callable[[], Tensor],
    *,
    epochs: int = 30,
    lr: float = 0.05,
    scale: str = "none",
) -> Problem:
    nothing = torch.empty(STEPS_PER_EPOCH, 0)
    front = KNOWN_FRONTS[name]
    samples = Samples(nothing, tuple(torch.empty(STEPS_PER_EPOCH, 0) for _ in front.ideal))
    return Problem(
        name=name,
        tasks=[Task(f"f{i}", loss=_value, lower_bound=low) for i, low in enumerate(front.ideal, 1)],
        train=samples,
        val=samples,
        test=samples,
        networks={"variable": lambda: Variable(function, start())},
        generic=False,
        front=front,
        defaults=Defaults(
            network="variable",
            points=21,
            epochs=epochs,
            batch_size=1,
            lr=lr,
            scale=scale,
            penalty=10.0,
            averaging=1,
        ),
    )


def make_vlmop2() -> Problem:
    """`vlmop2` in 10 variables."""
    return _problem("vlmop2", vlmop2, lambda: torch.rand(10) - 0.5)


def make_zdt1() -> Problem:
    """`zdt1` in 30 variables."""
    return _problem("zdt1", zdt1, lambda: _inside(30))


def make_zdt2() -> Problem:
    """`zdt2` in 30 variables."""
    return _problem("zdt2", zdt2, lambda: _inside(30))


def make_zdt3() -> Problem:
    """`zdt3` in 30 variables."""
    return _problem("zdt3", zdt3, lambda: _inside(30))


def make_dtlz2() -> Problem:
    """`dtlz2` in 12 variables."""
    return _problem("dtlz2", dtlz2, lambda: _inside(12), epochs=80, lr=0.03)


def make_dtlz2_5() -> Problem:
    """`dtlz2` with 5 objectives, in 14 variables."""
    function = partial(dtlz2, objectives=5)
    return _problem("dtlz2_5", function, lambda: _inside(14), epochs=80, lr=0.03)


def make_idtlz2() -> Problem:
    """`idtlz2` in 12 variables."""
    return _problem("idtlz2", idtlz2, lambda: _inside(12), epochs=80, lr=0.03)


def make_re21() -> Problem:
    """`re21` in 4 variables."""
    return _problem("re21", re21, lambda: _inside(4), scale="initial")


def _inside(variables: int) -> Tensor:
    # Away from the box's faces, where the map to the box is flat.
    return 0.2 + 0.6 * torch.rand(variables)
