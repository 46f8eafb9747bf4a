"""Core ML's package, for Apple's devices: written anywhere, and run on macOS alone."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch._decomp import get_decompositions
from torch.export import ExportedProgram, default_decompositions

from paretocli.compaction.program import exported
from paretocli.exporting.formats import COREML
from paretocli.exporting.runtimes.converting import converting
from paretocli.exporting.runtimes.core_ml_package import put_package

NAME, OPTION = "Core ML", "coreml"
LARGEST_BATCH = 64
"""It wants to know how large a batch may be."""

INEXACT = (
    "common::divide_to_multiply",
    "common::fuse_conv_batchnorm",
    "common::fuse_conv_bias",
    "common::fuse_conv_scale",
    "common::fuse_elementwise_to_batchnorm",
    "common::prelu_to_lrelu",
)
"""What of the converter makes other numbers of the network's, which could not be found again."""

RECURRENT = ("lstm", "gru", "rnn_tanh", "rnn_relu")


class _Widened(nn.Module):
    """A network that takes the kinds of numbers which Core ML takes.

    Args:
        network: It.
        kinds: Of its arguments.
    """

    def __init__(self, network: nn.Module, kinds: Sequence[torch.dtype]) -> None:
        super().__init__()
        self.network = network
        self._kinds = kinds

    def forward(self, *inputs: Tensor) -> Any:
        own = [tensor.to(kind) for tensor, kind in zip(inputs, self._kinds, strict=True)]
        return self.network(*own)


def write_coreml(
    network: nn.Module, names: Sequence[str], batch: Mapping[str, Tensor], folder: Path
) -> None:
    """Write a network for batches of up to 64 samples, in single precision.

    Names of inputs and outputs are kept as far as Core ML allows their letters. Inputs that are
    whole numbers or truth values are 32-bit integers there.

    Raises:
        InputError: Core ML does not take it.
    """
    import coremltools

    with converting(NAME, OPTION):
        passes = coremltools.PassPipeline.DEFAULT
        passes.remove_passes(INEXACT)
        model = coremltools.convert(
            widened_program(network, batch),
            convert_to="mlprogram",
            compute_precision=coremltools.precision.FLOAT32,
            minimum_deployment_target=coremltools.target.iOS17,
            pass_pipeline=passes,
            skip_model_load=True,
        )
        put_package(model, list(batch), names, folder / COREML)


def widened_program(network: nn.Module, batch: Mapping[str, Tensor]) -> ExportedProgram:
    """What the converter gets: a network as torch.export's program, of operators that it knows.

    Args:
        network: The network.
        batch: Some raw inputs (B, …).
    """
    whole = _Widened(network, [tensor.dtype for tensor in batch.values()]).eval()
    inputs = [widened(tensor) for tensor in batch.values()]
    known: Any = default_decompositions()
    (pooling,) = get_decompositions([torch.ops.aten._adaptive_avg_pool2d.default]).values()
    steps = {
        operator: how
        for operator, how in known.items()
        if operator.name().removeprefix("aten::").partition(".")[0] in RECURRENT
    }
    # Of that, Core ML's converter wants to know how large a batch is.
    steps[torch.ops.aten.adaptive_avg_pool2d.default] = pooling
    program = exported(whole, inputs, largest=LARGEST_BATCH)
    taken: ExportedProgram = program.run_decompositions(steps)
    return taken


def widened(tensor: Tensor) -> Tensor:
    """The same numbers in a kind that Core ML takes."""
    return tensor.float() if tensor.is_floating_point() else tensor.to(torch.int32)


def not_run_coreml() -> str:
    """Why it cannot be run here, the end of a sentence; empty where it can."""
    return "" if sys.platform == "darwin" else f"{NAME} runs on macOS alone"


def read_coreml(folder: Path) -> Callable[..., list[Tensor]]:
    """Read it again on macOS, as a function from tensors of any batch to the outputs' tensors."""
    import coremltools

    with converting(NAME, OPTION):
        model = coremltools.models.MLModel(
            str(folder / COREML), compute_units=coremltools.ComputeUnit.CPU_ONLY
        )
        said = model.get_spec().description
    taken, given = ([one.name for one in side] for side in (said.input, said.output))

    def outputs(*inputs: Tensor) -> list[Tensor]:
        found = []
        for piece in zip(*(torch.split(tensor, LARGEST_BATCH) for tensor in inputs), strict=True):
            arrays = (widened(tensor).numpy() for tensor in piece)
            parts = model.predict(dict(zip(taken, arrays, strict=True)))
            found.append([torch.as_tensor(parts[name]) for name in given])
        return [torch.cat(parts) for parts in zip(*found, strict=True)]

    return outputs
