"""Exchange rates in words."""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from paretocli.core.names import SPARSITY
from paretocli.front.columns import is_size, label, split_of

if TYPE_CHECKING:
    from paretocli.front.costs import Change, ExchangeRates, Step

MOST_OBJECTIVES = 6
"""That a paragraph has room for."""

WIDTH = 80

HEADING = "What a step costs here:"

HEADING_MEASURED = "What was measured beside it:"

ROUGH = 1.5
"""The factor by which rates may be off from which on a single digit is shown."""

_SPLITS = {"train": "training", "val": "validation", "test": "test"}

_MULTIPLIERS = (
    "By the multipliers{averaged}, which are those of the training losses, to first order."
)
_FACTOR = "By the certificate, a rate may be off by a factor of {factor:.2g}."
_SLOPES = (
    "Metrics and sizes by their slopes over these losses, fitted to the point and its neighbours "
    "on the front of the losses on {split}."
)


def paragraph(rates: "ExchangeRates") -> str:
    """All that is to be said of a point, in lines of 80 letters."""
    steps = sentences(rates)
    if without := without_rates(rates):
        found = [_wrapped(said, "  ", "    ") for said, _ in steps]
        return "\n".join(
            [_wrapped(without), *(["", HEADING_MEASURED, "", *found] if found else [])]
        )
    lines = [HEADING, ""]
    for said, measured_there in steps:
        lines.append(_wrapped(said, "", "  "))
        if measured_there is not None:
            lines.append(_wrapped(measured_there, "  ", "    "))
    return "\n".join([*lines, "", *map(_wrapped, notes(rates))])


def sentences(rates: "ExchangeRates") -> list[tuple[str, str | None]]:
    """What each step costs, and what was measured for it; the latter alone where nothing else."""
    if len(rates.steps) > MOST_OBJECTIVES:
        return []
    digits = 2 if rates.factor is None or rates.factor <= ROUGH else 1
    return [
        (measured(step), None)
        if step.gain is None
        else (
            sentence(step.gain, step.costs, digits),
            None if step.beside is None else measured(step),
        )
        for step in rates.steps
    ]


def without_rates(rates: "ExchangeRates") -> str:
    """Why no rates are told: there are none, or too many; empty where they are."""
    if not rates.reason and len(rates.steps) > MOST_OBJECTIVES:
        return (
            f"What a step costs at point {rates.point} is too much to tell for "
            f"{len(rates.steps)} objectives; `paretocli front --json` has it."
        )
    return rates.reason


def notes(rates: "ExchangeRates") -> list[str]:
    """Which objectives have no rate, and where those of the others come from; a sentence each."""
    shown = [change for step in rates.steps for change in (step.gain, *step.costs)]
    through = any(one is not None and not one.column.startswith("loss_") for one in shown)
    averaged = ", averaged over epochs" if rates.averaged else ""
    rough = rates.factor is not None and rates.factor > ROUGH
    return [
        *(f"No rate for {name}: the objective does not bind here." for name in rates.unbound),
        _MULTIPLIERS.format(averaged=averaged),
        *([_FACTOR.format(factor=rates.factor)] if rough else []),
        *([_SLOPES.format(split=rates.split)] if through else []),
    ]


def sentence(gain: "Change", costs: Sequence["Change"], digits: int = 2) -> str:
    """As in "1 % more accuracy left costs about 0.4 % accuracy right or 3,100 parameters."."""
    listed = " or ".join(f"{_amount(cost, digits)} {_name(cost)}" for cost in costs)
    verb = "cost" if is_size(gain.column) else "costs"
    return f"{_changed(gain)} {verb} about {listed}."


def measured(step: "Step") -> str:
    """As in "Measured at point 3, next better in left: 2.1 % more accuracy left, …"."""
    changes = ", ".join(map(_changed, step.measured))
    return f"Measured at point {step.beside}, next better in {step.objective}: {changes}."


def _changed(change: "Change") -> str:
    if change.change == 0:
        return f"{'as many' if is_size(change.column) else 'the same'} {_name(change)}"
    more = "more" if change.change > 0 else "fewer" if is_size(change.column) else "less"
    return f"{_amount(change)} {more} {_name(change)}"


def _amount(change: "Change", digits: int | None = None) -> str:
    """With so many digits; of a size all of them, where no number is given, else two."""
    exact, size = abs(change.change), 0.0
    size = float(f"{exact:.{digits or 2}g}")
    if is_size(change.column):
        return f"{exact if digits is None else size:,.0f}"
    if change.share:
        return f"{100 * exact:.{digits or 2}g} %"
    return f"{size:g}" if exact < 100 else f"{exact if digits is None else size:,.0f}"


def _name(change: "Change") -> str:
    if is_size(change.column):
        return "parameters"
    if change.column.startswith("loss_"):
        known = change.objective != SPARSITY
        split = f"{_SPLITS[split_of(change.column) or 'train']} " if known else ""
        return f"{split}loss {change.objective}"
    words = label(change.column, [change.objective], has_splits=False, named=False)
    plain = words[:1].lower() + words[1:] if words[1:].islower() else words
    return f"{plain} {change.objective.replace('_', ' ')}"


def _wrapped(text: str, first: str = "", others: str = "") -> str:
    # A number stays with its unit.
    kept = text.replace(" %", "\N{NO-BREAK SPACE}%")
    lines = textwrap.fill(
        kept,
        WIDTH,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines.replace("\N{NO-BREAK SPACE}", " ")
