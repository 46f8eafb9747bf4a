"""The kinds of pictures that have an option of `plot-front` and of `Run.plot`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from paretocli.errors import InputError
from paretocli.library.drawing import (
    Better,
    Drawn,
    draw_against,
    draw_columns,
    draw_front,
    draw_history,
    draw_layers,
)
from paretocli.option import Option

PANEL = "What to draw"
BETTER = ("minimize", "maximize")


class Asked(NamedTuple):
    """What is to be drawn.

    Attributes:
        paths: Run directories or CSV files.
        value: Of the kind's option.
        split: Whose losses or metrics, None where nobody said so.
        better: What the user says is better lower, and higher.
        out: The picture's file, None for the usual one.
        title: The title, None for the usual one.
    """

    paths: Sequence[Path]
    value: Any
    split: str | None
    better: Better
    out: Path | None
    title: str | None


@dataclass(frozen=True)
class PictureKind:
    """A kind of picture.

    Attributes:
        option: What asks for it.
        draw: Draws it.
        without: Options that say nothing to it: `split`, `minimize`, `maximize`.
    """

    option: Option
    draw: Callable[[Asked], Drawn]
    without: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """The name of its file, where the user gives none."""
        name, value = self.option.name, self.option.metavar
        return f"{name}-{value}.png" if value else f"{name}.png"


PICTURES = {
    kind.option.name: kind
    for kind in (
        PictureKind(
            Option(
                name="losses",
                given=bool,
                flags=("--losses",),
                help="The losses of all objectives, size among them.",
                panel=PANEL,
            ),
            lambda a: draw_columns(a.paths, None, a.split or "test", a.better, a.out, a.title),
        ),
        PictureKind(
            Option(
                name="against",
                given=str,
                metavar="COLUMN",
                help="All tasks against one column, such as size (that of the exported network) or "
                "sparsity_rate.",
                panel=PANEL,
            ),
            lambda a: draw_against(a.paths, a.value, a.split or "test", a.better, a.out, a.title),
        ),
        PictureKind(
            Option(
                name="layers",
                given=int,
                metavar="POINT",
                help="What is left of each layer of one point, by its number in the one PATH.",
                panel=PANEL,
            ),
            lambda a: draw_layers(a.paths, a.value, a.out, a.title),
            without=("split", *BETTER),
        ),
        PictureKind(
            Option(
                name="history",
                given=bool,
                flags=("--history",),
                help="How hypervolume and fill distance (the largest hole) converged, against what "
                "was spent; sweeps that differ in their seed alone make one curve with a band.",
                panel=PANEL,
            ),
            lambda a: draw_history(a.paths, a.split or "val", a.out, a.title),
            without=BETTER,
        ),
    )
}


def draw(
    paths: Sequence[Path],
    kinds: Mapping[str, Any],
    *,
    x: str | None = None,
    y: str | None = None,
    split: str | None = None,
    better: Mapping[str, Any],
    out: Path | None = None,
    title: str | None = None,
) -> Drawn:
    """Draw what is asked for: a kind of picture, two columns, or what a sweep draws at its end.

    Args:
        paths: Run directories or CSV files.
        kinds: Values of the options of `PICTURES`, by name; None or False where not asked for.
        x: Column for the x axis.
        y: Column for the y axis; both, or neither.
        split: Whose losses or metrics, None where nobody said so.
        better: Names under `minimize` and `maximize`.
        out: The picture's file, None for the usual one.
        title: The title, None for the usual one.

    Raises:
        InputError: Things are asked for that do not go together, or a column is not there.
    """
    asked = asked_for(kinds)
    refuse_together(
        {**{f"--{name}": kinds[name] for name in asked}, "--x and --y": x if y is None else y}
    )
    columns = two_columns(x, y)
    further = {"split": split, **better}
    sides = Better(*(set(better.get(side) or ()) for side in BETTER))
    for name in asked:
        for other in PICTURES[name].without:
            refuse_together({f"--{name}": kinds[name], f"--{other}": further.get(other)})
        refuse_twins(paths)
        return PICTURES[name].draw(Asked(paths, kinds[name], split, sides, out, title))
    refuse_twins(paths)
    if columns is None:
        return draw_front(paths, split or "test", sides, out, title)
    return draw_columns(paths, columns, split or "test", sides, out, title)


def two_columns(x: str | None, y: str | None) -> list[str] | None:
    """Both columns, None where none is given.

    Raises:
        InputError: One alone is.
    """
    if x is not None and y is not None:
        return [x, y]
    if x is not None or y is not None:
        given, other = ("--x", "--y") if y is None else ("--y", "--x")
        raise InputError(f"{given} was given without {other}; give both columns, or neither.")
    return None


def asked_for(kinds: Mapping[str, Any]) -> list[str]:
    """The kinds that are asked for, by name."""
    return [name for name, value in kinds.items() if value is not None and value is not False]


def refuse_together(options: Mapping[str, object]) -> None:
    """Refuse more than one of some options.

    Raises:
        InputError: There are several.
    """
    given = [name for name, value in options.items() if value not in (None, [], (), set())]
    if len(given) > 1:
        raise InputError(f"{given[0]} does not go with {given[1]}; give one of them.")


def refuse_twins(paths: Sequence[Path]) -> None:
    """Refuse an input that comes twice.

    Raises:
        InputError: There is one.
    """
    seen: set[Path] = set()
    for path in paths:
        # A run directory and the results.csv in it are the same input.
        real = path.resolve() / "results.csv" if path.is_dir() else path.resolve()
        if real in seen:
            raise InputError(f"{path} was given twice; give each input once.")
        seen.add(real)
