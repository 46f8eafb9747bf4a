"""The weights of a plan: a column for each objective, or a line a point where these are many."""

from collections import Counter
from collections.abc import Sequence

from rich.table import Table

from paretocli.cli.tables import MOST_COLUMNS, as_text
from paretocli.lists import some_of

NAMED = 3  # objectives of a point, those of the largest weights


def weights_text(objectives: Sequence[str], weights: Sequence[Sequence[float]]) -> str:
    """A table of the weights (K, m) of points."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("point", justify="right", no_wrap=True)
    if len(objectives) > MOST_COLUMNS:
        table.add_column("weights", no_wrap=True)
        for point, row in enumerate(weights):
            table.add_row(str(point), row_text(objectives, row))
        return as_text(table)
    for name in objectives:
        table.add_column(f"w {name}", justify="right", no_wrap=True)
    for point, row in enumerate(weights):
        table.add_row(str(point), *(f"{weight:.4f}" for weight in row))
    return as_text(table)


def row_text(objectives: Sequence[str], weights: Sequence[float]) -> str:
    """The weights (m,) of a point in a line: the largest by name, and what the others have."""
    shown = [f"{weight:.4f}" for weight in weights]
    usual, count = Counter(shown).most_common(1)[0]
    if count == len(shown):
        return f"{usual} each"
    others = f"{usual} each of the others"
    named = [place for place, text in enumerate(shown) if text != usual]
    if count < len(shown) - 2 * NAMED:  # nothing that most of them have
        named = sorted(range(len(weights)), key=lambda place: -weights[place])[:NAMED]
        rest = [weight for place, weight in enumerate(weights) if place not in named]
        others = f"the others {min(rest):.4f} to {max(rest):.4f}"
    alike: dict[str, list[str]] = {}
    for place in sorted(named, key=lambda place: -weights[place]):
        alike.setdefault(shown[place], []).append(objectives[place])
    first = [
        f"{some_of(names, NAMED)} {text}{' each' if len(names) > 1 else ''}"
        for text, names in alike.items()
    ]
    return "; ".join([", ".join(first), others])
