"""The formats that a network is written in besides, and how each is read again and used.

Nothing here brings torch before a network is written: the command's help knows all formats.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocli.exporting.onnx_file import ONNX, read_onnx, timed_onnx, write_onnx
from paretocli.registries import Registry, described

if TYPE_CHECKING:
    from torch import Tensor, nn

    from paretocli.exporting.fewer_bits.variants import Exact, Variant

    Function = Callable[..., Sequence[Tensor]]
    Batch = Mapping[str, Tensor]

PROGRAM = "network.pt2"
OPENVINO = ("network.xml", "network.bin")
EXECUTORCH = "network.pte"
LITERT = "network.tflite"
COREML = "network.mlpackage"
EXACT = 1e-5
OTHER_KERNELS = 1e-4


@dataclass(frozen=True)
class Format:
    """A way to write a network; torch is imported where that is done.

    Attributes:
        write: Writes a network into a folder, with names for its outputs and an example batch: its
            arguments by name.
        files: What it writes; a folder of files that belong together counts as one.
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
        bits: Of the numbers of the layers, where those are fewer than the network has.
        variants: Then, the ways to make it of the network as ONNX, which is what `write` writes;
            the one by which tasks lose least is taken.
        calibrated: Whether these look at training samples.
        not_run: Where few machines run it: why this one does not, the end of a sentence, and empty
            where it does.
        stored: Then, how a folder is compared with the network that was written there, without
            running it: how many of its tensors of numbers were found there, and how many it has.
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
    bits: int = 32
    variants: "Callable[[Exact], Sequence[Variant]] | None" = None
    calibrated: bool = False
    not_run: "Callable[[], str] | None" = None
    stored: "Callable[[nn.Module, Sequence[str], Batch, Path], tuple[int, int]] | None" = None

    @property
    def lossy(self) -> bool:
        """Whether it gives other outputs than the network."""
        return self.variants is not None

    @property
    def measured(self) -> bool:
        """Whether `measure` times it: it gives what the network gives, on any machine."""
        return not self.lossy and self.not_run is None


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


def _later(module: str, name: str) -> Callable[..., Any]:
    """A function of a module beside, which is imported when it is called."""

    def call(*arguments: Any) -> Any:
        return getattr(import_module(f"paretocli.exporting.runtimes.{module}"), name)(*arguments)

    return call


def _int8_variants(exact: "Exact") -> "Sequence[Variant]":
    from paretocli.exporting.fewer_bits.quantised import int8_variants

    return int8_variants(exact)


def _int4_variants(exact: "Exact") -> "Sequence[Variant]":
    from paretocli.exporting.fewer_bits.quantised import int4_variants

    return int4_variants(exact)


def _half_variants(exact: "Exact", kind: str) -> "Sequence[Variant]":
    from paretocli.exporting.fewer_bits.half import half_variants

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
        write_onnx,
        (file,),
        partial(read_onnx, file=file),
        summary,
        needs=_OF_ONNX,
        engine="onnxruntime",
        timed=partial(timed_onnx, file=file),
        bits=bits,
        variants=variants,
        calibrated=calibrated,
    )


def _of_runtime(
    extra: str,
    engine: str,
    module: str,
    files: tuple[str, ...],
    needs: tuple[str, ...],
    *,
    whole: bool = True,
) -> Format:
    """What another runtime than torch reads; the format and the extra have one name."""
    return Format(
        _later(module, f"write_{extra}"),
        files,
        _later(module, f"read_{extra}"),
        f"needs the extra {extra}",
        needs=needs,
        extra=extra,
        tolerance=OTHER_KERNELS,
        whole=whole,
        engine=engine,
        timed=_later(module, f"timed_{extra}"),
    )


FORMATS = Registry(
    {
        "program": Format(_write_program, (PROGRAM,), _read_program, "torch.export"),
        "onnx": Format(
            write_onnx,
            (ONNX,),
            read_onnx,
            "needs the extra export",
            needs=_OF_ONNX,
            engine="onnxruntime",
            timed=timed_onnx,
        ),
        "onnx-int8": _onnx_of(8, "int8", _int8_variants, "eight bits", calibrated=True),
        "onnx-int4": _onnx_of(4, "int4", _int4_variants, "weights of four bits", calibrated=True),
        "onnx-fp16": _onnx_of(
            16, "fp16", partial(_half_variants, kind="FLOAT16"), "weights of 16 bits"
        ),
        "onnx-bf16": _onnx_of(
            16, "bf16", partial(_half_variants, kind="BFLOAT16"), "the same with fewer digits"
        ),
        "openvino": _of_runtime(
            "openvino", "OpenVINO", "openvino_ir", OPENVINO, ("onnx", "onnxscript", "openvino")
        ),
        "executorch": _of_runtime(
            "executorch",
            "ExecuTorch",
            "executorch_program",
            (EXECUTORCH,),
            ("executorch.exir", "executorch.runtime"),
            whole=False,
        ),
        "litert": _of_runtime(
            "litert",
            "LiteRT",
            "litert_model",
            (LITERT,),
            ("litert_torch", "ai_edge_litert"),
            whole=False,
        ),
        "coreml": Format(
            _later("core_ml", "write_coreml"),
            (COREML,),
            _later("core_ml", "read_coreml"),
            "needs the extra coreml",
            needs=("coremltools",),
            extra="coreml",
            tolerance=OTHER_KERNELS,
            whole=False,
            not_run=_later("core_ml", "not_run_coreml"),
            stored=_later("core_ml_stored", "stored_coreml"),
        ),
    },
    "format",
    Format,
)


def format_help(*, measured: bool = False) -> str:
    """All formats, or those that `measure` times alone, as the help says them."""
    known = FORMATS.sound.items()
    shown = {name: form for name, form in known if form.measured or not measured}
    return ", ".join(described({name: form.summary for name, form in shown.items()}))
