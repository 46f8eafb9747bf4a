"""What a picture of indicators over seeds and folds shows."""

from dataclasses import dataclass

from paretocli.front.comparison import Comparison
from paretocli.plots.data import splits_of
from paretocli.plots.input_names import title_of


@dataclass(frozen=True)
class Panel:
    """One indicator.

    Attributes:
        label: Its name for people.
        higher: Whether higher is better.
        values: For each method that of each sweep.
    """

    label: str
    higher: bool
    values: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class IndicatorsData:
    """A whole picture: panels that share the methods."""

    methods: tuple[str, ...]
    panels: tuple[Panel, ...]
    title: str
    over: str = "seeds"


def gather_indicators(comparison: Comparison) -> IndicatorsData:
    """Collect the indicators that say what a front is worth."""
    shown = {
        "hypervolume": (
            f"hypervolume{'' if comparison.exact else ' (approximated)'}, share of the box",
            True,
        ),
        "igd_plus": ("IGD+", False),
        "epsilon": ("additive ε", False),
    }
    results = [one.sweep.results for one in comparison.sweeps]
    return IndicatorsData(
        methods=tuple(method.name for method in comparison.methods),
        panels=tuple(
            Panel(words, higher, tuple(tuple(m.values(name)) for m in comparison.methods))
            for name, (words, higher) in shown.items()
        ),
        title=title_of(results, splits_of(results, comparison.columns.names)),
        over=comparison.over,
    )
