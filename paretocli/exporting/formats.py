"""The formats that a network is written in besides, and how each is read again and used.

Nothing here brings torch before a network is written: the command's help knows all formats.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocli.extras import require
from paretocli.registries import Registry, described

if TYPE_CHECKING:
    from torch import Tensor, nn

    from paretocli.exporting.variants import Exact, Variant

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
        bits: Of the numbers of the layers, where those are fewer than the network has.
        variants: Then, the ways to make it of the network as ONNX, which is what `write` writes;
            the one by which tasks lose least is taken.
        calibrated: Whether these look at training samples.
    """

    write: "Callable[[nn.Module, Sequence[str], Batch, Path], None]"
    files: tuple[str, ...]
    read: "Callable[[Path], Function]"
    summary: str = ""
    needs: tuple[str, ...] = ()
    engine: str = ""
    timed: "Callable[[Path, int], Function] | None" = None
    bits: int = 32
    variants: "Callable[[Exact], Sequence[Variant]] | None" = None
    calibrated: bool = False

    @property
    def lossy(self) -> bool:
        """Whether it gives other outputs than the network."""
        return self.variants is not None


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


def _read_onnx(folder: Path, file: str = ONNX) -> "Function":
    import torch

    run = timed_onnx(folder, 0, file)

    def outputs(*inputs: "Tensor") -> "list[Tensor]":
        return [torch.from_numpy(output) for output in run(*inputs)]

    return outputs


def timed_onnx(folder: Path, threads: int, file: str = ONNX) -> Callable[..., Any]:
    """What onnxruntime makes of inputs on the CPU, with so many threads, 0 for its own choice."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4  # what goes wrong is raised as well
    session = onnxruntime.InferenceSession(
        str(folder / file), sess_options=options, providers=["CPUExecutionProvider"]
    )
    names = [argument.name for argument in session.get_inputs()]

    def run(*inputs: "Tensor") -> Any:
        arrays = [tensor.numpy() for tensor in inputs]
        return session.run(None, dict(zip(names, arrays, strict=True)))

    return run


def _int8_variants(exact: "Exact") -> "Sequence[Variant]":
    from paretocli.exporting.int8 import int8_variants

    return int8_variants(exact)


def _half_variants(exact: "Exact", kind: str) -> "Sequence[Variant]":
    from paretocli.exporting.half import half_variants

    return half_variants(exact, kind)


_OF_ONNX = ("onnx", "onnxscript", "onnxruntime")


def _onnx_of(
    bits: int,
    name: str,
    variants: "Callable[[Exact], Sequence[Variant]]",
    summary: str,
    *,
    calibrated: bool = False,
) -> Format:
    """ONNX that stores fewer bits."""
    file = f"network.{name}.onnx"
    return Format(
        _write_onnx,
        (file,),
        partial(_read_onnx, file=file),
        summary,
        needs=_OF_ONNX,
        engine="onnxruntime",
        timed=partial(timed_onnx, file=file),
        bits=bits,
        variants=variants,
        calibrated=calibrated,
    )


FORMATS = Registry(
    {
        "program": Format(_write_program, (PROGRAM,), _read_program, "torch.export"),
        "onnx": Format(
            _write_onnx,
            (ONNX,),
            _read_onnx,
            "needs the extra export",
            needs=_OF_ONNX,
            engine="onnxruntime",
            timed=timed_onnx,
        ),
        "onnx-int8": _onnx_of(8, "int8", _int8_variants, "eight bits", calibrated=True),
        "onnx-fp16": _onnx_of(
            16, "fp16", partial(_half_variants, kind="FLOAT16"), "weights of 16 bits"
        ),
        "onnx-bf16": _onnx_of(
            16, "bf16", partial(_half_variants, kind="BFLOAT16"), "the same with fewer digits"
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
