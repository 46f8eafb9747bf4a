"""Which rows of a sweep's network become zero together, as its graph says it."""

from collections import Counter
from collections.abc import Sequence

from paretocli.compaction.program import first_line
from paretocli.compaction.quiet import quiet
from paretocli.compaction.readers import read_together
from paretocli.errors import InputError
from paretocli.sparsity.grouping import NONE, Grouping, grouping_of, rows_in
from paretocli.sparsity.layers import Layer
from paretocli.sweeping.sizes import TracedNetwork

STREAMS, ALONE = "streams", "none"
_ALONE = "Each layer's rows become zero by themselves"


def grouped_rows(
    groups: str, layers: Sequence[Layer], traced: TracedNetwork, heads: Sequence[Layer] = ()
) -> tuple[Grouping, str]:
    """The rows that become zero together, and a note where that cannot be found out.

    A head would hold what it reads for ever. So it joins the layers that count where all that it
    reads is read by some of them as well; its rows are part of their groups then.

    Args:
        groups: `streams`, where those do that read one channel, or `none`.
        layers: The counted layers.
        traced: The network.
        heads: Layers that may join them.
    """
    if groups == ALONE or not layers:
        return NONE, ""
    try:
        with quiet():
            return _grouping(layers, traced, heads), ""
    except InputError as error:
        return NONE, f"{_ALONE}: {str(error).removesuffix('.')}."
    except Exception as error:  # a network without a graph can be trained all the same
        reason = f"the network's graph is not to be had ({type(error).__name__}, "
        return NONE, f"{_ALONE}: {reason}{first_line(error)})."


def heads_of(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """The heads that may join the layers that count by default."""
    return tuple(layer for layer in layers if layer.role == "head" and layer.trained)


def _grouping(layers: Sequence[Layer], traced: TracedNetwork, heads: Sequence[Layer]) -> Grouping:
    counted = {layer.name for layer in layers}
    while True:
        rows = {layer.name: layer.rows for layer in (*layers, *heads)}
        weights = {name: traced.network.get_parameter(name) for name in rows}
        readers = read_together(traced.tracing, weights)
        groups = [one for one in readers.groups if any(name in counted for name, _ in one)]
        found = grouping_of(groups, rows, readers.of_heads)
        slots = [slot for block in found for slot in block]
        grouped = Counter[str]()
        for name, text in slots:
            grouped[name] += len(rows_in(text))
        staying = [head for head in heads if grouped[head.name] == head.rows]
        if len(staying) == len(heads):
            return found
        heads = staying  # what the others read is held by them
