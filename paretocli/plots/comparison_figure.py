"""The picture of a comparison, from its figures to a file."""

from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure

from paretocli.front.comparison import Comparison
from paretocli.plots.attainment_data import gather_attainment
from paretocli.plots.attainment_figure import figure_attainment
from paretocli.plots.indicators_data import gather_indicators
from paretocli.plots.indicators_figure import figure_indicators
from paretocli.plots.saving import check_target, save
from paretocli.plots.style import RC


def save_comparison(comparison: Comparison, path: Path) -> None:
    """Draw a picture and write it; the suffix of `path` (png, svg, pdf) is the format.

    Raises:
        InputError: The picture cannot be written.
    """
    check_target(path)
    with rc_context(RC):
        save(figure_comparison(comparison), path)


def figure_comparison(comparison: Comparison) -> Figure:
    """Draw what each method attains for two columns, or for more its indicators.

    What is attained in three or more dimensions has no picture that can be read, and its
    projections would show as better what is not.
    """
    if len(comparison.columns.names) == 2:
        return figure_attainment(gather_attainment(comparison))
    return figure_indicators(gather_indicators(comparison))
