"""Adapters beside frozen matrices (LoRA), found in the graph that a forward pass leaves.

    y = W x + s B A x,   W frozen, A (rank, in) and B (out, rank) trained

Exported, the sum is one matrix W + s B A. So no zero row of A or B makes a network smaller.

Hu et al., *LoRA: Low-rank adaptation of large language models*, ICLR 2022.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from torch import nn

from paretocli.sparsity.applications import Application
from paretocli.sparsity.owners import Owners

_SUM = "AddBackward0"
# What an adapter's result goes through on its way to the sum: a factor, or a change of shape or
# type.
_PASSING = frozenset(
    f"{name}Backward0" for name in ("Mul", "View", "UnsafeView", "ToCopy", "Alias", "Clone")
)

Nodes = Mapping[Any, Application]


def adapters(
    network: nn.Module, found: Sequence[Application], outputs: Sequence[Any], owned: Owners
) -> frozenset[str]:
    """The names of the parameters that are A or B of an adapter beside a frozen matrix.

    Args:
        network: The network.
        found: What `applications` gives for it.
        outputs: The same.
        owned: What `owners` gives for them.
    """
    frozen = {name for name, p in network.named_parameters() if not p.requires_grad}
    if not frozen or len(frozen) == len(list(network.parameters())):
        return frozenset()
    nodes = {one.node: one for one in found if one.weight is not None}
    names: set[str] = set()
    for node in _reached(outputs):
        for base, first, second in _pairs(node, nodes):
            own = owned.get(first), owned.get(second)
            if owned.get(base) in frozen and not frozen.intersection(own):
                names |= {name for name in own if name is not None}
    return frozenset(names)


def _pairs(node: Any, nodes: Nodes) -> Iterator[tuple[Application, Application, Application]]:
    """W, A and B where a node of the graph is such a sum."""
    if _name(node) != _SUM:
        return
    one, other = (_behind(function, nodes) for function, _ in node.next_functions)
    for base, last in ((one, other), (other, one)):
        second = nodes.get(last)
        if second is None:
            continue
        first = nodes.get(_behind(second.features[0], nodes))
        if first is None:
            continue
        for beside in _bases(base, nodes):
            if _fit(beside, first, second):
                yield beside, first, second


def _bases(node: Any, nodes: Nodes) -> Iterator[Application]:
    """The matrix whose result a node is, or those that are part of the sum that it is."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if node in nodes:
            yield nodes[node]
        elif _name(node) == _SUM:  # another adapter came before
            waiting += [_behind(function, nodes) for function, _ in node.next_functions]


def _fit(base: Application, first: Application, second: Application) -> bool:
    """Whether two matrices after each other do for the same inputs what another one does."""
    if base is first or first.features != base.features:
        return False
    whole, inner, outer = (one.weight for one in (base, first, second))
    assert whole is not None
    assert inner is not None
    assert outer is not None
    return (
        base.has_rows
        and first.has_rows
        and second.has_rows
        and inner.shape[1:] == whole.shape[1:]
        and outer.shape[:2] == (len(whole), len(inner))
        and all(side == 1 for side in outer.shape[2:])
    )


def _behind(node: Any, nodes: Nodes) -> Any:
    """The first node that is a matrix's, or does more than to pass numbers on."""
    while node is not None and node not in nodes and _name(node) in _PASSING:
        before = [function for function, _ in node.next_functions if function is not None]
        if len(before) != 1:
            break
        node = before[0]
    return node


def _name(node: Any) -> str:
    return "" if node is None or not hasattr(node, "name") else str(node.name())


def _reached(outputs: Sequence[Any]) -> Iterator[Any]:
    """All nodes of the graph behind the outputs."""
    seen, waiting = set(), list(outputs)
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        yield node
        waiting.extend(function for function, _ in node.next_functions)
