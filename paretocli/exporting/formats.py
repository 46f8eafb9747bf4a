"""The formats that a network is written in besides, and how each is read again and used.

Nothing here brings torch before a network is written: the command's help knows all formats.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocli.errors import InputError
from paretocli.extras import require
from paretocli.registries import Registry, described, lookup

if TYPE_CHECKING:
    from torch import Tensor, nn

    Function = Callable[..., Sequence[Tensor]]
    Batch = Mapping[str, Tensor]

PROGRAM = "network.pt2"
ONNX = "network.onnx"
OPENVINO = ("network.xml", "network.bin")
EXECUTORCH = "network.pte"
LITERT = "network.tflite"
EXACT = 1e-5
OTHER_KERNELS = 1e-4


@dataclass(frozen=True)
class Format:
    """A way to write a network; torch is imported where that is done.

    Attributes:
        write: Writes a network into a folder, with names for its outputs and an example batch: its
            arguments by name.
        files: What it writes.
        read: Reads it again from there, as a function from these arguments, in order, to outputs.
        summary: A few words for the help.
        needs: Modules that it needs, of the extra.
        extra: The extra of this package that brings them.
        tolerance: How far its outputs may be from those of the dense network, relative to the
            largest number of an output where that is above 1. Other kernels than torch's add up in
            another order.
        whole: Whether inputs that are no batches may be among its arguments, such as weights.
        engine: What runs it, where its latencies are to be told beside those of torch.
        timed: Reads it to be timed with so many threads, where that is not `read`.
    """

    write: "Callable[[nn.Module, Sequence[str], Batch, Path], None]"
    files: tuple[str, ...]
    read: "Callable[[Path], Function]"
    summary: str = ""
    needs: tuple[str, ...] = ()
    extra: str = "export"
    tolerance: float = EXACT
    whole: bool = True
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


def _later(module: str, name: str) -> Callable[..., Any]:
    """A function of a module beside, which is imported when it is called."""

    def call(*arguments: Any) -> Any:
        return getattr(import_module(f"paretocli.exporting.runtimes.{module}"), name)(*arguments)

    return call


def describe_onnx(folder: Path, about: Mapping[str, Any]) -> None:
    """Let the ONNX file in a folder say things about itself, as texts of JSON by name."""
    import json

    import onnx

    model = onnx.load(folder / ONNX)
    onnx.helper.set_model_props(model, {name: json.dumps(value) for name, value in about.items()})
    onnx.save(model, folder / ONNX)


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
        "openvino": Format(
            _later("openvino_ir", "write_openvino"),
            OPENVINO,
            _later("openvino_ir", "read_openvino"),
            "needs the extra openvino",
            needs=("onnx", "onnxscript", "openvino"),
            extra="openvino",
            tolerance=OTHER_KERNELS,
            engine="OpenVINO",
            timed=_later("openvino_ir", "timed_openvino"),
        ),
        "executorch": Format(
            _later("executorch_program", "write_executorch"),
            (EXECUTORCH,),
            _later("executorch_program", "read_executorch"),
            "needs the extra executorch",
            needs=("executorch.exir", "executorch.runtime"),
            extra="executorch",
            tolerance=OTHER_KERNELS,
            whole=False,
            engine="ExecuTorch",
            timed=_later("executorch_program", "timed_executorch"),
        ),
        "litert": Format(
            _later("litert_model", "write_litert"),
            (LITERT,),
            _later("litert_model", "read_litert"),
            "needs the extra litert",
            needs=("litert_torch", "ai_edge_litert"),
            extra="litert",
            tolerance=OTHER_KERNELS,
            whole=False,
            engine="LiteRT",
            timed=_later("litert_model", "timed_litert"),
        ),
    },
    "format",
    Format,
)


def format_help() -> str:
    """All formats, as the help says them."""
    return ", ".join(described({name: form.summary for name, form in FORMATS.sound.items()}))


def require_format(name: str) -> None:
    """Refuse a format that does not exist, or whose packages are not installed.

    Raises:
        InputError: It is so.
    """
    form = lookup(FORMATS, name, "format")
    from paretocli.exporting.runtimes.converting import unheard

    with unheard():  # some say much when they are imported
        for module in form.needs:
            require(module, extra=form.extra, asked=f"--format {name}")


def asked_formats(asked: str | Sequence[str], *, some: bool = False) -> list[str]:
    """The formats that a user names.

    Args:
        asked: Several, or a text with commas between them, or `none`.
        some: Whether there has to be one.

    Raises:
        InputError: There is no such format, its packages are missing, or none is named.
    """
    if isinstance(asked, str):
        asked = [] if asked == "none" else [name.strip() for name in asked.split(",")]
    if some and not asked:
        raise InputError(
            "A front is written in some format, for it has no Python module; choose some of "
            f"{', '.join(FORMATS)} with --format."
        )
    for name in asked:
        if some and not lookup(FORMATS, name, "format").whole:
            raise InputError(
                f"--format {name} takes batches of samples alone, and --front has the weights as "
                "an input; choose another format."
            )
        require_format(name)
    return list(asked)
