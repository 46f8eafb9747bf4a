"""What goes with an exported network when it is handed over, ready for JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from paretocli import __version__
from paretocli.core.as_used import AsUsed
from paretocli.core.outputs import output_names
from paretocli.exporting.handing_over.each_sample import Function, samples_of
from paretocli.exporting.handing_over.interface import inputs_of, outputs_of
from paretocli.exporting.handing_over.intervals import LEVEL, SEED, figures_with_intervals
from paretocli.exporting.handing_over.provenance import (
    certificate_of,
    data_of,
    export_command,
    made_with,
    point_of,
    rates_of,
    results_of,
    split_facts,
    sweep_of,
)
from paretocli.exporting.handing_over.tested_on import limits_of, what_was_tested
from paretocli.exporting.point import SolvedPoint
from paretocli.exporting.verifying.verified_outputs import OUTPUT
from paretocli.front.costs import ExchangeRates

FORMAT = 1


@dataclass(frozen=True)
class Form:
    """A file that gives a network's outputs.

    Attributes:
        format: The format that wrote it; empty for the Python module.
        needs: The other files that it needs.
        tolerance: By output, how far it may be from what is stored.
        outputs: What the stored ones are called that it is to give: those of the network as it was
            trained, unless it is in fewer bits.
    """

    format: str
    needs: tuple[str, ...]
    tolerance: Mapping[str, float]
    outputs: str = OUTPUT


@dataclass(frozen=True, eq=False)
class Taken:
    """A network that was exported, and what was measured of it.

    Attributes:
        solved: Its point.
        dense: The network as it was trained, with what comes before it.
        small: The exported one, from the tensors of raw inputs to those of the outputs.
        batch: Some raw inputs (B, …), by the names of the network's arguments.
        formats: That it was written in, beside the Python module.
        measured: Its metrics on the test data, by column name.
        unread: Columns of a table that it does not read.
        sizes: What was measured of both networks, ready for JSON.
        threads: That latencies were measured with.
        out: Where it is to lie.
        samples: How many test samples are stored at most.
        lossy: What was written in fewer bits, ready for JSON.
        not_run: What is to be known of forms that were not run, a sentence each.
        right: By the file of a network in fewer bits, what it is to give.
    """

    solved: SolvedPoint
    dense: AsUsed
    small: Function
    batch: Mapping[str, Tensor]
    formats: Sequence[str]
    measured: Mapping[str, float]
    unread: Sequence[str]
    sizes: Mapping[str, Any]
    threads: int
    out: Path
    samples: int
    lossy: Mapping[str, Mapping[str, Any]]
    not_run: Sequence[str] = ()
    right: Mapping[str, Function] = field(default_factory=dict)


def card_of(taken: Taken) -> tuple[dict[str, Any], ExchangeRates]:
    """The card, and the exchange rates at the point, which it has too."""
    solved, problem = taken.solved, taken.solved.problem
    with torch.no_grad():
        outputs = taken.dense.by_task(*taken.batch.values())
    samples = samples_of(problem, taken.small, outputs)
    tested = what_was_tested(problem, samples, taken.measured)
    results = results_of(solved)
    rates = rates_of(solved, results)
    figures = figures_with_intervals(taken.measured, samples)
    card = {
        "format": FORMAT,
        "paretocli": __version__,
        "problem": problem.name,
        "inputs": inputs_of(problem, taken.batch, taken.unread),
        "outputs": outputs_of(problem, outputs),
        "test": {
            "samples": len(problem.test),
            "metrics": {name: asdict(figure) for name, figure in figures.items()},
            "intervals": {"kind": "percentile bootstrap", "level": LEVEL, "seed": SEED},
            "tasks": {name: asdict(one) for name, one in tested.items()},
        },
        "limits": [
            *limits_of(problem.name, tested, len(problem.test)),
            *split_facts(solved),
            *taken.not_run,
        ],
        "sweep": sweep_of(solved),
        "point": point_of(solved, results),
        "certificate": certificate_of(solved),
        "exchange_rates": rates.as_plain(),
        "data": data_of(solved),
        "made_with": made_with(solved, taken.threads),
        "export_command": export_command(
            solved, taken.out, taken.formats, taken.threads, taken.samples, taken.lossy
        ),
        "sizes": dict(taken.sizes),
        "fewer_bits": dict(taken.lossy),
    }
    return card, rates


def verification_of(
    taken: Taken, stored: str, rows: Sequence[int], forms: Mapping[str, Form]
) -> dict[str, Any]:
    """How a folder is verified, for its card; see `paretocli.exporting.verifying.verified_outputs`.

    Args:
        taken: The network.
        stored: The file with samples, if there are any.
        rows: Which of the test samples are there.
        forms: What is to give the same outputs, by file.
    """
    with torch.no_grad():
        outputs = taken.dense.by_task(*taken.batch.values())
    return {
        "samples": stored if rows else None,
        "rows_of_test_split": list(rows),
        "inputs": list(taken.batch),
        "outputs": list(output_names(taken.dense.names, outputs)),
        "forms": {file: asdict(form) for file, form in forms.items()},
    }
