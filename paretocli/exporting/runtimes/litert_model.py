"""LiteRT's model, as TensorFlow Lite has had it: for one sample at a time."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from paretocli.exporting.formats import LITERT
from paretocli.exporting.runtimes.converting import converting

NAME, OPTION = "LiteRT", "litert"


def write_litert(
    network: nn.Module, names: Sequence[str], batch: Mapping[str, Tensor], folder: Path
) -> None:
    """Write a network for one sample; inputs and outputs go by their order.

    Its converter wants shapes that are fixed. Numbers of 64 bits become such of 32.

    Raises:
        InputError: LiteRT does not take it.
    """
    import litert_torch

    with converting(NAME, OPTION), torch.no_grad():
        sample = tuple(tensor[:1] for tensor in batch.values())
        litert_torch.convert(network, sample).export(str(folder / LITERT))


def read_litert(folder: Path) -> Callable[..., list[Tensor]]:
    """Read it again, as a function from tensors of any batch to the outputs' tensors."""
    return timed_litert(folder, 0)


def timed_litert(folder: Path, threads: int) -> Callable[..., list[Tensor]]:
    """What LiteRT makes of inputs on the CPU with so many threads, 0 for its own choice.

    A batch is taken sample by sample.
    """
    from ai_edge_litert.interpreter import Interpreter

    with converting(NAME, OPTION):
        interpreter = Interpreter(str(folder / LITERT), num_threads=threads or None)
        interpreter.allocate_tensors()
    (known,) = interpreter.get_signature_list().values()
    run = interpreter.get_signature_runner()
    places = {name: int(name.removeprefix("args_")) for name in known["inputs"]}
    kinds = {name: detail["dtype"] for name, detail in run.get_input_details().items()}
    ordered = sorted(known["outputs"], key=lambda name: int(name.removeprefix("output_")))

    def outputs(*inputs: Tensor) -> list[Tensor]:
        arrays = [tensor.numpy() for tensor in inputs]
        rows = []
        for row in range(len(arrays[0])):
            sample = {
                name: arrays[place][row : row + 1].astype(kinds[name])
                for name, place in places.items()
            }
            found = run(**sample)
            rows.append([torch.from_numpy(found[name]) for name in ordered])
        return [torch.cat(parts) for parts in zip(*rows, strict=True)]

    return outputs
