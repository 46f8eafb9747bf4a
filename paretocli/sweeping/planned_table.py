"""The table that a sweep will have, before it has any points: what may be asked of its columns."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from paretocli.core.as_used import has_inputs
from paretocli.core.problem import SPLITS, Problem
from paretocli.front.exchange import RESULTS_FILE
from paretocli.front.results import Results
from paretocli.front.sizes import COMPACT
from paretocli.options.config import SweepConfig
from paretocli.planning.growth import Growth, refuse_unknown_columns
from paretocli.run_directory.point_record import PointRecord, RecordPart
from paretocli.run_directory.sweep_content import Identity
from paretocli.sparsity.layers import Layer
from paretocli.sweeping.records import SPARSITY_COLUMNS, results_table


def refuse_growth(
    growth: Any, config: SweepConfig, problem: Problem, layers: Sequence[Layer]
) -> None:
    """Refuse to place points by columns that the table will not have.

    Args:
        growth: What points are to be good for, if they are to be placed by that.
        config: The sweep's configuration.
        problem: Its problem, for the names of metrics.
        layers: The matrices and convolutions of its network.

    Raises:
        InputError: There is such a column.
    """
    if isinstance(growth, Growth):
        refuse_unknown_columns(growth, _planned(config, problem, layers))


def _planned(config: SweepConfig, problem: Problem, layers: Sequence[Layer]) -> Results:
    """The results of one point, every number of which is 1."""
    record: PointRecord = {
        "point": 0,
        "status": "done",
        "weights": list(config.weights[0]),
        "epochs": 1,
        "best_epoch": 1,
        "seconds": 1.0,
        "loss": {split: dict.fromkeys(config.objectives, 1.0) for split in SPLITS},
        "metric": {split: dict.fromkeys(problem.metrics, 1.0) for split in SPLITS},
        "sparsity": dict.fromkeys(SPARSITY_COLUMNS, 1.0) if layers else {},
        **cast(RecordPart, dict.fromkeys(COMPACT, 1 if has_inputs(problem) else None)),
        "chebyshev_value": 1.0,
        "gap": 1.0,
        "relative_gap": 1.0,
        "stationarity": 1.0,
    }
    table = results_table([record], cast(Identity, config.of_kind("identity")))
    return Results(Path(RESULTS_FILE), "", table, table[:0], config.objectives)
