"""Whether a package of Core ML holds the network that it was made of, without running it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from paretocli.errors import RunError
from paretocli.exporting.formats import COREML
from paretocli.exporting.runtimes.converting import converting
from paretocli.exporting.runtimes.core_ml import (
    LARGEST_BATCH,
    NAME,
    OPTION,
    widened,
    widened_program,
)
from paretocli.exporting.runtimes.core_ml_package import Feature, Package, plain_names, read_package
from paretocli.exporting.runtimes.program_numbers import program_numbers
from paretocli.exporting.runtimes.same_numbers import Sketch, same_numbers

CLOSE = 1e-5
"""How far a number that is worked out when the file is written may be off, of the largest."""


@torch.no_grad()
def stored_coreml(
    network: nn.Module, names: Sequence[str], batch: Mapping[str, Tensor], folder: Path
) -> tuple[int, int]:
    """Compare what a package says and holds with the network that was written there.

    Each tensor that the network computes with has to be in its program, to the bit where it is
    stored as it is, in the same order or with its dimensions in another one. Whole numbers, and
    numbers that are all 0 or all 1, may have become part of an operator, or unnecessary.

    Returns:
        How many tensors of numbers were found to be the same, and how many there are.

    Raises:
        RunError: Inputs, outputs or numbers are others.
        InputError: The package cannot be read.
    """
    with converting(NAME, OPTION):
        package = read_package(folder / COREML)
        wanted = program_numbers(widened_program(network, batch))
    refuse_other_features(package, names, batch)
    held = [Sketch.of(array) for array in package.numbers]
    missing = []
    for one in wanted:
        sketch = Sketch.of(widened(one.tensor.detach().cpu()).numpy())
        if any(same_numbers(sketch, other, CLOSE if one.derived else 0) for other in held):
            continue
        missing.append(one)
        if not sketch.dispensable:
            raise RunError(
                f"The {OPTION} file made of the small network does not hold its numbers "
                f"{one.name}; nothing was written. Please report it with the network."
            )
    return len(wanted) - len(missing), len(wanted)


def refuse_other_features(
    package: Package, names: Sequence[str], batch: Mapping[str, Tensor]
) -> None:
    """Refuse a package that takes or gives something else than the network.

    Args:
        package: It.
        names: Of the network's outputs.
        batch: Some of its inputs (B, …), by name.

    Raises:
        RunError: It does.
    """
    plain = plain_names([*batch, *names])
    kinds = {torch.float32: "FLOAT32", torch.int32: "INT32"}
    expected = [
        Feature(name, kinds[widened(tensor).dtype], tuple(tensor.shape[1:]), 1, LARGEST_BATCH)
        for name, tensor in zip(plain, batch.values(), strict=False)
    ]
    given = [one.name for one in package.outputs]
    if [*package.inputs] != expected or given != plain[len(batch) :]:
        raise RunError(
            f"The {OPTION} file made of the small network takes or gives something else than the "
            "network; nothing was written. Please report it with the network."
        )
