"""The formats that a network is written in, and how each is read again and used."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, fx, nn

from paretocli.compaction.program import exported
from paretocli.compaction.quiet import quiet
from paretocli.extras import require

Function = Callable[..., Sequence[Tensor]]
Batch = Mapping[str, Tensor]

PLAIN = "network.py"
WEIGHTS = "network.safetensors"
PROGRAM = "network.pt2"
ONNX = "network.onnx"


@dataclass(frozen=True)
class Format:
    """A way to write a network.

    Attributes:
        write: Writes a network into a folder, with names for its outputs and an example batch: its
            arguments by name.
        files: What it writes.
        read: Reads it again, as a function from these arguments, in order, to outputs.
        needs: Modules of the extra `export` that it needs.
    """

    write: Callable[[nn.Module, Sequence[str], Batch, Path], None]
    files: tuple[str, ...]
    read: Callable[[Path], Function]
    needs: tuple[str, ...] = ()


def write_plain(module: fx.GraphModule, source: str, folder: Path) -> nn.Module:
    """Write a graph as Python source with its weights, and load it from there.

    Args:
        module: The graph.
        source: Its text, from `paretocli.exporting.source.python_source`.
        folder: Where to.
    """
    (folder / PLAIN).write_text(source, encoding="utf-8")
    # Not by `save_file`, whose files nobody else may read.
    content = save({k: t.contiguous() for k, t in module.state_dict().items()})
    (folder / WEIGHTS).write_bytes(content)
    return read_plain(folder)


def read_plain(folder: Path) -> nn.Module:
    """The network from its Python source and weights; an import would leave a cache there."""
    path = folder / PLAIN
    names: dict[str, Any] = {"__name__": "exported_network", "__file__": str(path)}
    exec(compile(path.read_bytes(), path, "exec"), names)
    network: nn.Module = names["load"]()
    return network


def _write_program(network: nn.Module, names: Sequence[str], batch: Batch, folder: Path) -> None:
    with quiet():
        torch.export.save(exported(network, tuple(batch.values())), folder / PROGRAM)


def _read_program(folder: Path) -> Function:
    with quiet():
        module = torch.export.load(folder / PROGRAM).module()
    return torch.no_grad()(module)


def _write_onnx(network: nn.Module, names: Sequence[str], batch: Batch, folder: Path) -> None:
    with quiet():
        torch.onnx.export(
            exported(network, tuple(batch.values())),
            f=str(folder / ONNX),
            input_names=list(batch),
            output_names=list(names),
            external_data=False,
            verbose=False,
        )


def _read_onnx(folder: Path) -> Function:
    session = onnx_session(folder / ONNX)

    def outputs(*inputs: Tensor) -> list[Tensor]:
        return [torch.from_numpy(output) for output in run_session(session, inputs)]

    return outputs


def run_session(session: Any, inputs: Sequence[Tensor]) -> Any:
    """What a session of onnxruntime makes of inputs in order."""
    names = [argument.name for argument in session.get_inputs()]
    arrays = [tensor.numpy() for tensor in inputs]
    return session.run(None, dict(zip(names, arrays, strict=True)))


def onnx_session(file: Path, threads: int = 0) -> Any:
    """A session of onnxruntime on the CPU, with so many threads, 0 for its own choice."""
    import onnxruntime  # noqa: PLC0415 - of an extra

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(
        str(file), sess_options=options, providers=["CPUExecutionProvider"]
    )


FORMATS = {
    "program": Format(_write_program, (PROGRAM,), _read_program),
    "onnx": Format(_write_onnx, (ONNX,), _read_onnx, ("onnx", "onnxscript", "onnxruntime")),
}


def require_format(name: str) -> None:
    """Refuse a format whose packages are not installed.

    Raises:
        InputError: One is missing.
    """
    for module in FORMATS[name].needs:
        require(module, extra="export", asked=f"--format {name}")
