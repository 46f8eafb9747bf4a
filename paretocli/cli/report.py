"""What the commands print when they are done."""

import dataclasses
import json
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from rich.table import Table

from paretocli.cli.baselines_text import baselines_as_json, baselines_of_run
from paretocli.cli.groups_text import groups_text
from paretocli.cli.loss_text import auxiliary_plan, auxiliary_text, below_ideal_text
from paretocli.cli.marks_text import epoch_text, front_notes, held_mark
from paretocli.cli.memory_text import memory_text
from paretocli.cli.networks_text import networks_text
from paretocli.cli.plan_text import known_rounds, points_text, test_text
from paretocli.cli.point_tables import ended_figures
from paretocli.cli.set_text import set_text
from paretocli.cli.tables import MOST_COLUMNS, as_text, weight_cell
from paretocli.cli.weights_text import weights_text
from paretocli.core.problem import Problem
from paretocli.front.columns import is_share, is_size
from paretocli.front.sizes import shown_sizes
from paretocli.lists import some_of
from paretocli.options.config import SweepConfig
from paretocli.planning.plan import machine_text, shards
from paretocli.printing import say
from paretocli.run_directory.point_record import LayerRecord, PointRecord
from paretocli.sweeping.resolve import Resolved
from paretocli.sweeping.store import RunDirectory


def hint(text: str, *, quiet: bool) -> None:
    """Tell the user something that is neither data nor an error."""
    if not quiet:
        say(text, err=True)


def sweep_summary(
    config: SweepConfig, directory: RunDirectory, records: Sequence[PointRecord]
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
        "baselines": baselines_as_json(directory.path),
        "points": [{**record, "on_front": on_front[record["point"]]} for record in records],
    }


def sweep_report(
    config: SweepConfig, problem: Problem, directory: RunDirectory, records: Sequence[PointRecord]
) -> str:
    """A table of the points, the layers of a single one, and the paths of what was written."""
    frame, figures = ended_figures(pd.read_csv(directory.results_file), problem)
    shares = {name for name in figures if is_share(name, frame[name])}
    few = len(config.objectives) <= MOST_COLUMNS
    sparse = config.sparsity or config.frozen_point != ""
    sizes = shown_sizes(frame) if sparse else []
    table = Table(box=None, pad_edge=False, header_style="bold")
    # Headers of several short lines keep the table of two tasks within 80 columns.
    headers = ["point", "", f"weights {' '.join(config.objectives)}" if few else ""]
    headers += [f"test {_words(column)}" for column in figures]
    headers += [_SIZE_HEADERS[name] for name in sizes]
    headers += ["relative gap", "station- arity", "best epoch"]
    for header in headers:
        table.add_column(
            header.replace(" ", "\n"), justify="right", vertical="bottom", no_wrap=True
        )
    for _, row in frame.iterrows():
        weights = [weight_cell(row[f"weight_{name}"]) for name in config.objectives] if few else []
        if row["status"] == "failed":
            blank = ["failed"] + [""] * (len(figures) + len(sizes) + 2)
            table.add_row(str(row["point"]), "", " ".join(weights), *blank)
            continue
        table.add_row(
            str(row["point"]),
            "*" if row["on_front"] and len(frame) > 1 else "",
            " ".join(weights),
            *(
                held_mark(column, row) + _figure(column, row[column], share=column in shares)
                for column in (*figures, *sizes)
            ),
            _small(row["relative_gap"]),
            _small(row["stationarity"]),
            epoch_text(int(row["point"]), records),
        )
    lines = [as_text(table), ""]
    if len(records) > 1:
        lines += [*front_notes(records), *set_text(frame, config.objectives), ""]
    elif sparse and records[0].get("layers"):
        lines += [layer_table(records[0]["layers"]), ""]
    if len(records) == 1:
        lines += [*_compact_text(records[0]), ""]
    mean = [c for c in figures if c.startswith("accuracy_")]
    if mean and (frame["status"] == "done").any():
        validation = frame[[f"{c.removesuffix('_test')}_val" for c in mean]].mean(axis=1)
        if validation.notna().any():
            best = int(np.nanargmax(validation.to_numpy()))
            figure = _figure("", frame[mean].mean(axis=1)[best], share=shares >= set(mean))
            lines.append(
                f"Best mean accuracy (chosen by validation): {figure} on the test data, point "
                f"{frame['point'][best]}"
            )
    lines += baselines_of_run(directory.path)
    lines += [*below_ideal_text(records), *auxiliary_text(config.auxiliary, records)]
    lines.append(f"Results: {directory.results_file}")
    if directory.picture_file.exists():
        lines.append(f"Picture: {directory.picture_file}")
    return "\n".join(lines)


_SIZE_HEADERS = {
    "sparsity_rate": "sparsity rate",
    "parameters_kept": "para- meters kept",
    "compact_parameters": "compact para- meters",
    "compact_macs": "compact MACs",
    "latency_ms": "latency ms",
}


def _compact_text(record: PointRecord) -> list[str]:
    """What `export` makes of a point, in a line."""
    parameters, macs = record.get("compact_parameters"), record.get("compact_macs")
    if parameters is None:
        return []
    operations = "" if macs is None else f", {macs:,} multiply-accumulates for a sample"
    return [f"As export writes it, the network has {parameters:,} parameters{operations}."]


def _words(column: str) -> str:
    return column.removesuffix("_test").replace("_", " ")


def layer_table(layers: Sequence[LayerRecord]) -> str:
    """What is left of each layer."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("layer", no_wrap=True, vertical="bottom")
    headers = ("rows", "zero\nrows", "shared\nrows", "unique\nrows", "parameters\nkept", "MACs")
    for header in headers:
        table.add_column(header, justify="right", no_wrap=True, vertical="bottom")
    for layer in layers:
        role = "" if layer["role"] == "hidden" else f" ({layer['role']})"
        rows = (layer["rows"], layer["zero_rows"], layer["shared_rows"], layer["unique_rows"])
        counts = (*rows, layer.get("parameters_kept"), layer.get("macs"))
        table.add_row(
            f"{layer['layer']}{role}", *("" if count is None else f"{count:,}" for count in counts)
        )
    return as_text(table)


def dry_run_report(resolved: Resolved, *, as_json: bool) -> str:
    """What a run would do."""
    config, problem = resolved.config, resolved.problem
    if as_json:
        rounds = known_rounds(config)
        content = {
            **config.of_kind("identity"),
            **config.of_kind("runtime"),
            "parameters": resolved.parameters,
            "layers": [dataclasses.asdict(layer) for layer in resolved.layers],
            "shards": [
                list(shard.points) for one in rounds for shard in shards(one.points, config.stack)
            ],
            "added": [list(row) for row in resolved.added],
            "growth": resolved.growth and dataclasses.asdict(resolved.growth),
            "wishes": list(resolved.wishes),
            "memory": dataclasses.asdict(resolved.memory),
            "start": resolved.pretrained and resolved.pretrained.content(),
        }
        return json.dumps(content, indent=2)
    sizes = " / ".join(f"{len(samples):,}" for samples in problem.splits().values())
    phases = f"{config.epochs} epochs"
    if config.retrain_epochs:
        phases += f" of search, {config.retrain_epochs} of retraining"
    lines = {
        "problem": f"{config.problem} ({some_of(config.objectives)})",
        "samples": f"{sizes} (training / validation / test)",
        "network": f"{config.network}, {resolved.parameters:,} parameters",
        "solver": f"{config.solver}, scale {config.scale}, ε {config.epsilon:g}",
        "training": (
            f"{phases}, batches of {config.batch_size}, {config.optimizer}, "
            f"learning rate {config.lr:g} ({config.schedule}), {config.precision}"
        ),
        **auxiliary_plan(config.auxiliary),
        "sparsity": _sparsity_text(resolved),
        **test_text(config, problem),
        **networks_text(resolved),
        "machine": machine_text(config),
        "points": points_text(resolved),
        "memory": memory_text(resolved),
        "directory": str(config.out),
    }
    described = "\n".join(f"{name:<10} {text}" for name, text in lines.items())
    parts = [described, weights_text(config.objectives, config.weights), "Nothing was run."]
    if resolved.layers:
        parts.insert(1, "\n".join([_plan_of_layers(resolved), *groups_text(config.grouped_rows)]))
    return "\n\n".join(parts)


def _sparsity_text(resolved: Resolved) -> str:
    config = resolved.config
    if config.frozen_point:
        return f"zero and tied rows of {config.freeze_sparsity} are kept"
    if not config.sparsity:
        return "no objective"
    counted = [layer for layer in resolved.layers if layer.name in config.sparse_layers]
    rows, held = (sum(getattr(one, of) for one in counted) for of in ("rows", "parameters"))
    return (
        f"GrOWL ({config.theta}, {config.sparsity_scale}) over {rows:,} rows, which hold "
        f"{held / resolved.parameters:.1%} of the parameters"
    )


def _plan_of_layers(resolved: Resolved) -> str:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in ("layer", "rows", "parameters", "counts"):
        justify: Literal["left", "right"] = "left" if header in {"layer", "counts"} else "right"
        table.add_column(header, justify=justify, no_wrap=True)
    for layer in resolved.layers:
        counts = "yes" if layer.name in resolved.config.sparse_layers else "no"
        if layer.role != "hidden":
            counts += f" ({layer.role})"
        name = layer.name.removesuffix(".weight")
        table.add_row(name, f"{layer.rows:,}", f"{layer.parameters:,}", counts)
    return as_text(table)


def _figure(column: str, value: float, *, share: bool) -> str:
    if pd.isna(value):
        return "–"
    if is_size(column):
        return f"{value:,.0f}"
    if column == "sparsity_rate":
        return f"{value:.1f} %"
    return f"{100 * value:.2f} %" if share else f"{value:.4f}"


def _small(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.4f}"
