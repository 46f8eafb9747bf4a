"""Exchange rates in words."""

import textwrap
from typing import TYPE_CHECKING

from paretocli.core.names import SPARSITY
from paretocli.front.columns import is_size, label

if TYPE_CHECKING:
    from paretocli.front.costs import Change, ExchangeRates, Step

MOST_OBJECTIVES = 6
"""That a paragraph has room for."""

WIDTH = 80

HEADING = "What a step costs here:"

_MULTIPLIERS = "By the multipliers, which are those of the training losses, to first order."
_SLOPES = (
    "Metrics and sizes by their slopes over these losses, fitted to the point and its neighbours "
    "on the front of the losses on {split}."
)


def paragraph(rates: "ExchangeRates") -> str:
    """All that is to be said of a point, in lines of 80 letters."""
    if without := without_steps(rates):
        return _wrapped(without)
    lines = [HEADING, ""]
    for step in rates.steps:
        lines.append(_wrapped(sentence(step), "", "  "))
        if step.beside is not None:
            lines.append(_wrapped(measured(step), "  ", "    "))
    return "\n".join([*lines, "", *map(_wrapped, notes(rates))])


def without_steps(rates: "ExchangeRates") -> str:
    """Why no steps are told: there are none, or too many; empty where they are."""
    if len(rates.steps) > MOST_OBJECTIVES:
        return (
            f"What a step costs at point {rates.point} is too much to tell for "
            f"{len(rates.steps)} objectives; `paretocli front --json` has it."
        )
    return rates.reason


def notes(rates: "ExchangeRates") -> list[str]:
    """Which objectives have no rate, and where those of the others come from; a sentence each."""
    read = {change.column for step in rates.steps for change in (step.gain, *step.costs)}
    through = [column for column in read if not column.startswith("loss_")]
    return [
        *(f"No rate for {name}: the objective does not bind here." for name in rates.unbound),
        _MULTIPLIERS,
        *([_SLOPES.format(split=rates.split)] if through else []),
    ]


def sentence(step: "Step") -> str:
    """As in "1 % more accuracy left costs about 0.4 % accuracy right or 3,100 parameters."."""
    costs = " or ".join(f"{_amount(cost, rough=True)} {_name(cost)}" for cost in step.costs)
    verb = "cost" if is_size(step.gain.column) else "costs"
    return f"{_changed(step.gain)} {verb} about {costs}."


def measured(step: "Step") -> str:
    """As in "Measured at point 3, next in left: 2.1 % more accuracy left, …"."""
    changes = ", ".join(map(_changed, step.measured))
    return f"Measured at point {step.beside}, next better in {step.gain.objective}: {changes}."


def _changed(change: "Change") -> str:
    more = "more" if change.change > 0 else "fewer" if is_size(change.column) else "less"
    return f"{_amount(change)} {more} {_name(change)}"


def _amount(change: "Change", *, rough: bool = False) -> str:
    size = abs(change.change)
    if is_size(change.column):
        return f"{float(f'{size:.2g}') if rough else size:,.0f}"
    if change.share:
        return f"{100 * size:.2g} %"
    return f"{size:.2g}" if size < 100 else f"{size:,.0f}"


def _name(change: "Change") -> str:
    if is_size(change.column):
        return "parameters"
    if change.column.startswith("loss_"):
        return f"{'' if change.objective == SPARSITY else 'training '}loss {change.objective}"
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
