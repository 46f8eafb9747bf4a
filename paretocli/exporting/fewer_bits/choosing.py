"""Choosing how a network is stored in fewer bits, by what its tasks lose."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from paretocli.compaction.program import first_line
from paretocli.errors import InputError
from paretocli.exporting.fewer_bits.drops import Drop
from paretocli.exporting.fewer_bits.giving_back import fewest_given_back, most_sensitive_first
from paretocli.exporting.fewer_bits.trials import Trials
from paretocli.exporting.fewer_bits.variants import Variant

ROUNDING = 1e-4  # points or per cent; metrics are in single precision
DIGITS = 3  # of losses that are compared, likewise
MORE = {8: "eight bits", 32: "single precision"}


class TooLossyError(InputError):
    """A task loses more than it may, however many layers are given back."""


@dataclass(frozen=True)
class Chosen:
    """A way to store a network that holds.

    Attributes:
        variant: It.
        given_back: Layers that have more bits, most sensitive first.
        drops: What each task loses on the validation data.
    """

    variant: Variant
    given_back: tuple[str, ...]
    drops: dict[str, Drop]


def holds(lost: Mapping[str, Drop], max_drop: float) -> bool:
    """Whether no task loses more than it may."""
    return worst_of(lost).drop <= max_drop + ROUNDING


def with_given_back(
    name: str, chosen: Variant, lost: Mapping[str, Drop], trials: Trials, max_drop: float
) -> Chosen:
    """A variant with as few layers given back as hold.

    Args:
        name: The format's, for messages.
        chosen: The variant.
        lost: What each task loses with all layers in fewer bits.
        trials: What it loses with others.
        max_drop: What each task may lose.

    Raises:
        TooLossyError: A task loses more.
    """
    if holds(lost, max_drop):
        return Chosen(chosen, (), dict(lost))
    order = most_sensitive_first(chosen.layers, lambda layers: trials.error(chosen.make(layers)))
    found: dict[int, dict[str, Drop]] = {}

    def does(layers: Collection[str]) -> bool:
        found[len(layers)] = trials.drops(chosen.make(layers))
        return holds(found[len(layers)], max_drop)

    count = fewest_given_back(order, does)
    if count is None:
        raise TooLossyError(_refusal(name, chosen.back, lost, found, max_drop))
    return Chosen(chosen, tuple(order[:count]), found[count])


def least_lost(
    name: str, variants: Sequence[Variant], trials: Trials
) -> tuple[Variant, dict[str, Drop]]:
    """The variant that loses least with all layers in fewer bits, and what it loses.

    Raises:
        InputError: There is nothing to store in fewer bits, or nothing that runs.
    """
    variants = [variant for variant in variants if variant.layers]
    if not variants:
        raise InputError(
            f"{name} stores the weights of convolutions, linear layers and embeddings in fewer "
            "bits, and the network has none whose numbers fit; leave this format out."
        )
    tried, failures = [], []
    for variant in variants:
        try:
            model = variant.make(())
            lost, error = trials.drops(model), trials.error(model)
        except InputError:
            raise
        except Exception as problem:  # the quantiser and the runtime raise many kinds
            failures.append(first_line(problem))
            continue
        worst = round(max(0.0, worst_of(lost).drop), DIGITS)
        tried.append((worst, variant.rank, error, variant, lost))
    if not tried:
        raise InputError(
            f"onnxruntime makes or runs no {name} of this network; it stops with “{failures[0]}”. "
            "Choose another format."
        )
    *_, chosen, lost = min(tried, key=lambda one: one[:3])
    return chosen, lost


def worst_of(found: Mapping[str, Drop]) -> Drop:
    """What the task that loses most loses."""
    return max(found.values(), key=lambda drop: drop.drop)


def _refusal(
    name: str,
    back: int,
    lost: Mapping[str, Drop],
    found: Mapping[int, Mapping[str, Drop]],
    max_drop: float,
) -> str:
    """What no layers that are given back make good."""
    worst = worst_of(lost)
    still = [
        f", and with all layers but one in {MORE[back]} still {_said(worst_of(drops))}"
        for drops in found.values()
    ]
    return (
        f"{name} loses {_said(worst)} on the validation data ({worst.before:.4g} to "
        f"{worst.after:.4g}){''.join(still[:1])}, more than --max-drop {max_drop:g} allows; "
        "nothing was written. Allow more, or choose a format of more bits."
    )


def _said(drop: Drop) -> str:
    return f"{drop.drop:.3g} {drop.unit} of {drop.figure}"
