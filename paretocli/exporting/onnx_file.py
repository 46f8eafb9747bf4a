"""ONNX: writing a network as such a file, and reading it with onnxruntime."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn

    Function = Callable[..., Sequence[Tensor]]
    Batch = Mapping[str, Tensor]

ONNX = "network.onnx"


def write_onnx(network: "nn.Module", names: Sequence[str], batch: "Batch", folder: Path) -> None:
    """Write a network with its inputs and outputs named.

    Raises:
        InputError: torch's exporter does not take it.
    """
    import onnx
    import torch

    from paretocli.compaction.program import exported
    from paretocli.exporting.onnx_notes import without_notes
    from paretocli.exporting.runtimes.converting import converting

    with converting("ONNX", "onnx"):
        torch.onnx.export(
            exported(network, tuple(batch.values())),
            f=str(folder / ONNX),
            input_names=list(batch),
            output_names=list(names),
            external_data=False,
            verbose=False,
        )
        onnx.save(without_notes(onnx.load(folder / ONNX)), folder / ONNX)


def read_onnx(folder: Path, file: str = ONNX, *, optimised: bool = True) -> "Function":
    """Read it again, as a function from tensors to the outputs' tensors.

    Args:
        folder: Where it lies.
        file: Its name.
        optimised: Whether operators may be put together, as is usual.
    """
    import torch

    run = timed_onnx(folder, 0, file, optimised=optimised)

    def outputs(*inputs: "Tensor") -> "list[Tensor]":
        return [torch.from_numpy(output) for output in run(*inputs)]

    return outputs


def timed_onnx(
    folder: Path, threads: int, file: str = ONNX, *, optimised: bool = True
) -> Callable[..., Any]:
    """What onnxruntime makes of inputs on the CPU, with so many threads, 0 for its own choice."""
    from paretocli.timing.onnx_session import onnx_session

    session = onnx_session(folder / file, threads, optimised=optimised)
    names = [argument.name for argument in session.get_inputs()]

    def run(*inputs: "Tensor") -> Any:
        arrays = [tensor.numpy() for tensor in inputs]
        return session.run(None, dict(zip(names, arrays, strict=True)))

    return run


def describe_onnx(folder: Path, about: Mapping[str, Any]) -> None:
    """Let the ONNX file in a folder say things about itself, as texts of JSON by name."""
    import json

    import onnx

    model = onnx.load(folder / ONNX)
    onnx.helper.set_model_props(model, {name: json.dumps(value) for name, value in about.items()})
    onnx.save(model, folder / ONNX)
