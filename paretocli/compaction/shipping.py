"""The network that is shipped: the compact one of a point, and its size."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, fx, nn

from paretocli.compaction.adapters import merge_adapters
from paretocli.compaction.compact import compacted
from paretocli.compaction.folding import fold_batch_norms
from paretocli.compaction.operations import UncountedError, multiply_accumulates
from paretocli.compaction.trace import Tracing


@dataclass(frozen=True)
class Size:
    """What a network consists of.

    Attributes:
        parameters: Numbers that were trained or made of such; buffers do not count.
        macs: Multiply-accumulates for one sample, None where they cannot be counted.
        uncounted: Why not.
    """

    parameters: int
    macs: int | None
    uncounted: str = ""


def compact_network(tracing: Tracing) -> fx.GraphModule:
    """The smaller network that gives the same outputs, of the parameters that are there now."""
    graph = tracing.uncompiled()
    merge_adapters(graph)
    fold_batch_norms(graph)
    return compacted(graph)


def size_of(network: nn.Module, sample: Sequence[Tensor]) -> Size:
    """The size of a network, compact or not, with a sample (1, …) of its arguments."""
    parameters = sum(parameter.numel() for parameter in network.parameters())
    try:
        return Size(parameters, multiply_accumulates(network, sample))
    except UncountedError as error:
        return Size(parameters, None, str(error))
