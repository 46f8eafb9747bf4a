"""Options: the points of the grid."""

from dataclasses import dataclass, replace
from pathlib import Path

from paretocli.option import Option, at_least, one_of, option, options_of

PANEL = "Weights"

# How weights can be asked for; the ones named at the highest level win together.
WEIGHT_OPTIONS = ("points", "divisions", "weights", "weights_file")
WISH_OPTIONS = ("max_parameters", "max_macs")  # as columns with compact_ for max_
GROWTH_OPTIONS = ("columns", "where", "budget")  # of a sweep whose points are placed as it goes on
LEANING = ("around", "clusters")  # placements whose points lean from the middle
LEAN = 4.0


@dataclass(frozen=True, kw_only=True)
class WeightOptions:
    """How the points of a sweep are asked for; its weights follow."""

    points: int = option(
        "A lattice of about so many points; where there is none, so many spread evenly. Its "
        "corners are kept off 0, by 0.01, but for the solver linear. With stch-set so many "
        "networks, which share their weights (4 where nothing is said).",
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
    placement: str = option(
        "Where the points are: on a lattice; (adaptive) a few at first and then, round by round, "
        "where the front is emptiest; (around) in the middle, with one that leans to each "
        "objective; or (clusters) in the middle first, and then one that leans to each cluster of "
        "tasks whose gradients agree there, --points in all.",
        metavar="NAME",
        range=one_of("lattice", "adaptive", *LEANING),
        shown="lattice",
        single=False,
    )
    columns: str = option(
        "For --placement adaptive: in which columns the front is to have no holes, such as "
        "accuracy_left,size.",
        metavar="NAMES",
        shown="the tasks' metrics and size, or the losses",
        single=False,
    )
    where: list[str] = option(
        'For --placement adaptive: which points are of interest, such as "accuracy_left >= 90 %". '
        "Repeatable.",
        given=list,
        metavar="CONDITION",
        shown="each task has learned something",
        single=False,
    )
    budget: int = option(
        "For --placement adaptive: add no point beyond so many epochs of single networks.",
        range=at_least(1),
        single=False,
    )
    lean: float = option(
        "For --placement around and clusters: how many times the weight of another objective those "
        "have that a point leans to.",
        range=(lambda value: 1 < value <= 1000, "above 1 and at most 1000"),
        shown=f"{LEAN:g}",
        single=False,
    )
    max_parameters: int = option(
        "Add a point whose exported network has no more parameters, where none has: a wish as of "
        "refine --want.",
        range=at_least(1),
    )
    max_macs: int = option(
        "The same of its multiply-accumulates for one sample.",
        range=at_least(1),
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
