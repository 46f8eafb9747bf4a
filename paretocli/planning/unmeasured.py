"""Points of which nobody has measured yet what is asked of them."""

from collections.abc import Iterable, Sequence

from paretocli.errors import InputError
from paretocli.front.columns import MEASURED
from paretocli.front.measured import measure_command
from paretocli.front.results import Results
from paretocli.front.unmeasured import named, unmeasured
from paretocli.run_directory.sweep_file import SweepFile


def to_be_measured(
    sweep: SweepFile, results: Results, columns: Sequence[str], asked: str
) -> tuple[str, str]:
    """What is to be said of points that have to be measured before they can be judged.

    Args:
        sweep: The sweep.
        results: Its table.
        columns: That they are judged by.
        asked: What asked for points, by which those that were trained for it are known.

    Returns:
        A sentence on those that were trained for it, without which nobody can go on; and one on the
        others. Either may be empty.
    """
    points = unmeasured(results, columns)
    own = {point for one in sweep.rounds if one.asked == asked for point in one.points}
    tried = [point for point in points if point in own]
    others = [point for point in points if point not in own]
    command = measure_command(sweep.path)
    waiting = left_out = ""
    if tried:
        waiting = (
            f"{named(tried)} trained for it and {_is(tried)} not measured yet; run {command}, and "
            "then this command again, which goes on."
        )
    if others:
        left_out = f"{named(others)} not measured, so nothing is known of {_them(others)} here."
    return waiting, left_out


def refuse_measured(columns: Iterable[str], what: str) -> None:
    """Refuse columns that nobody knows of a point that has just been trained.

    Args:
        columns: Some columns.
        what: What they are given for, such as `--columns`.

    Raises:
        InputError: One of them is measured.
    """
    for column in columns:
        if column in MEASURED:
            raise InputError(
                f"{column} is measured once points are trained, and {what} needs it before; ask "
                f'for it with refine --want "{column} <= …".'
            )


def _is(points: Sequence[int]) -> str:
    return "are" if points[1:] else "is"


def _them(points: Sequence[int]) -> str:
    return "them" if points[1:] else "it"
