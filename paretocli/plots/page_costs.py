"""What an interactive page says of the costs of a step at each point."""

from typing import Any

import numpy as np

from paretocli.errors import InputError
from paretocli.front.cost_words import HEADING, measured, notes, sentence, without_steps
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
    if without := without_steps(rates):
        return {"heading": "", "steps": [], "notes": [without]}
    return {
        "heading": HEADING,
        "steps": [
            [sentence(step), measured(step) if step.beside is not None else None]
            for step in rates.steps
        ],
        "notes": notes(rates),
    }
