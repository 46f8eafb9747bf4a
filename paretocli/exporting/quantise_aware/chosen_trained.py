"""Choosing how a network is stored in whole numbers, where it may be trained for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from paretocli.exporting.fewer_bits.choosing import (
    Chosen,
    TooLossyError,
    holds,
    least_lost,
    with_given_back,
)
from paretocli.exporting.fewer_bits.drops import Drop, MainFigure
from paretocli.exporting.fewer_bits.lossiness import Lossiness
from paretocli.exporting.fewer_bits.trials import Network, Trials
from paretocli.exporting.fewer_bits.variants import Variant
from paretocli.exporting.formats import Format
from paretocli.exporting.quantise_aware.tuning import Tuned, tuned


@dataclass(frozen=True, eq=False)
class Choice:
    """What was chosen.

    Attributes:
        chosen: How the network is stored.
        tuned: The trained network that it is of, None for the point's own.
        untrained: What each task loses without training, with all layers in fewer bits.
        main: What each task is judged by.
    """

    chosen: Chosen
    tuned: Tuned | None
    untrained: Mapping[str, Drop]
    main: Mapping[str, MainFigure]


def chosen_with_training(
    name: str,
    variants: Sequence[Variant],
    network: Network,
    form: Format,
    lossiness: Lossiness,
    folder: Path,
) -> Choice:
    """The variant that loses least; where a task loses more than it may, of a trained network.

    That is taken unless the point's own holds with fewer layers given back.

    Args:
        name: The format's, for messages.
        variants: All.
        network: What is stored.
        form: Its format.
        lossiness: What may be lost, and how long to train.
        folder: Where files are made.

    Raises:
        InputError: The network cannot be trained so, or a task loses more all the same.
    """
    trials, most = Trials(network, form, folder), lossiness.max_drop
    main = trials.main
    variant, lost = least_lost(name, variants, trials)
    if network.recipe is None or variant.quantised is None or holds(lost, most):
        return Choice(with_given_back(name, variant, lost, trials, most), None, lost, main)
    trained = tuned(network, variant, lossiness.quantise_aware, folder)
    again = Trials(network, form, folder, trained.network.small)
    left = again.drops(trained.variant.make(()))
    if holds(left, most):
        return Choice(Chosen(trained.variant, (), left), trained, lost, main)
    found: list[Choice] = []
    refused: TooLossyError | None = None
    for of, one, drops, tried in (
        (trained, trained.variant, left, again),
        (None, variant, lost, trials),
    ):
        try:
            chosen = with_given_back(name, one, drops, tried, most)
            found.append(Choice(chosen, of, lost, main))
        except TooLossyError as error:
            refused = refused or error
    if not found:
        assert refused is not None
        raise TooLossyError(
            f"After {lossiness.quantise_aware} epochs of training with its numbers rounded, "
            f"{refused}"
        )
    return min(found, key=lambda choice: len(choice.chosen.given_back))
