"""Trying the ways in which a network can be stored in fewer bits, on the validation data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from paretocli.core.inputs import Several, tensors_of
from paretocli.core.problem import Problem
from paretocli.exporting.fewer_bits.drops import Drop, Function, drops, figures, main_figures
from paretocli.exporting.fewer_bits.output_error import output_error
from paretocli.exporting.formats import Format

if TYPE_CHECKING:
    import onnx

    from paretocli.exporting.quantise_aware.recipe import Recipe

PART = 256  # validation samples on which outputs are compared


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
        recipe: How it is trained further, where that is asked for.
    """

    problem: Problem
    dense: nn.Module
    small: nn.Module
    names: Sequence[str]
    few: Mapping[str, Tensor]
    form: Sequence[Several]
    batches: Mapping[int, Sequence[Tensor]]
    recipe: "Recipe | None" = None


class Trials:
    """What files in fewer bits lose on the validation data.

    Args:
        network: What they are made of.
        form: Their format.
        folder: Where a file is written, to be read and forgotten.
        trained: A network that was trained further, of which the files are made in its place;
            what is lost is still what its tasks lose.

    Attributes:
        main: What each task is judged by.
    """

    def __init__(
        self, network: Network, form: Format, folder: Path, trained: nn.Module | None = None
    ) -> None:
        self._network, self._format, self._folder = network, form, folder
        problem = network.problem
        self._data = problem.splits()["val"]
        self._before = figures(problem, network.small, network.form, self._data)
        self.main = main_figures(problem, self._before)
        # All over it, for classes may follow one another.
        rows = torch.linspace(0, len(self._data) - 1, min(PART, len(self._data))).long()
        self._part = tuple(tensors_of(self._data.rows(rows).inputs).values())
        self._outputs = self._on_part(trained or network.small)

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
