"""What `paretocli select` says of a point."""

from collections.abc import Sequence

from rich.table import Table

from paretocli.cli.point_tables import as_figure, points_table, shown_figures
from paretocli.cli.report import layer_table
from paretocli.cli.set_text import serves_text
from paretocli.cli.tables import MOST_COLUMNS, as_text
from paretocli.errors import InputError
from paretocli.front.columns import is_share
from paretocli.front.exchange import Exchange
from paretocli.front.results import Results
from paretocli.front.selection import losses_of, next_better
from paretocli.run_directory.files import DamagedError
from paretocli.run_directory.points import network_path, read_record
from paretocli.run_directory.sweep_file import read_sweep_file


def selection_report(results: Results, front: Sequence[int], chosen: int, split: str) -> str:
    """The point, its layers, what a step costs there, and the points beside it on the front.

    Args:
        results: The sweep.
        front: Rows of its front.
        chosen: One of them.
        split: The split that decides.
    """
    parts = [points_table(results, [chosen]), *serves_text(results, chosen)]
    layers = _layers(results, chosen)
    if layers:
        parts.append(layers)
    parts.append(str(Exchange(results, front, split).at(chosen)))
    if len(front) > 1:
        parts.append(_neighbours(results, front, chosen, split))
    network = network_path(results.path.parent, results.point(chosen))
    if network.is_file():
        parts.append(f"Network: {network}")
    return "\n\n".join(parts)


def _neighbours(results: Results, front: Sequence[int], chosen: int, split: str) -> str:
    """For each objective the point next better in it, and what changes with it, on a split."""
    results, figures = shown_figures(results, split)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("better in", no_wrap=True, vertical="bottom")
    table.add_column("point", justify="right", no_wrap=True, vertical="bottom")
    # Means over the tasks do not say how much better it is in one of them.
    own = losses_of(results, split) if len(results.objectives) > MOST_COLUMNS else None
    if own is not None:
        table.add_column("its\nloss", justify="right", no_wrap=True, vertical="bottom")
    for figure in figures:
        header = figure.removesuffix(f"_{split}").replace("_", "\n")
        table.add_column(header, justify="right", no_wrap=True, vertical="bottom")
    here = results.values(figures)[chosen]
    shares = {name for name in figures if is_share(name, results.values([name]))}
    beside = next_better(losses_of(results, split)[list(front)], list(front).index(chosen))
    for number, (objective, place) in enumerate(zip(results.objectives, beside, strict=True)):
        if place is None:
            table.add_row(objective, "none")
            continue
        row = front[place]
        changes = results.values(figures)[row] - here
        cells = [
            as_figure(figure, float(change), share=figure in shares, signed=True)
            for figure, change in zip(figures, changes, strict=True)
        ]
        if own is not None:
            cells.insert(0, f"{own[row, number] - own[chosen, number]:+.4f}")
        table.add_row(objective, str(results.point(row)), *cells)
    return f"The points beside it, and what changes with them on {split}:\n\n{as_text(table)}"


def _layers(results: Results, row: int) -> str:
    """The layers of a point's record, where there is one beside the table."""
    point = results.point(row)
    try:
        sweep = read_sweep_file(results.path.parent)
        record = read_record(sweep, point) if 0 <= point < sweep.points else None
    except (DamagedError, InputError):  # anybody's table, or a record that `status` complains of
        return ""
    layers = None if record is None else record.get("layers")
    return layer_table(layers) if layers else ""
