"""Trying the ways in which a network can be stored in fewer bits, on the validation data."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from paretocli.compaction.program import first_line
from paretocli.core.inputs import Several, tensors_of
from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.exporting.fewer_bits.drops import Drop, Function, drops, figures, main_figures
from paretocli.exporting.fewer_bits.giving_back import (
    fewest_given_back,
    most_sensitive_first,
    output_error,
)
from paretocli.exporting.fewer_bits.variants import Variant
from paretocli.exporting.formats import Format

if TYPE_CHECKING:
    import onnx

PART = 256  # validation samples on which outputs are compared
ROUNDING = 1e-4  # points or per cent; metrics are in single precision
DIGITS = 3  # of losses that are compared, likewise


@dataclass(frozen=True, eq=False)
class Network:
    """What is written, and how it is called.

    Attributes:
        problem: Whose data and tasks.
        dense: The network as it was trained, from raw inputs to outputs.
        small: The compact one.
        names: Of its outputs' tensors.
        few: Raw inputs of some samples, by the names of its arguments.
        form: Its outputs for these, one a task that has its own.
        batches: Raw inputs by which latencies are measured, by their size.
    """

    problem: Problem
    dense: nn.Module
    small: nn.Module
    names: Sequence[str]
    few: Mapping[str, Tensor]
    form: Sequence[Several]
    batches: Mapping[int, Sequence[Tensor]]


class Trials:
    """What files in fewer bits lose on the validation data.

    Args:
        network: What they are made of.
        form: Their format.
        folder: Where a file is written, to be read and forgotten.

    Attributes:
        main: What each task is judged by.
    """

    def __init__(self, network: Network, form: Format, folder: Path) -> None:
        self._network, self._format, self._folder = network, form, folder
        problem = network.problem
        self._data = problem.splits()["val"]
        self._before = figures(problem, network.small, network.form, self._data)
        self.main = main_figures(problem, self._before)
        # All over it, for classes may follow one another.
        rows = torch.linspace(0, len(self._data) - 1, min(PART, len(self._data))).long()
        self._part = tuple(tensors_of(self._data.rows(rows).inputs).values())
        self._outputs = self._on_part(network.small)

    def drops(self, model: "onnx.ModelProto") -> dict[str, Drop]:
        """What each task loses on the whole."""
        problem, function = self._network.problem, self._read(model)
        after = figures(problem, function, self._network.form, self._data)
        return drops(self.main, self._before, after)

    def error(self, model: "onnx.ModelProto") -> float:
        """How far the outputs are off on a part."""
        return output_error(self._outputs, self._on_part(self._read(model)))

    def _read(self, model: "onnx.ModelProto") -> Function:
        (file,) = self._format.files
        (self._folder / file).write_bytes(model.SerializeToString())
        return self._format.read(self._folder)

    @torch.no_grad()
    def _on_part(self, function: Function) -> list[Tensor]:
        size = self._network.problem.evaluation_batch
        batches = zip(*(torch.split(tensor, size) for tensor in self._part), strict=True)
        found = [function(*batch) for batch in batches]
        return [torch.cat(list(output)) for output in zip(*found, strict=True)]


@dataclass(frozen=True)
class Chosen:
    """A way to store a network that holds.

    Attributes:
        variant: It.
        exact_layers: Those that stay in single precision, most sensitive first.
        drops: What each task loses on the validation data.
    """

    variant: Variant
    exact_layers: tuple[str, ...]
    drops: dict[str, Drop]


def chosen_variant(
    name: str, variants: Sequence[Variant], trials: Trials, max_drop: float
) -> Chosen:
    """The variant that loses least, with as few layers in single precision as hold.

    Of those in which the worst task loses as much, or none loses anything, the lowest rank is
    taken, and among these the one whose outputs are closest.

    Args:
        name: The format's, for messages.
        variants: All.
        trials: What they lose.
        max_drop: What each task may lose.

    Raises:
        InputError: There is nothing to store in fewer bits, or a task loses more.
    """
    variants = [variant for variant in variants if variant.layers]
    if not variants:
        raise InputError(
            f"{name} stores the weights of convolutions, linear layers and embeddings in fewer "
            "bits, and the network has none whose numbers fit; leave this format out."
        )
    chosen, lost = _least_lost(name, variants, trials)
    if _worst(lost).drop <= max_drop + ROUNDING:
        return Chosen(chosen, (), lost)
    order = most_sensitive_first(chosen.layers, lambda layers: trials.error(chosen.make(layers)))
    found: dict[int, dict[str, Drop]] = {}

    def holds(layers: Collection[str]) -> bool:
        found[len(layers)] = trials.drops(chosen.make(layers))
        return _worst(found[len(layers)]).drop <= max_drop + ROUNDING

    count = fewest_given_back(order, holds)
    if count is None:
        raise InputError(_refusal(name, lost, found, max_drop))
    return Chosen(chosen, tuple(order[:count]), found[count])


def _least_lost(
    name: str, variants: Sequence[Variant], trials: Trials
) -> tuple[Variant, dict[str, Drop]]:
    """The variant that loses least with all layers in fewer bits, and what it loses."""
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
        worst = round(max(0.0, _worst(lost).drop), DIGITS)
        tried.append((worst, variant.rank, error, variant, lost))
    if not tried:
        raise InputError(
            f"onnxruntime makes or runs no {name} of this network; it stops with “{failures[0]}”. "
            "Choose another format."
        )
    *_, chosen, lost = min(tried, key=lambda one: one[:3])
    return chosen, lost


def _worst(found: Mapping[str, Drop]) -> Drop:
    return max(found.values(), key=lambda drop: drop.drop)


def _refusal(
    name: str, lost: Mapping[str, Drop], found: Mapping[int, Mapping[str, Drop]], max_drop: float
) -> str:
    """What no layers that are given back make good."""
    worst = _worst(lost)
    still = [
        f", and with all layers but one in single precision still {_said(_worst(drops))}"
        for drops in found.values()
    ]
    return (
        f"{name} loses {_said(worst)} on the validation data ({worst.before:.4g} to "
        f"{worst.after:.4g}){''.join(still[:1])}, more than --max-drop {max_drop:g} allows; "
        "nothing was written. Allow more, or choose a format of more bits."
    )


def _said(drop: Drop) -> str:
    return f"{drop.drop:.3g} {drop.unit} of {drop.figure}"
