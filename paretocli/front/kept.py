"""Which points of a front are epochs of others."""

from collections.abc import Sequence

from paretocli.errors import InputError
from paretocli.front.exchange import RESULTS_FILE
from paretocli.front.results import Results
from paretocli.run_directory.sweep_file import read_sweep_file


def kept_among(results: Results, rows: Sequence[int]) -> dict[int, int]:
    """The points of some rows that are kept epochs of others, with these; none of a bare table."""
    if results.path.name != RESULTS_FILE:
        return {}
    try:
        kept = read_sweep_file(results.path.parent).kept
    except InputError:  # anybody's table of that name
        return {}
    return {point: kept[point] for point in map(results.point, rows) if point in kept}
