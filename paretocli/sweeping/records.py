"""A finished point as a record, and records as the table `results.csv`."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import pandas as pd
from torch import Tensor

from paretocli.core.problem import SPLITS, Problem, Split
from paretocli.front.columns import SERVES
from paretocli.front.dominance import non_dominated
from paretocli.front.partners import PARTNER
from paretocli.front.serving import serving
from paretocli.front.sizes import COMPACT, PRUNED_TO, SHRUNK_FROM
from paretocli.options.config import SweepConfig
from paretocli.run_directory.history import HistoryLine
from paretocli.run_directory.point_record import (
    LayerRecord,
    LossesAndMetrics,
    PointRecord,
    RecordPart,
)
from paretocli.run_directory.points import point_name
from paretocli.run_directory.sweep_content import Identity
from paretocli.solvers.registry import is_set
from paretocli.sparsity.figures import NetworkFigures, figures_of_network
from paretocli.sparsity.layers import Layer
from paretocli.training.reports import EpochReport, Figures, Outcome

FORCED = (SHRUNK_FROM, PRUNED_TO, PARTNER)
SPARSITY_COLUMNS = tuple(entry.name for entry in dataclasses.fields(NetworkFigures))


def point_record(
    point: int,
    member: int,
    config: SweepConfig,
    problem: Problem,
    layers: Sequence[Layer],
    outcome: Outcome,
    macs: int | None = None,
) -> PointRecord:
    """The record of one solved or diverged point: plain numbers and texts, ready for JSON.

    Args:
        point: Number of the point in the sweep.
        member: Its place in the population.
        config: The sweep's configuration.
        problem: Names of metrics.
        layers: The network's matrices and convolutions.
        outcome: What training gave.
        macs: Multiply-accumulates of the network for one sample, None where they are not known.
    """
    failed_epoch = int(outcome.failed_epoch[member])
    record: PointRecord = {
        "point": point,
        "status": "failed" if failed_epoch else "done",
        "weights": list(config.weights[point]),
        "epochs": config.total_epochs if failed_epoch else int(outcome.epochs[member]),
        "device": config.device,
        # The members of a population train at the same time; each counts its share.
        "seconds": outcome.seconds / len(outcome.best_epoch),
    }
    if failed_epoch:
        names = (*config.objectives, *problem.auxiliary)
        return {**record, **_failure(outcome, member, names)}
    return {
        **record,
        **figures_of(outcome.figures, member, config.objectives, problem.metrics),
        **_sparsity(outcome, member, layers, macs),
        "best_epoch": int(outcome.best_epoch[member]),
        "chebyshev_value": _number(outcome.chebyshev_value, member),
        "multipliers": _row(outcome.multipliers, member),
        "gap": _number(outcome.gap, member),
        "relative_gap": _number(outcome.relative_gap, member),
        "stationarity": _number(outcome.stationarity, member),
        "mean_multipliers": _row(outcome.mean_multipliers, member),
        "mean_stationarity": _number(outcome.mean_stationarity, member),
        **_below_ideal(outcome, member, config.objectives),
        **_auxiliary(outcome, member, problem),
        "weights_file": f"points/{point_name(point)}.safetensors",
    }


def _failure(outcome: Outcome, member: int, losses: Sequence[str]) -> RecordPart:
    """When a point diverged, which losses first were not finite, and whether they grew before."""
    epoch, found = int(outcome.failed_epoch[member]), outcome.breakdown
    if found.with_others[member]:
        return {
            "failed_epoch": epoch,
            "error": f"another network of its set failed in epoch {epoch}",
        }
    step = int(found.step[member])
    names = [name for name, bad in zip(losses, found.losses[member], strict=True) if bad]
    what = f"loss{'es' if len(names) > 1 else ''} of {', '.join(names)}" if names else "parameters"
    were = "was" if len(names) == 1 else "were"
    when = f"in step {step} of epoch {epoch}" if step else f"after epoch {epoch}"
    error = f"the {what} {were} not finite {when}"
    if found.overflowed[member]:
        error = (
            f"the gradients overflowed half precision (fp16) in epoch {epoch}, however small they "
            "were scaled"
        )
    return {
        "failed_epoch": epoch,
        "failed_step": step or None,
        "failed_losses": names,
        "losses_grew": bool(found.grew[member]),
        "error": error,
    }


def _below_ideal(outcome: Outcome, member: int, objectives: Sequence[str]) -> RecordPart:
    """The objectives that fell below their ideal in training, where any did."""
    below = outcome.below_ideal[member]
    return {"below_ideal": _named(below, objectives)} if below.any() else {}


def _by_name(auxiliary: Tensor, member: int, problem: Problem) -> dict[str, float | None]:
    """Auxiliary losses of one subproblem."""
    return dict(zip(problem.auxiliary, _row(auxiliary, member) or (), strict=True))


def _auxiliary(outcome: Outcome, member: int, problem: Problem) -> RecordPart:
    """The auxiliary losses on the training data, where there are any."""
    found = _by_name(outcome.auxiliary, member, problem)
    return {"auxiliary": found} if found else {}


def _sparsity(
    outcome: Outcome, member: int, layers: Sequence[Layer], macs: int | None
) -> RecordPart:
    if not layers:
        return {}
    tensors = {name: tensor[member] for name, tensor in outcome.tensors.items()}
    parameters = sum(tensors[name].numel() for name in outcome.parameters)
    whole, each = figures_of_network(layers, tensors, parameters, macs)
    return {
        "sparsity": dataclasses.asdict(whole),
        "layers": [cast(LayerRecord, dataclasses.asdict(figures)) for figures in each],
    }


def history_line(
    point: int,
    member: int,
    config: SweepConfig,
    problem: Problem,
    report: EpochReport,
    hypervolumes: Mapping[Split, float | None],
) -> HistoryLine:
    """One line of the history: an epoch of one subproblem.

    `subproblem_epochs` and `hypervolumes` (by split) are those of the whole population.
    """
    figures = figures_of(report.figures, member, config.objectives, problem.metrics)
    line: HistoryLine = {
        "point": point,
        "epoch": report.epoch,
        "seconds": round(report.seconds, 3),
        "loss": figures["loss"],
        "metric": figures["metric"],
        "multipliers": _row(report.multipliers, member),
        "penalty": _number(report.penalty, member),
        "gap": _number(report.gap, member),
        "relative_gap": _number(report.relative_gap, member),
        "subproblem_epochs": report.subproblem_epochs,
        "hypervolume_val": hypervolumes["val"],
    }
    if "test" in hypervolumes:
        line["hypervolume_test"] = hypervolumes["test"]
    if report.below_ideal[member].any():
        line["below_ideal"] = _named(report.below_ideal[member], config.objectives)
    if problem.auxiliary:
        line["auxiliary"] = _by_name(report.auxiliary, member, problem)
    if report.zero_rows is not None:
        line["zero_rows"] = int(report.zero_rows[member])
    return line


def figures_of(
    figures: Figures, member: int, objectives: Sequence[str], metrics: Sequence[str]
) -> LossesAndMetrics:
    """Losses and metrics of one subproblem: `{"loss": {split: {name: …}}, "metric": …}`."""
    return {
        "loss": {
            split: dict(zip(objectives, _row(losses, member) or (), strict=True))
            for split, (losses, _) in figures.items()
        },
        "metric": {
            split: dict(zip(metrics, _row(values, member) or (), strict=True))
            for split, (_, values) in figures.items()
        },
    }


def results_table(records: Sequence[PointRecord], config: Identity) -> pd.DataFrame:
    """`results.csv` as a table, one row a point.

    `on_front` marks the points that no other finished point dominates in the validation losses.

    Args:
        records: Records of points, in order.
        config: The identity of the sweep.
    """
    rows = [_table_row(record, config) for record in records]
    table = pd.DataFrame(rows)
    whole = [name for name in ("parent", *FORCED) if name in table]
    # Of many tasks it is made of pieces, and pandas warns of another column.
    table = table.astype(dict.fromkeys(whole, "Int64")).copy()
    losses = [f"loss_{name}_val" for name in config["objectives"]]
    done = (table["status"] == "done").to_numpy()
    table["on_front"] = False
    if done.any():
        mask = np.zeros(len(table), dtype=bool)
        mask[done] = non_dominated(table.loc[done, losses].to_numpy(dtype=float))
        table["on_front"] = mask
    if is_set(config["solver"]):
        # Of some of its networks alone nobody knows which task is another's.
        whole = done.sum() == len(config["weights"])
        names = config["objectives"]
        table[SERVES] = serving(table[losses].to_numpy(dtype=float), names) if whole else None
    return table[_columns(table, config["objectives"])]


def _table_row(record: PointRecord, config: Identity) -> dict[str, Any]:
    row: dict[str, Any] = {
        key: record.get(key)
        for key in ("point", "status", "epochs", "best_epoch", "seconds", "device", "weights_file")
    }
    row |= {key: config[key] for key in ("problem", "network", "solver", "seed")}
    for name, weight in zip(config["objectives"], record["weights"], strict=True):
        row[f"weight_{name}"] = weight
    for name in config["objectives"]:
        for split in SPLITS:
            row[f"loss_{name}_{split}"] = record.get("loss", {}).get(split, {}).get(name)
    for split in SPLITS:
        for name, value in record.get("metric", {}).get(split, {}).items():
            row[f"{name}_{split}"] = value
    row |= record.get("sparsity", {})
    row["round"], row["parent"] = record.get("round", 0), record.get("parent")
    row |= {key: record.get(key) for key in FORCED if key in record}
    for key in (*COMPACT, "chebyshev_value", "gap", "relative_gap", "stationarity", "error"):
        row[key] = record.get(key)
    return row


def _columns(table: pd.DataFrame, objectives: Sequence[str]) -> list[str]:
    first = ["point", "status", "problem", "network", "solver", "seed"]
    weights = [f"weight_{name}" for name in objectives]
    losses = [f"loss_{name}_{split}" for name in objectives for split in SPLITS]
    # A sweep of one round from scratch has nothing to tell them apart by.
    grown = (table["round"] > 0).any() or table["parent"].notna().any()
    last = [
        *("chebyshev_value", "gap", "relative_gap", "stationarity", "on_front"),
        *((SERVES,) if SERVES in table else ()),
        *(("round", "parent") if grown else ()),
        *(name for name in FORCED if name in table),
        *("best_epoch", "epochs", "seconds", "device", "weights_file", "error"),
    ]
    sizes = [name for name in SPARSITY_COLUMNS if name in table] + list(COMPACT)
    others = {*first, *weights, *losses, *sizes, *last, "round", "parent"}
    metrics = [name for name in table.columns if name not in others]
    return [*first, *weights, *losses, *metrics, *sizes, *last]


def _named(mask: Tensor, names: Sequence[str]) -> list[str]:
    return [name for name, true in zip(names, mask.tolist(), strict=True) if true]


def _row(tensor: Tensor | None, member: int) -> list[float | None] | None:
    return None if tensor is None else [_finite(v) for v in tensor[member].tolist()]


def _number(tensor: Tensor | None, member: int) -> float | None:
    return None if tensor is None else _finite(float(tensor[member]))


def _finite(value: float) -> float | None:
    """JSON knows no NaN; a missing number is null."""
    return value if np.isfinite(value) else None
