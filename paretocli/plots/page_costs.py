"""What an interactive page says of the costs of a step at each point."""

from typing import Any

import numpy as np

from paretocli.errors import InputError
from paretocli.front.cost_words import (
    HEADING,
    HEADING_MEASURED,
    notes,
    sentences,
    without_rates,
)
from paretocli.front.costs import ExchangeRates
from paretocli.front.exchange import RESULTS_FILE, Exchange
from paretocli.front.results import Results
from paretocli.front.selection import front_of

SPLIT = "val"
"""Points are chosen by it, whatever the page shows first."""


def step_costs(result: Results) -> list[dict[str, Any] | None]:
    """What a step costs at each point (N,), in sentences; None for a table of somebody else."""
    if result.path.name != RESULTS_FILE:
        return [None] * len(result.frame)
    try:
        mask, _ = front_of(result, SPLIT)
    except InputError:
        return [None] * len(result.frame)
    exchange = Exchange(result, np.flatnonzero(mask).tolist(), SPLIT)
    return [_said(exchange.at(row)) for row in range(len(result.frame))]


def _said(rates: ExchangeRates) -> dict[str, Any]:
    without, steps = without_rates(rates), sentences(rates)
    heading = HEADING_MEASURED if without else HEADING
    return {
        "heading": heading if steps else "",
        "steps": [list(step) for step in steps],
        "notes": [without] if without else notes(rates),
    }
