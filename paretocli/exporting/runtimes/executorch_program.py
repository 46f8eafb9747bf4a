"""ExecuTorch's program, for phones and small devices, computed by XNNPACK where that can."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from paretocli.compaction.program import exported
from paretocli.exporting.formats import EXECUTORCH
from paretocli.exporting.runtimes.converting import converting

NAME, OPTION = "ExecuTorch", "executorch"
LARGEST_BATCH = 64
"""Its memory is planned when it is written, for batches of up to so many samples."""


def write_executorch(
    network: nn.Module, names: Sequence[str], batch: Mapping[str, Tensor], folder: Path
) -> None:
    """Write a network for batches of up to 64 samples; inputs and outputs go by their order.

    Raises:
        InputError: ExecuTorch does not take it.
    """
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
    from executorch.exir import to_edge_transform_and_lower

    with converting(NAME, OPTION):
        # Its passes take a size for bounded by what holds for the example's.
        rows = torch.arange(LARGEST_BATCH) % len(next(iter(batch.values())))
        inputs = [tensor[rows] for tensor in batch.values()]
        program = exported(network, inputs, largest=LARGEST_BATCH)
        lowered = to_edge_transform_and_lower(program, partitioner=[XnnpackPartitioner()])
        (folder / EXECUTORCH).write_bytes(lowered.to_executorch().buffer)


def read_executorch(folder: Path) -> Callable[..., list[Tensor]]:
    """Read it again, as a function from tensors of any batch to the outputs' tensors.

    Raises:
        InputError: ExecuTorch lacks a kernel for one of its operators.
    """
    run = _method(folder)

    def outputs(*inputs: Tensor) -> list[Tensor]:
        pieces = zip(*(torch.split(tensor, LARGEST_BATCH) for tensor in inputs), strict=True)
        # What a call gives is the program's own memory, which the next call writes on.
        found = [[part.clone() for part in run(piece)] for piece in pieces]
        return [torch.cat(parts) for parts in zip(*found, strict=True)]

    return outputs


def timed_executorch(folder: Path, threads: int) -> Callable[..., Sequence[Tensor]]:
    """What ExecuTorch makes of a batch of up to 64 samples, with so many threads."""
    from executorch.extension.pybindings import portable_lib

    with converting(NAME, OPTION):
        # What is loaded keeps the threads that there are; without them, running it would crash.
        if portable_lib._threadpool_get_thread_count() != threads:
            portable_lib._unsafe_reset_threadpool(threads)
    run = _method(folder)
    return lambda *inputs: run(inputs)


def _method(folder: Path) -> Callable[[Sequence[Tensor]], Sequence[Tensor]]:
    from executorch.runtime import Runtime

    with converting(NAME, OPTION):
        program = Runtime.get().load_program(folder / EXECUTORCH)
        method = program.load_method("forward")
        if method is None:
            raise RuntimeError("the program has no method forward")
    run: Callable[[Sequence[Tensor]], Sequence[Tensor]] = method.execute
    return run
