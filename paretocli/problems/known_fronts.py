"""The fronts of the analytic problems: their points, and the hypervolume of all of them.

Without torch: whoever measures points reads this, and makes no problem. Hypervolumes are closed
forms where there is one, else integrals to the digits written.
"""

import math
from collections.abc import Callable
from itertools import combinations

import numpy as np
import numpy.typing as npt

from paretocli.core.known_front import KnownFront

Array = npt.NDArray[np.float64]
Sample = Callable[[int], Array]

FINE = 4001  # places along a part of a curve by which its length is measured

# Where x_1 lies on the front of zdt3: from where 1 − √x − x sin 10πx is below all that was before
# to its next minimum.
ZDT3_PARTS = (
    (0.0, 0.08300153492691163),
    (0.1822287280293998, 0.2577623633878302),
    (0.4093136748086568, 0.4538821040888302),
    (0.6183967944392658, 0.6525117038046625),
    (0.8233317983266327, 0.8518328654364140),
)
ZDT3_LOWEST = -0.7733690123266405

# Of re21: force and area (kN, cm²) are 10, the length of its bars (cm), and 10 · 200 / 2e5.
RE21_LENGTH = 200.0
RE21_FLEXIBILITY = 0.01


def curve(front: Callable[[Array], Array], *parts: tuple[float, float]) -> Sample:
    """Points of a curve, at equal distances in units of its range.

    Args:
        front: Objectives (N, 2) from places (N,).
        parts: From where to where places go, in order.
    """

    def sample(count: int) -> Array:
        fine = [np.linspace(low, high, FINE) for low, high in parts]
        lines = [front(places) for places in fine]
        size = np.ptp(np.concatenate(lines), axis=0)
        lengths = [_along(line / size) for line in lines]
        total = sum(length[-1] for length in lengths)
        points = []
        for places, length in zip(fine, lengths, strict=True):
            number = max(2, round(count * length[-1] / total))
            points.append(front(np.interp(np.linspace(0, length[-1], number), length, places)))
        return np.concatenate(points)

    return sample


def octant(objectives: int) -> Sample:
    """Points of the part of the unit sphere without a negative coordinate: a lattice's rays."""

    def sample(count: int) -> Array:
        divisions = 1
        while math.comb(divisions + objectives, objectives - 1) <= count:
            divisions += 1
        slots = divisions + objectives - 1
        bars = np.array(list(combinations(range(slots), objectives - 1)))
        ends = np.full((len(bars), 1), slots)
        steps = np.diff(np.hstack([ends * 0 - 1, bars, ends]), axis=1) - 1.0
        rays: Array = steps / np.linalg.norm(steps, axis=1, keepdims=True)
        return rays

    return sample


def octant_volume(dimensions: int) -> float:
    """Of the part of the unit ball without a negative coordinate; 1 in no dimension."""
    whole = math.pow(math.pi, dimensions / 2) / math.gamma(dimensions / 2 + 1)
    return math.ldexp(whole, -dimensions)


def zdt3_curve(first: Array) -> Array:
    """The objectives (N, 2) of `zdt3` where x_2 = … = x_n = 0, from x_1 (N,)."""
    second = 1 - np.sqrt(first) - first * np.sin(10 * math.pi * first)
    return np.stack([first, second], axis=1)


def re21_curve(width: Array) -> Array:
    """The front (N, 2) of `re21`, from the first bar's section (N,) as if it had no bounds.

    With x_3 at its lower bound, volume and displacement are Σ a_i x_i and Σ b_i / x_i: where their
    gradients are parallel, x_i ∝ √(b_i / a_i), as far as its bounds let each.
    """
    root = math.sqrt(2)
    x1 = width.clip(1, 3)
    x2, x4 = (root * width).clip(root, 3), (root * width).clip(1, 3)
    volume = RE21_LENGTH * (2 * x1 + root * x2 + root**0.5 + x4)
    displacement = RE21_FLEXIBILITY * (2 / x1 + 2 * root / x2 - 2 + 2 / x4)
    return np.stack([volume, displacement], axis=1)


def _vlmop2(place: Array) -> Array:
    # All n variables are place / √n.
    return np.stack([-np.expm1(-((place - sign) ** 2)) for sign in (1, -1)], axis=1)


def _sphere(objectives: int) -> KnownFront:
    sides = 1.1**objectives
    return KnownFront(
        (0.0,) * objectives,
        (1.1,) * objectives,
        sides - octant_volume(objectives),
        octant(objectives),
    )


def _inverted_sphere(objectives: int) -> KnownFront:
    # Seen from (1, …, 1), what is dominated reaches 0.1 behind in some coordinates, and with the
    # others up to the sphere.
    dominated = sum(
        math.comb(objectives, ahead) * 0.1 ** (objectives - ahead) * octant_volume(ahead)
        for ahead in range(objectives + 1)
    )
    rays = octant(objectives)
    return KnownFront(
        (0.0,) * objectives, (1.1,) * objectives, dominated, lambda count: 1 - rays(count)
    )


def _re21() -> KnownFront:
    ends = re21_curve(np.array([3.0, math.sqrt(0.5)]))
    low, high = ends.min(axis=0), ends.max(axis=0)
    return KnownFront(
        tuple(low.tolist()),
        tuple((low + 1.1 * (high - low)).tolist()),
        54.58381260147901,
        curve(re21_curve, (math.sqrt(0.5), 3.0)),
    )


KNOWN_FRONTS: dict[str, KnownFront] = {
    "vlmop2": KnownFront((0.0, 0.0), (1.1, 1.1), 0.5521155931198941, curve(_vlmop2, (-1.0, 1.0))),
    "zdt1": KnownFront(
        (0.0, 0.0),
        (1.1, 1.1),
        0.21 + 2 / 3,
        curve(lambda x: np.stack([x, 1 - np.sqrt(x)], axis=1), (0.0, 1.0)),
    ),
    "zdt2": KnownFront(
        (0.0, 0.0),
        (1.1, 1.1),
        0.21 + 1 / 3,
        curve(lambda x: np.stack([x, 1 - x**2], axis=1), (0.0, 1.0)),
    ),
    "zdt3": KnownFront(
        (0.0, ZDT3_LOWEST), (1.1, 1.1), 1.3317629086570204, curve(zdt3_curve, *ZDT3_PARTS)
    ),
    "dtlz2": _sphere(3),
    "dtlz2_5": _sphere(5),
    "idtlz2": _inverted_sphere(3),
    "re21": _re21(),
}
"""By the name of the built-in problem."""


def _along(line: Array) -> Array:
    """How far each point (N, 2) of a line is from its start, along it (N,)."""
    steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
    return np.concatenate([[0.0], steps.cumsum()])
