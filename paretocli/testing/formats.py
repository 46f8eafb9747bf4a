"""Tests of a format of export."""

import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import nn

from paretocli.errors import InputError
from paretocli.exporting.formats import FORMATS, Format
from paretocli.registries import lookup
from paretocli.testing.expect import expect

BATCHES = (2, 1, 5)
SHAPE = (1, 12, 12)
CLOSE = 1e-4


def check_format(form: str | Format) -> None:
    """Test that a format writes what it says, and reads it as the same function where it is run.

    Args:
        form: The format, or its name where it is installed.

    Raises:
        AssertionError: It does not.
        InputError: There is no such format, or it is one of fewer bits, whose outputs are others.
    """
    found = lookup(FORMATS, form, "format") if isinstance(form, str) else form
    if found.lossy:
        raise InputError(
            "A format of fewer bits gives other outputs than the network, and check_format tests "
            "that they are the same; test what it loses by exporting a point."
        )
    network = _network().eval()
    generator = torch.Generator().manual_seed(0)
    few = {"inputs": torch.randn(2, *SHAPE, generator=generator)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found.write(network, ["digit", "parity"], few, folder)
        missing = [file for file in found.files if not (folder / file).exists()]
        expect(not missing, f"it should write {', '.join(missing)}")
        more = {file.name for file in folder.iterdir()} - set(found.files)
        expect(not more, f"it should name all files that it writes, also {', '.join(more)}")
        if found.stored is not None:
            same, count = found.stored(network, ["digit", "parity"], few, folder)
            expect(same == count, "it should find all numbers of the network again")
        if found.not_run is not None and found.not_run():
            return
        batches = [torch.randn(size, *SHAPE, generator=generator) for size in BATCHES]
        _compare(network, found.read(folder), batches)
        if found.timed is not None:
            expect(found.engine, "what is timed should name its engine")
            _compare(network, found.timed(folder, 1), batches)


def _compare(network: nn.Module, function: Any, batches: list[torch.Tensor]) -> None:
    for batch in batches:
        with torch.no_grad():
            expected = network(batch)
        outputs = [torch.as_tensor(output) for output in function(batch)]
        expect(len(outputs) == len(expected), "it should give all outputs, in order")
        for output, same in zip(outputs, expected, strict=True):
            expect(
                output.shape == same.shape and torch.allclose(output, same, atol=CLOSE),
                f"outputs should be those of the network for a batch of {len(batch)}",
            )


def _network() -> nn.Module:
    torch.manual_seed(0)

    class Small(nn.Module):
        """Two heads on a convolution."""

        def __init__(self) -> None:
            super().__init__()
            layers = (nn.Conv2d(1, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten())
            self.body = nn.Sequential(*layers)
            self.heads = nn.ModuleList([nn.Linear(16, 10), nn.Linear(16, 1)])

        def forward(self, inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
            """Outputs (B, 10) and (B, 1)."""
            features = self.body(inputs)
            return tuple(head(features) for head in self.heads)

    return Small()
