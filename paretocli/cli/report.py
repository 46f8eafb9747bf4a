"""What the commands print when they are done."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import typer
from rich.table import Table

from paretocli.cli.tables import as_text
from paretocli.config import SweepConfig
from paretocli.problems.problem import Problem
from paretocli.sweep.plan import shards
from paretocli.sweep.records import Record
from paretocli.sweep.resolve import Resolved
from paretocli.sweep.store import RunDirectory


def hint(text: str, *, quiet: bool) -> None:
    """Tell the user something that is neither data nor an error."""
    if not quiet:
        typer.echo(text, err=True)


def sweep_summary(
    config: SweepConfig, directory: RunDirectory, records: Sequence[Record]
) -> dict[str, Any]:
    """The results as one JSON object."""
    table = pd.read_csv(directory.results_file)
    on_front = dict(zip(table["point"], table["on_front"].astype(bool), strict=True))
    return {
        "problem": config.problem,
        "network": config.network,
        "solver": config.solver,
        "objectives": list(config.objectives),
        "directory": str(directory.path),
        "results": str(directory.results_file),
        "picture": str(directory.picture_file) if directory.picture_file.exists() else None,
        "points": [record | {"on_front": on_front[record["point"]]} for record in records],
    }


def sweep_report(
    config: SweepConfig, problem: Problem, directory: RunDirectory, records: Sequence[Record]
) -> str:
    """A table of the points and the paths of what was written."""
    frame = pd.read_csv(directory.results_file)
    metrics = [name for name in problem.metrics if f"{name}_test" in frame]
    figures = [f"{name}_test" for name in metrics] or [
        f"loss_{name}_test" for name in config.objectives
    ]
    table = Table(box=None, pad_edge=False, header_style="bold")
    # Headers of several short lines keep the table of two tasks within 80 columns.
    headers = ["point", *(f"weight {name}" for name in config.objectives)]
    headers += [f"test {name.replace('_', ' ')}" for name in metrics or config.objectives]
    headers += ["relative gap", "station- arity", "best epoch", "front"]
    for header in headers:
        table.add_column(
            header.replace(" ", "\n"), justify="right", vertical="bottom", no_wrap=True
        )
    for _, row in frame.iterrows():
        weights = [f"{row[f'weight_{name}']:.3f}" for name in config.objectives]
        if row["status"] == "failed":
            blank = ["failed"] + [""] * (len(figures) + 3)
            table.add_row(str(row["point"]), *weights, *blank)
            continue
        table.add_row(
            str(row["point"]),
            *weights,
            *(_figure(column, row[column]) for column in figures),
            _small(row["relative_gap"]),
            _small(row["stationarity"]),
            f"{row['best_epoch']:.0f}/{row['epochs']}",
            "*" if row["on_front"] else "",
        )
    lines = [as_text(table), ""]
    mean = [c for c in figures if c.startswith("accuracy")]
    if mean and (frame["status"] == "done").any():
        validation = frame[[f"{c.removesuffix('_test')}_val" for c in mean]].mean(axis=1)
        if validation.notna().any():
            best = int(np.nanargmax(validation.to_numpy()))
            lines.append(
                "Best mean accuracy (chosen by validation): "
                f"{100 * frame.loc[best, mean].mean():.2f} % on the test data, "
                f"point {frame['point'][best]}"
            )
    lines.append(f"Results: {directory.results_file}")
    if directory.picture_file.exists():
        lines.append(f"Picture: {directory.picture_file}")
    return "\n".join(lines)


def dry_run_report(resolved: Resolved, *, as_json: bool) -> str:
    """What a run would do."""
    config, problem = resolved.config, resolved.problem
    plan = shards(len(config.weights), config.stack)
    if as_json:
        content = {
            **config.of_kind("identity"),
            **config.of_kind("runtime"),
            "parameters": resolved.parameters,
            "shards": [list(shard.points) for shard in plan],
        }
        return json.dumps(content, indent=2)
    sizes = " / ".join(f"{len(samples):,}" for samples in problem.splits().values())
    lines = {
        "problem": f"{config.problem} ({', '.join(config.objectives)})",
        "samples": f"{sizes} (training / validation / test)",
        "network": f"{config.network}, {resolved.parameters:,} parameters",
        "solver": f"{config.solver}, scale {config.scale}, ε {config.epsilon:g}",
        "training": (
            f"{config.epochs} epochs, batches of {config.batch_size}, {config.optimizer}, "
            f"learning rate {config.lr:g} ({config.schedule}), {config.precision}"
        ),
        "machine": f"{config.device}, {config.threads} threads",
        "points": f"{len(config.weights)}, in {len(plan)} shards of up to {config.stack}",
        "directory": str(config.out),
    }
    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in ("point", *(f"w {name}" for name in config.objectives)):
        table.add_column(header, justify="right", no_wrap=True)
    for point, weights in enumerate(config.weights):
        table.add_row(str(point), *(f"{weight:.4f}" for weight in weights))
    described = "\n".join(f"{name:<10} {text}" for name, text in lines.items())
    return f"{described}\n\n{as_text(table)}\n\nNothing was run."


def _figure(column: str, value: float) -> str:
    if pd.isna(value):
        return "–"
    return f"{100 * value:.2f} %" if column.startswith("accuracy_") else f"{value:.4f}"


def _small(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.4f}"
