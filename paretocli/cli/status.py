"""`paretocli status`: how far a sweep is."""

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from paretocli.printing import say

if TYPE_CHECKING:
    from paretocli.front.status import PointStatus, SweepStatus


def status(
    path: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="The run directory of a sweep.", show_default=False),
    ],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object.")] = False,
) -> None:
    """Show how far a sweep is: its points, the time left, and the best so far.

    It reads what the sweep has written, from another terminal or afterwards, and changes nothing.

    Examples:
      paretocli status runs/multimnist

      watch paretocli status runs/multimnist
    """
    from paretocli.front.status import read_status

    found = read_status(path)
    say(json.dumps(_summary(found), indent=2) if as_json else _report(found))
    for note in found.notes:
        say(note, err=True)


def _summary(found: "SweepStatus") -> dict[str, Any]:
    content = dataclasses.asdict(found)
    del content["config"], content["notes"]
    states = ("done", "running", "stopped", "waiting", "failed")
    return {
        "problem": found.config["problem"],
        "path": str(content.pop("path")),
        **{state: found.count(state) for state in states},
        "epochs_done": found.epochs_done,
        "epochs_in_all": found.epochs_in_all,
        **content,
    }


def _report(found: "SweepStatus") -> str:
    from rich.table import Table

    from paretocli.cli.tables import as_text
    from paretocli.front.methods import PRUNED, PRUNING
    from paretocli.front.sizes import COMPACT
    from paretocli.printable import one_line

    config = found.config
    total = found.epochs_in_all
    states = [
        f"{found.count(state)} {state}"
        for state in ("done", "running", "stopped", "waiting", "failed")
        if found.count(state) or state == "done"
    ]
    names = [one_line(config[name]) for name in ("problem", "network", "solver") if name in config]
    lines = {
        "sweep": ", ".join([*names, *([PRUNING] if config.get(PRUNED) else [])]),
        "state": f"running, {found.holder}" if found.holder else _at_rest(found),
        "points": f"{', '.join(states)}, of {len(found.points)}{_to_come(found)}",
        "epochs": f"{found.epochs_done:,} of {total:,} ({100 * found.epochs_done / total:.0f} %)",
    }
    if found.seconds_left is not None:
        lines["time left"] = f"about {_duration(found.seconds_left)}"
    if found.hypervolume is not None:
        lines["hypervolume"] = _hypervolume(found.hypervolume, exact=found.hypervolume_exact)
    best = _best(found)
    if best:
        lines["best so far"] = best
    if found.typical_errors:
        lines["predictions"] = _landed(found)
    table = Table(box=None, pad_edge=False, header_style="bold")
    headers = ["point", "state", "epoch", "seconds"]
    if any(point.compact_parameters is not None for point in found.points):
        headers += ["compact parameters", "compact MACs"]
    for header in headers:
        table.add_column(header, justify="left" if header == "state" else "right", no_wrap=True)
    for point in found.points:
        epoch = f"{point.epoch}/{point.epochs}" if point.epoch else ""
        if point.kept_epoch is not None:
            epoch = f"{point.kept_epoch} of {point.kept_of}"
        seconds = f"{point.seconds:.0f}" if point.epoch else ""
        sizes = [getattr(point, name) for name in COMPACT]
        cells = (
            str(point.point),
            point.state,
            epoch,
            seconds,
            *("" if n is None else f"{n:,}" for n in sizes),
        )
        table.add_row(*cells[: len(headers)])
    described = "\n".join(f"{name:<12} {text}" for name, text in lines.items())
    return f"{described}\n\n{as_text(table)}"


def _hypervolume(value: float, *, exact: bool) -> str:
    from paretocli.front.indicators import NONE_BELOW

    if not value:
        return f"0 on the validation data: {NONE_BELOW}"
    about = "" if exact else "about "
    return f"{about}{value:.4g} of the box, on the validation data"


def _landed(found: "SweepStatus") -> str:
    """How far points landed from where they were expected, a line a column."""
    return f"\n{'':<13}".join(
        f"{name} off by {error}, typically ({error.points} point{'s'[: error.points > 1]})"
        for name, error in found.typical_errors.items()
    )


def _to_come(found: "SweepStatus") -> str:
    if not found.growing:
        return ""
    most = found.points_at_most
    return ", and more to come" if most is None else f"; up to {most} are to come in all"


def _at_rest(found: "SweepStatus") -> str:
    if found.growing and found.count("done") + found.count("failed") == len(found.points):
        return "stopped before all points were planned; the same command goes on from here"
    if found.count("done") == len(found.points):
        return "finished"
    failed = found.count("failed")
    if found.count("done") + failed == len(found.points):
        return f"finished, {failed} failed; --retry-failed solves them again"
    return "stopped; the command that started it goes on from here"


def _best(found: "SweepStatus") -> str:
    """The point with the best mean accuracy, or else with the smallest mean loss.

    An accuracy that somebody declared better lower is none.
    """
    import numpy as np

    from paretocli.front.columns import is_share

    def mean(values: dict[str, Any]) -> float | None:
        known = [value for value in values.values() if value is not None]
        return sum(known) / len(known) if known and len(known) == len(values) else None

    def accuracies(point: "PointStatus") -> dict[str, Any]:
        names = [f"accuracy_{task}" for task in point.loss]
        return {
            name: point.metric[name]
            for name in names
            if name in point.metric and found.directions.get(name) != "lower"
        }

    scored = [(mean(accuracies(p)), p.point) for p in found.points if accuracies(p)]
    known = [(score, point) for score, point in scored if score is not None]
    if known:
        score, point = max(known)
        values = [value for p in found.points for value in accuracies(p).values()]
        share = is_share("accuracy", np.array(values, dtype=float))
        figure = f"{100 * score:.2f} %" if share else f"{score:.4f}"
        return f"mean validation accuracy {figure}, point {point}"
    losses = [(mean(p.loss), p.point) for p in found.points if p.loss]
    low = [(score, point) for score, point in losses if score is not None]
    if not low:
        return ""
    score, point = min(low)
    return f"mean validation loss {score:.4g}, point {point}"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
