"""The formats that a network is written in besides, and how each is read again and used.

Nothing here brings torch before a network is written: the command's help knows all formats.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocli.extras import require
from paretocli.registries import Registry, described

if TYPE_CHECKING:
    from torch import Tensor, nn

    Function = Callable[..., Sequence[Tensor]]
    Batch = Mapping[str, Tensor]

PROGRAM = "network.pt2"
ONNX = "network.onnx"


@dataclass(frozen=True)
class Format:
    """A way to write a network; torch is imported where that is done.

    Attributes:
        write: Writes a network into a folder, with names for its outputs and an example batch: its
            arguments by name.
        files: What it writes.
        read: Reads it again from there, as a function from these arguments, in order, to outputs.
        summary: A few words for the help.
        needs: Modules of the extra `export` that it needs.
        engine: What runs it, where its latencies are to be told beside those of torch.
        timed: Reads it to be timed with so many threads, where that is not `read`.
    """

    write: "Callable[[nn.Module, Sequence[str], Batch, Path], None]"
    files: tuple[str, ...]
    read: "Callable[[Path], Function]"
    summary: str = ""
    needs: tuple[str, ...] = ()
    engine: str = ""
    timed: "Callable[[Path, int], Function] | None" = None


def _write_program(
    network: "nn.Module", names: Sequence[str], batch: "Batch", folder: Path
) -> None:
    import torch

    from paretocli.compaction.program import exported
    from paretocli.compaction.quiet import quiet

    with quiet():
        torch.export.save(exported(network, tuple(batch.values())), folder / PROGRAM)


def _read_program(folder: Path) -> "Function":
    import torch

    from paretocli.compaction.quiet import quiet

    with quiet():
        module = torch.export.load(folder / PROGRAM).module()
    return torch.no_grad()(module)


def _write_onnx(network: "nn.Module", names: Sequence[str], batch: "Batch", folder: Path) -> None:
    import torch

    from paretocli.compaction.program import exported
    from paretocli.compaction.quiet import quiet

    with quiet():
        torch.onnx.export(
            exported(network, tuple(batch.values())),
            f=str(folder / ONNX),
            input_names=list(batch),
            output_names=list(names),
            external_data=False,
            verbose=False,
        )


def _read_onnx(folder: Path) -> "Function":
    import torch

    run = _timed_onnx(folder, 0)

    def outputs(*inputs: "Tensor") -> "list[Tensor]":
        return [torch.from_numpy(output) for output in run(*inputs)]

    return outputs


def _timed_onnx(folder: Path, threads: int) -> Callable[..., Any]:
    """What onnxruntime makes of inputs on the CPU, with so many threads, 0 for its own choice."""
    from paretocli.timing.onnx_session import onnx_session

    session = onnx_session(folder / ONNX, threads)
    names = [argument.name for argument in session.get_inputs()]

    def run(*inputs: "Tensor") -> Any:
        arrays = [tensor.numpy() for tensor in inputs]
        return session.run(None, dict(zip(names, arrays, strict=True)))

    return run


FORMATS = Registry(
    {
        "program": Format(_write_program, (PROGRAM,), _read_program, "torch.export"),
        "onnx": Format(
            _write_onnx,
            (ONNX,),
            _read_onnx,
            "needs the extra export",
            needs=("onnx", "onnxscript", "onnxruntime"),
            engine="onnxruntime",
            timed=_timed_onnx,
        ),
    },
    "format",
    Format,
)


def format_help() -> str:
    """All formats, as the help says them."""
    return ", ".join(described({name: form.summary for name, form in FORMATS.sound.items()}))


def require_format(name: str) -> None:
    """Refuse a format whose packages are not installed.

    Raises:
        InputError: One is missing.
    """
    for module in FORMATS[name].needs:
        require(module, extra="export", asked=f"--format {name}")
