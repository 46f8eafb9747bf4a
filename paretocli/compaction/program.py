"""What torch.export makes of a network."""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from inspect import Parameter, signature
from threading import get_ident
from typing import Any

import torch
from torch import Tensor, nn

from paretocli.errors import InputError

COLOURS = re.compile(r"\x1b\[[\d;]*m")


def refuse_untraceable(network: nn.Module, inputs: Mapping[str, Tensor], name: str) -> None:
    """Refuse a network that torch.export makes no graph of; all else that `trace` does is left out.

    That takes most of its time where the graph is large. The arguments are those of `trace`.

    Raises:
        InputError: There is no graph.
    """
    with refusing(name):
        exported(network.eval(), tuple(inputs.values()))


@contextmanager
def refusing(name: str) -> Iterator[None]:
    """Where torch.export fails with the network of a name, say so."""
    try:
        yield
    except Exception as error:  # the tracer raises many kinds; all mean that there is no graph
        raise InputError(
            f"torch.export makes no graph of the network {name} that holds for any numbers in its "
            f"inputs and any size of the batch; it stops with “{first_line(error)}”."
        ) from error


@torch.no_grad()
def exported(
    network: nn.Module, inputs: Sequence[Tensor], *, largest: int = 0
) -> torch.export.ExportedProgram:
    """What torch makes of a network and its arguments.

    Args:
        network: The network.
        inputs: Its arguments, with two samples or more. Of a network that says `whole_inputs`, so
            many of the first are no batches.
        largest: Up to how many samples a batch may have; 0 for any.
    """
    dynamic: Any = torch.export.Dim.DYNAMIC
    batch = {0: torch.export.Dim("batch", min=1, max=largest) if largest else dynamic}
    whole = int(getattr(network, "whole_inputs", 0))
    shapes: Any = tuple({} if place < whole else batch for place in range(len(inputs)))
    kinds = [parameter.kind for parameter in signature(network.forward).parameters.values()]
    if Parameter.VAR_POSITIONAL in kinds:
        shapes = (shapes,)
    with redirect_stderr(_OtherThreads(sys.stderr)):
        return torch.export.export(network, tuple(inputs), dynamic_shapes=shapes)


class _OtherThreads:
    """A stream for all threads but the one that makes it.

    What torch.export could make of a network before it failed, it prints: the whole graph. A
    display of progress goes on meanwhile.

    Args:
        stream: Where they write to; None where there is none.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._own = get_ident()

    def write(self, text: str) -> int:
        """Write, or drop what is this thread's."""
        if get_ident() == self._own or self._stream is None:
            return len(text)
        return int(self._stream.write(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def first_line(error: BaseException) -> str:
    """What an exception says, in one line, without colours."""
    plain = COLOURS.sub("", str(error))
    return (plain.strip().splitlines() or [type(error).__name__])[0].strip()
