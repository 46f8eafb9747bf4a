"""What `paretocli compare` says to people."""

import textwrap
from collections.abc import Iterator, Sequence

from rich.table import Table

from paretocli.cli.tables import MOST_COLUMNS, as_text
from paretocli.front.comparable import code_hints
from paretocli.front.comparison import Comparison, Method
from paretocli.front.indicators import APPROXIMATED, NONE_BELOW
from paretocli.front.repetitions import share_data
from paretocli.front.statistics import Statistics

WIDTH = 80
NAME_WIDTH = 18

# The hypervolume of many objectives may be 1e-9 of its box.
TINY = 1e-3

# Headers, with the better direction; and how many decimals are shown.
QUALITY = {"hypervolume": ("hypervolume ↑", 4), "igd_plus": ("IGD+ ↓", 4), "epsilon": ("ε ↓", 4)}
SHAPE = {
    "fill_distance": ("fill ↓", 3),
    "spread": ("spread ↓", 2),
    "span": ("span ↑", 2),
    "front_points": ("points", 1),
    "seconds": ("seconds ↓", 1),
}


def comparison_report(found: Comparison, split: str) -> str:
    """Two tables, of what fronts are worth and of how they lie, and what the words mean."""
    tested = [_p_value(method) for method in found.methods]
    counts = [str(len(method.sweeps)) for method in found.methods]
    tables = [
        _table(found.methods, QUALITY, last=("p", tested) if any(tested) else None),
        _table(found.methods, SHAPE, last=(found.over, counts)),
    ]
    notes = [textwrap.fill(note, WIDTH) for note in _notes(found, split)]
    return "\n\n".join([*map(as_text, tables), "\n".join(notes)])


def comparison_hints(found: Comparison) -> Iterator[str]:
    """What was left out, and what to be careful with."""
    for one in found.sweeps:
        failed, path = one.sweep.results.failed, one.sweep.path
        if failed:
            yield f"{path}: left out {failed} failed."
        if one.left_out.points:
            yield f"{path}: {one.left_out}."
    yield from code_hints([one.sweep for one in found.sweeps])
    for method in found.methods:
        if not any(method.values("hypervolume")):
            yield f"{method.name}: {NONE_BELOW}."
    if not found.exact:
        yield APPROXIMATED


def _table(
    methods: Sequence[Method],
    figures: dict[str, tuple[str, int]],
    last: tuple[str, Sequence[str]] | None,
) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("method", max_width=NAME_WIDTH, overflow="fold")
    columns = []
    for name, (header, decimals) in figures.items():
        table.add_column(header, justify="right", no_wrap=True)
        columns.append(_cells([method.statistics(name) for method in methods], decimals))
    if last is not None:
        table.add_column(last[0], justify="right", no_wrap=True)
        columns.append(list(last[1]))
    for method, *cells in zip(methods, *columns, strict=True):
        table.add_row(_wrapped(method.name), *cells)
    return table


def _wrapped(name: str) -> str:
    """Break a name of several settings between them, where it is too long for its column."""
    lines = [""]
    for part in name.split(", "):
        joined = f"{lines[-1]}, {part}" if lines[-1] else part
        if len(joined) < NAME_WIDTH or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(part)
    return ",\n".join(lines)


def _cells(figures: Sequence[Statistics], decimals: int) -> list[str]:
    """Means with their standard deviations, of one column: all with the same digits."""
    largest = max((abs(figure.mean) for figure in figures if figure.count), default=0.0)
    whole = all(figure.mean % 1 == figure.std % 1 == 0 for figure in figures if figure.count)
    form = ".1e" if 0 < largest < TINY else ".0f" if whole or largest >= 1000 else f".{decimals}f"
    return [
        ""
        if not figure.count
        else f"{figure.mean:{form}} ± {figure.std:{form}}"
        if figure.count > 1
        else f"{figure.mean:{form}}"
        for figure in figures
    ]


def _p_value(method: Method) -> str:
    if method.significance is None:
        return ""
    p_value = method.significance.p_value
    return "<0.0001" if p_value < 1e-4 else f"{p_value:.4f}"


def _notes(found: Comparison, split: str) -> Iterator[str]:
    """What was measured, in which box, against what, and whether a difference may be chance."""
    several = any(len(method.sweeps) > 1 for method in found.methods)
    over = f"; mean ± standard deviation over the {found.over}" if several else ""
    if found.columns.labels == found.columns.names:
        names = ", ".join(
            f"{name} ({'higher' if higher else 'lower'} is better)"
            for name, higher in zip(found.columns.names, found.columns.higher, strict=True)
        )
        yield f"Measured: {names}{over}."
    else:
        words = {"val": "validation", "test": "test"}[split]
        yield f"Measured: losses on the {words} data{over}."
    largest = found.largest_hypervolume
    most = "" if largest is None else f"; the whole true front has {largest:.4f}"
    yield (
        f"Hypervolume: share of the box from the ideal to the reference point "
        f"({_box(found)}){most}."
    )
    count, sweeps = len(found.reference_set), len(found.sweeps)
    yield (
        f"IGD+, ε (additive epsilon) and span go by the {count} non-dominated points of all "
        f"{sweeps} sweeps together; objectives are scaled to the box."
    )
    whose = "the true front" if found.true_front else "those points"
    yield f"Fill: the largest distance of {whose} to the nearest point, likewise."
    yield (
        "Spread: how much the gaps between neighbouring points differ (0: not at all). "
        "Span: the share of the common front's range that is covered. "
        "Points: those on the method's own front."
    )
    yield _test_note(found)


def _box(found: Comparison) -> str:
    box = found.box
    ranges = [
        f"{label} {_short(low)} to {_short(high)}"
        for label, low, high in zip(
            found.columns.labels, found.ideal, found.reference_point, strict=True
        )
    ]
    shown = ", ".join(ranges[:MOST_COLUMNS]) + (", …" if len(ranges) > MOST_COLUMNS else "")
    words = {
        "given": "as given",
        "stored": f"as stored in {found.first.path}",
        "union": "around the common front",
    }
    ideal, reference = words[box.ideal_from], words[box.reference_point_from]
    if ideal == reference:
        return f"{shown}; {ideal}"
    return f"{shown}; the ideal {ideal}, the reference point {reference}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:.4g}"


def _test_note(found: Comparison) -> str:
    others = found.methods[1:]
    tested = [method for method in others if method.significance]
    if not others:
        return "No test: there is one method."
    if not tested and share_data(found.repetitions):
        return (
            "No test: the training data of folds overlap, so that p-values would be too small. "
            "Compare several seeds of one fold for one."
        )
    if not tested:
        return (
            "No test of the differences is possible: it takes at least two seeds of the first "
            "method and of another one."
        )
    unpaired = [m.name for m in tested if m.significance and m.significance.test == "Welch"]
    kind = "Welch's for want of the same seeds" if unpaired else "paired by seed"
    if 0 < len(unpaired) < len(tested):
        kind = f"paired by seed, or {kind}, for {', '.join(unpaired)}"
    untested = [method.name for method in others if not method.significance]
    without = f" Not possible with one seed: {', '.join(untested)}." if untested else ""
    return (
        f"p: t-test of the hypervolume against the first method, {kind}; Holm's correction over "
        f"{len(tested)} {'methods' if len(tested) > 1 else 'method'}.{without}"
    )
