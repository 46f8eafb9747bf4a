"""Options: the points of the grid."""

from dataclasses import dataclass, replace
from pathlib import Path

from paretocli.option import Option, option, options_of

PANEL = "Weights"

# How weights can be asked for; the ones named at the highest level win together.
WEIGHT_OPTIONS = ("points", "divisions", "weights", "weights_file")


@dataclass(frozen=True, kw_only=True)
class WeightOptions:
    """How the points of a sweep are asked for; its weights follow."""

    points: int = option(
        "A lattice of about so many points; where there is none, so many spread evenly. Its "
        "corners are kept off 0, by 0.01, but for the solver linear.",
        shown="the problem's",
        single=False,
    )
    divisions: int = option(
        "A lattice with so many steps from corner to corner.",
        single=False,
    )
    weights: list[str] = option(
        "One point's weights, such as 0.2,0.8; repeatable. They are kept as they are, 0 too, but "
        "divided by their sum.",
        given=list,
        metavar="A,B",
    )
    weights_file: Path = option(
        "A CSV with one row a point and a column for each objective; numbers as for --weights.",
        metavar="FILE",
        single=False,
    )
    fix: list[str] = option(
        "Give an objective this weight in all points; the others share the rest. Repeatable.",
        given=list,
        metavar="NAME=W",
    )


def weight_options(*, single: bool) -> tuple[Option, ...]:
    """The options of a sweep, or of a single point."""
    found = options_of(WeightOptions, PANEL)
    return (
        tuple(_of_one(one) if one.name == "weights" else one for one in found) if single else found
    )


def _of_one(weights: Option) -> Option:
    return replace(
        weights,
        given=str,
        help="The weights of the objectives, such as 0.2,0.8. They are kept as they are, 0 too, "
        "but divided by their sum.",
        shown="all equal",
    )
