"""What `paretocli prune` is going to do, and what came of it."""

import json
import math
from collections.abc import Sequence
from typing import Any

from rich.table import Table

from paretocli.cli.point_tables import as_figure
from paretocli.cli.tables import as_text
from paretocli.front.columns import body_of, is_share
from paretocli.front.partners import Pairs
from paretocli.library.pruning import Baseline


def plan_text(baseline: Baseline, *, as_json: bool) -> str:
    """Which dense networks are trained, and to which sizes they are pruned."""
    config, partners = baseline.resolved.config, baseline.partners
    if as_json:
        content = {
            "directory": str(config.out),
            "from": "larger" if config.pruned_gradually else "dense",
            "epochs": config.epochs,
            "weights": [list(row) for row in config.weights],
            "partners": [
                {
                    "partner": one.point,
                    "weights": list(one.weights),
                    "pruned_to": one.size,
                    "epochs": one.epochs,
                }
                for one in partners
            ],
        }
        return json.dumps(content, indent=2)
    table = Table(box=None, pad_edge=False, header_style="bold")
    headers = ("like\npoint", "parameters\nat most", "epochs")
    for header in (*headers, *(f"w {name}" for name in config.objectives)):
        table.add_column(header, justify="right", no_wrap=True, vertical="bottom")
    for one in partners:
        numbers = (str(one.point), f"{one.size:,}", str(one.epochs))
        table.add_row(*numbers, *(f"{weight:.4f}" for weight in one.weights))
    count = len(config.weights)
    networks = "1 dense network" if count == 1 else f"{count} dense networks"
    source = "each from the next larger one" if config.pruned_gradually else "from the dense one"
    lines = {
        "dense": f"{networks}, {config.epochs} epochs each",
        "pruned": f"{len(partners)}, {source}",
        "directory": str(config.out),
    }
    described = "\n".join(f"{name:<10} {text}" for name, text in lines.items())
    return "\n\n".join([described, as_text(table), "Nothing was run."])


WIDTH = 80  # of a terminal


def pairs_text(pairs: Pairs, split: str) -> list[str]:
    """A table of networks of one size, side by side, and in which tasks which are better.

    Args:
        pairs: The pairs.
        split: Whose figures they have.
    """
    text = _table(pairs, range(len(pairs.columns)))
    if max(map(len, text.splitlines())) > WIDTH:  # the sentences below are of all tasks
        text = _table(pairs, ())
    count = len(pairs.points)
    lines = [text, ""]
    for place, column in enumerate(pairs.columns):
        if (found := pairs.counts(place)) is not None:
            better, equal, worse = found
            lines.append(
                f"{_words(column)} on {split}: pruned is better at {better} of {count}, as good at "
                f"{equal}, worse at {worse}."
            )
    return lines


def _table(pairs: Pairs, places: Sequence[int]) -> str:
    """The pairs with some of the columns."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    headers = ["point", "like\npoint", "parameters\nsparse", "\npruned"]
    for place in places:
        headers += [f"{_words(pairs.columns[place])}\nsparse", "\npruned"]
    for header in headers:
        table.add_column(header, justify="right", no_wrap=True, vertical="bottom")
    for row, (point, partner) in enumerate(zip(pairs.points, pairs.partners, strict=True)):
        cells = [str(point), str(partner), *(f"{size:,.0f}" for size in pairs.sizes[row])]
        for place in places:
            column, figures = pairs.columns[place], pairs.figures[:, place]
            share = is_share(column, figures)
            cells += [as_figure(column, float(v), share=share) for v in figures[row]]
        table.add_row(*cells)
    return as_text(table)


def pairs_as_json(pairs: Pairs | None) -> list[dict[str, Any]]:
    """The same, an object a pair."""
    if pairs is None:
        return []
    return [
        {
            "point": point,
            "partner": partner,
            "compact_parameters": _both([int(size) for size in pairs.sizes[row]]),
            **{
                c: _both(pairs.figures[row, place].tolist())
                for place, c in enumerate(pairs.columns)
            },
        }
        for row, (point, partner) in enumerate(zip(pairs.points, pairs.partners, strict=True))
    ]


def _both(values: Sequence[float]) -> dict[str, float | None]:
    shown = [value if math.isfinite(value) else None for value in values]
    return dict(zip(("sparse", "pruned"), shown, strict=True))


def _words(column: str) -> str:
    return body_of(column).replace("_", " ")
