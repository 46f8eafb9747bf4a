"""What `paretocli check` says of a problem."""

import dataclasses
import math
import textwrap
from typing import Any

from rich.table import Table

from paretocli.cli.groups_text import WIDTH, groups_text
from paretocli.cli.memory_text import megabytes, needs_text
from paretocli.cli.tables import as_text
from paretocli.examination.report import Examination, TaskReport, TensorReport
from paretocli.exporting.possible import ExportTrial
from paretocli.sparsity.grouping import NONE
from paretocli.sparsity.layers import counted_layers

# What a table has room for; the JSON has all.
MOST_ROWS = 30
MOST_METRICS = 2
MOST_LETTERS = 44  # of a name in a table

# What of a report holds objects of its own.
IN_PARTS = {"tasks", "inputs", "start", "layers", "memory", "reached", "uncounted", "export"}

EXPORTED = {
    "whole": "works, as far as a trial tells: made small, written, and read again",
    "graph": "torch.export makes a graph of the network; no more was tried of its {operations:,} "
    "operations",
    "nothing": "not tried: it would take long, with {operations:,} operations",
}


def as_content(found: Examination, threads: int) -> dict[str, Any]:
    """The report as one JSON object; what is no number is null."""
    content = {
        field.name: getattr(found, field.name)
        for field in dataclasses.fields(found)
        if field.name not in IN_PARTS
    }
    counted = {layer.name for layer in counted_layers(found.layers)}
    return content | {
        "device": str(found.device),
        "threads": threads,
        "inputs": [dataclasses.asdict(one) for one in found.inputs],
        "start": found.start.content() if found.start else None,
        "tasks": [_task_content(dataclasses.asdict(task)) for task in found.tasks],
        "reached": [
            {"tasks": list(tasks), "parameters": count} for tasks, count in found.reached.items()
        ],
        "layers": [
            dataclasses.asdict(layer) | {"counted": layer.name in counted} for layer in found.layers
        ],
        "uncounted": [dataclasses.asdict(one) for one in found.uncounted],
        "memory": dataclasses.asdict(found.memory) if found.memory else None,
        "export": dataclasses.asdict(found.export) if found.export else None,
        "failures": list(map(str, found.failures)),
    }


def as_report(found: Examination, source: str, threads: int) -> str:
    """The report for a person; where something failed, what came before it."""
    sizes = " / ".join(f"{count:,}" for count in found.samples.values())
    lines = {
        "problem": f"{found.problem} ({source})",
        "samples": f"{sizes} (training / validation / test)",
        "inputs": ", ".join(_input(one.name, one.shape, one.dtype) for one in found.inputs),
        "network": f"{found.network}, {found.parameters:,} parameters",
        "start": found.start.text if found.start else "",
    }
    parts = [_described(lines)]
    if found.tasks:
        parts.append(_tasks(found))
    if found.reached:
        parts.append(_reached(found))
    if found.layers:
        parts.append(_layers(found))
    if found.step_seconds is not None:
        parts.append(_described(_costs(found, threads)))
    return "\n\n".join(parts)


def _described(lines: dict[str, str]) -> str:
    return "\n".join(_wrapped(f"{name:<10} {text}") for name, text in lines.items() if text)


def _wrapped(line: str) -> str:
    """A description in lines that a terminal has room for; names stay whole."""
    indent = " " * 11
    return textwrap.fill(
        line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _input(name: str, shape: tuple[int, ...], dtype: str) -> str:
    return f"{name} {_shape(shape)} {dtype}".lstrip()


def _shape(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) or "one number"


def _tasks(found: Examination) -> str:
    table = _table("task", "targets", "outputs", "loss", "ideal", "metrics")
    for task in found.tasks:
        table.add_row(
            task.name,
            _target(task.target),
            _output(task.output),
            f"{task.loss:.4g}",
            _ideal(task),
            _metrics(task.metrics),
        )
    lines = [
        f"Auxiliary loss {name}: {value:.4g}, and no objective"
        for name, value in found.auxiliary.items()
    ]
    return "\n".join(["Before training:", as_text(table), *lines])


def _target(target: TensorReport | list[TensorReport]) -> str:
    if isinstance(target, TensorReport):
        return f"{_shape(target.shape)} {target.dtype}"
    return "\n".join(_input(part.name, part.shape, part.dtype) for part in target)


def _output(output: tuple[int, ...] | dict[str, tuple[int, ...]]) -> str:
    if isinstance(output, tuple):
        return _shape(output)
    return "\n".join(f"{name} {_shape(shape)}" for name, shape in output.items())


def _ideal(task: TaskReport) -> str:
    """What the task's weights are measured from."""
    if task.lower_bound is None:
        return "to be learned"
    return f"{task.lower_bound:g}{', assumed' if task.bound_from == 'assumed' else ''}"


def _metrics(metrics: dict[str, float]) -> str:
    shown = [f"{name} {value:.3g}" for name, value in list(metrics.items())[:MOST_METRICS]]
    more = len(metrics) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _reached(found: Examination) -> str:
    table = _table("parameters", "learn from")
    for tasks, count in found.reached.items():
        who = "no task" if not tasks else tasks[0] if len(tasks) == 1 else _listed(tasks, found)
        table.add_row(f"{count:,}", who)
    frozen = found.parameters - sum(found.reached.values())
    if frozen:
        table.add_row(f"{frozen:,}", "nothing: they are frozen")
    return as_text(table)


def _listed(losses: tuple[str, ...], found: Examination) -> str:
    names = [task.name for task in found.tasks]
    if len(names) > 2 and {*names} <= {*losses}:
        losses = ("all tasks", *losses[len(names) :])
    return " and ".join(losses)


def _layers(found: Examination) -> str:
    table = _table("layer", "rows", "parameters", "rows count")
    counted = {layer.name for layer in counted_layers(found.layers)}
    for layer in found.layers[:MOST_ROWS]:
        reason = "yes" if layer.name in counted else "no (frozen)"
        if layer.name not in counted and layer.trained:
            reason = f"no ({layer.role})"
        table.add_row(
            _short(_label(layer.name)), f"{layer.rows:,}", f"{layer.parameters:,}", reason
        )
    lines = [as_text(table)]
    if len(found.layers) > MOST_ROWS:
        lines.append(f"and {len(found.layers) - MOST_ROWS} more")
    share = sum(layer.parameters for layer in found.layers if layer.name in counted)
    lines.append(
        f"Rows that count for sparsity hold {share / found.parameters:.1%} of the parameters."
    )
    head = "With --groups streams, rows of one channel or head would become zero together:"
    lines += groups_text(found.grouping or NONE, head)
    names = {layer.name for layer in found.layers}
    others = [one for one in found.uncounted if one.name not in names]
    for one in others[:MOST_ROWS]:
        text = f"{_label(one.name)} ({_shape(one.shape)}, {one.share:.1%}) does not: {one.reason}."
        lines.append(textwrap.fill(text, WIDTH, subsequent_indent="  "))
    if len(others) > MOST_ROWS:
        lines.append(f"and {len(others) - MOST_ROWS} more")
    return "\n".join(lines)


def _label(name: str) -> str:
    return name.removesuffix(".weight")


def _short(name: str) -> str:
    """A name with its middle left out where it is too long for a table; the ends tell the most."""
    half = MOST_LETTERS // 2
    return name if len(name) <= MOST_LETTERS else f"{name[: half - 1]}…{name[-half:]}"


def _costs(found: Examination, threads: int) -> dict[str, str]:
    assert found.step_seconds is not None
    assert found.memory is not None
    steps = max(1, found.samples["train"] // found.batch_size)
    machine = "1 thread" if threads == 1 else f"{threads} threads"
    return {
        "points": f"computed one by one: {found.in_turn}"
        if found.in_turn
        else "computed all at once, as one stack",
        "step": f"{_seconds(found.step_seconds)} for {found.batch_size} samples ({found.device}, "
        f"{machine}), {_seconds(steps * found.step_seconds)} an epoch",
        "memory": f"{megabytes(found.memory.data)} of data; {needs_text(found.memory, 1)}",
        "export": _export(found.export),
    }


def _export(trial: ExportTrial | None) -> str:
    """What came of it; the note on a failure says why."""
    if trial is None:
        return ""
    if trial.why_not:
        return "would fail (see the note)"
    return EXPORTED[trial.tried].format(operations=trial.operations)


def _seconds(seconds: float) -> str:
    return f"{1000 * seconds:.2g} ms" if seconds < 0.1 else f"{seconds:,.2g} s"


def _table(*headers: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in headers:
        numbers = header in {"rows", "parameters", "loss"}
        table.add_column(header, justify="right" if numbers else "left", no_wrap=True)
    return table


def _task_content(task: dict[str, Any]) -> dict[str, Any]:
    metrics = {name: _number(value) for name, value in task["metrics"].items()}
    return task | {"loss": _number(task["loss"]), "metrics": metrics}


def _number(value: float) -> float | None:
    """JSON has no NaN."""
    return value if math.isfinite(value) else None
