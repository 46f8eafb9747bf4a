"""Further points of a sweep: where they are asked for, and their weights."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from paretocli.errors import InputError
from paretocli.planning.classification import Classes
from paretocli.planning.parents import SMALLEST
from paretocli.planning.preferences import Weights, log_ratios, point_with
from paretocli.run_directory.rounds import Row

NONE_KEPT: Mapping[int, int] = {}
KINDS = ("weights", "between", "around", "holes", "sizes", "want", "from")


@dataclass(frozen=True)
class Request:
    """Which further points are asked for, in one way.

    Attributes:
        weights: These, one an objective.
        between: Points between two others, by their numbers.
        around: Points around another one.
        holes: So many points where the front is emptiest.
        points: How many there are to be between or around.
        sizes: One of each of these numbers of parameters.
        want: One that fulfils these conditions on columns.
        classes: One that is another one changed as these say.
    """

    weights: tuple[Row, ...] = ()
    between: tuple[int, int] | None = None
    around: int | None = None
    holes: int | None = None
    points: int | None = None
    sizes: tuple[int, ...] = ()
    want: tuple[str, ...] = ()
    classes: Classes | None = None

    @property
    def text(self) -> str:
        """As on the command line: what is written down of it."""
        words = [f"--weights {','.join(f'{w:.17g}' for w in row)}" for row in self.weights]
        if self.between is not None:
            words.append(f"--between {self.between[0]},{self.between[1]}")
        for name in ("around", "holes", "points"):
            if (value := getattr(self, name)) is not None:
                words.append(f"--{name} {value}")
        if self.sizes:
            words.append(f"--sizes {','.join(map(str, self.sizes))}")
        words += [f"--want {shlex.quote(text)}" for text in self.want]
        if self.classes is not None:
            words.append(self.classes.text)
        return " ".join(words)

    def check(self) -> None:
        """Refuse what does not go together.

        Raises:
            InputError: Nothing is asked for, or several things at a time.
        """
        ways = (
            *(self.weights, self.between, self.around, self.holes),
            *(self.sizes, self.want, self.classes),
        )
        given = [name for name, way in zip(KINDS, ways, strict=True) if way not in ((), None)]
        flags = ", ".join(f"--{name}" for name in KINDS)
        if not given:
            raise InputError(f"refine needs to know which points to add; give one of {flags}.")
        if len(given) > 1:
            raise InputError(
                f"--{given[0]} and --{given[1]} ask for points in two ways; give one of {flags}."
            )
        if self.points is not None and given[0] not in ("between", "around"):
            raise InputError(
                f"--points goes with --between and --around, and says nothing to --{given[0]}; "
                "leave it out."
            )
        for name in ("points", "holes"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InputError(f"--{name} should be at least 1, found {value}.")


def pair_of(points: Sequence[int]) -> tuple[int, int]:
    """Two numbers of points.

    Raises:
        InputError: They are not two.
    """
    if len(points) != 2:
        raise InputError(
            f"--between should be the numbers of two points, as in --between 3,4, found "
            f"{len(points)}."
        )
    return points[0], points[1]


def between(
    weights: Sequence[Row],
    first: int,
    last: int,
    points: int,
    kept: Mapping[int, int] = NONE_KEPT,
) -> Weights:
    """Weights (points, m) on the way from one point to another, in equal factors.

    Args:
        weights: Of all points.
        first: Where the way begins.
        last: Where it ends.
        points: How many.
        kept: The points that are epochs of others, with these, whose weights they have.
    """
    _refuse_unknown(weights, (first, last), "--between")
    if first == last:
        raise InputError(
            f"--between {first},{last} names one point twice; name two points, as in --between 3,4."
        )
    if kept.get(first, first) == kept.get(last, last):
        raise InputError(
            f"--between {first},{last} names points with the same weights, for one is an epoch of "
            "the other or both are of a third; name two that were solved for different weights."
        )
    ends = np.log(np.maximum(np.array([weights[first], weights[last]]), SMALLEST))
    share = np.arange(1, points + 1)[:, None] / (points + 1)
    return _normalised(np.exp((1 - share) * ends[0] + share * ends[1]))


def neighbours(
    weights: Sequence[Row], point: int, points: int, kept: Mapping[int, int] = NONE_KEPT
) -> list[int]:
    """The points whose weights are nearest to another one's, in factors.

    Args:
        weights: Of all points.
        point: Whose neighbours they are.
        points: How many.
        kept: The points that are epochs of others, with these, whose weights they have.
    """
    _refuse_unknown(weights, (point,), "--around")
    own = kept.get(point, point)
    if len(weights) - len(kept) == 1:
        raise InputError("--around needs neighbours, but the sweep has one point; give --weights.")
    places = log_ratios(np.array(weights), SMALLEST)
    distance = np.linalg.norm(places - places[point], axis=1)
    near = distance.argsort(kind="stable").tolist()
    found = [n for n in near if n != own and n not in kept]
    if points > len(found):
        raise InputError(
            f"--around {point} finds {len(found)} neighbours, fewer than the {points} points "
            "asked for; ask for fewer."
        )
    return found[:points]


def refuse_doubles(weights: Sequence[Row], wanted: Weights) -> None:
    """Refuse points that are there already, or twice among those asked for.

    Raises:
        InputError: One is.
    """
    known = np.array(weights)
    for row in wanted:
        number = point_with(known, row)
        if number is not None:
            shown = ",".join(f"{weight:.4g}" for weight in row)
            whose = f"those of point {number}" if number < len(weights) else "asked for twice"
            raise InputError(
                f"The weights {shown} are {whose}; ask for others, for one point needs to be "
                "solved but once."
            )
        known = np.vstack([known, row])


def _refuse_unknown(weights: Sequence[Row], points: Sequence[int], flag: str) -> None:
    for point in points:
        if not 0 <= point < len(weights):
            raise InputError(
                f"{flag} names point {point}, which the sweep does not have; its points are 0 to "
                f"{len(weights) - 1}."
            )


def _normalised(weights: Weights) -> Weights:
    rows: Weights = weights / weights.sum(axis=1, keepdims=True)
    return rows
