"""OpenVINO's intermediate representation: a network as XML and its numbers beside it."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from paretocli.exporting.formats import FORMATS, OPENVINO
from paretocli.exporting.onnx_file import ONNX
from paretocli.exporting.runtimes.converting import converting

GRAPH = OPENVINO[0]
NAME, OPTION = "OpenVINO", "openvino"


def write_openvino(
    network: nn.Module, names: Sequence[str], batch: Mapping[str, Tensor], folder: Path
) -> None:
    """Write a network with its inputs and outputs named, in single precision.

    By way of ONNX, since OpenVINO's own converter of torch's networks reports to its makers.

    Raises:
        InputError: OpenVINO does not take it.
    """
    import openvino

    with converting(NAME, OPTION), tempfile.TemporaryDirectory() as place:
        FORMATS["onnx"].write(network, names, batch, Path(place))
        model = openvino.Core().read_model(Path(place) / ONNX)
        openvino.save_model(model, folder / GRAPH, compress_to_fp16=False)


def read_openvino(folder: Path) -> Callable[..., list[Tensor]]:
    """Read it again, as a function from tensors to the outputs' tensors."""
    run = timed_openvino(folder, 0)

    def outputs(*inputs: Tensor) -> list[Tensor]:
        return [torch.from_numpy(output.copy()) for output in run(*inputs)]

    return outputs


def timed_openvino(folder: Path, threads: int) -> Callable[..., Any]:
    """What OpenVINO makes of inputs on the CPU, with so many threads, 0 for its own choice.

    A CPU that has half precision would be used in it, if it were not told otherwise.
    """
    import openvino

    settings: dict[str, Any] = {"INFERENCE_PRECISION_HINT": "f32"}
    if threads:
        settings["INFERENCE_NUM_THREADS"] = threads
    with converting(NAME, OPTION):
        model = openvino.Core().compile_model(folder / GRAPH, "CPU", settings)

    def run(*inputs: Tensor) -> Any:
        return model([tensor.numpy() for tensor in inputs]).to_tuple()

    return run
